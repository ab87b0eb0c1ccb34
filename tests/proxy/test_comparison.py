"""A session compared with requests it does not answer: the same nearest as of all forms, whatever is remembered."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import msgspec
import pytest

from wiretape.proxy import comparison
from wiretape.proxy.comparison import Recordings
from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.nearest import nearest
from wiretape.proxy.decide.routing import parse_upstream
from wiretape.proxy.decide.rules import NO_RULES, Rules
from wiretape.proxy.settings import parse_hosts
from wiretape.store.cassette import Cassette
from wiretape.store.interaction import Request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Scribe
    from wiretape.store.queries import Outline

HOSTS = parse_hosts("https://api.aitronos.com", (), ())
WORDS = [f"word{n}" for n in range(30)]


def post(body: object, target: str = "/v1/model/response", *, ascii_only: bool = False) -> Request:
    """A call with a JSON body, as one client or another spells it."""
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=ascii_only).encode()
    return Request(method="POST", scheme="https", host="api.aitronos.com", port=443, target=target, body=raw)


def prompt(text: str) -> dict[str, object]:
    return {"inputs": [{"role": "user", "content": text}], "model": "m"}


def some(count: int) -> list[Request]:
    """Calls of many kinds, the same ones each time."""
    chance = random.Random(7)
    made: list[Request] = []
    for n in range(count):
        text = " ".join(chance.choices(WORDS, k=8))
        target = chance.choice(["/v1/model/response", f"/v1/threads/{n}", f"/v1/threads?limit={n % 5}", "/v1/files"])
        body: object = chance.choice([prompt(text), prompt(text + " Grüezi"), text.encode(), b"", {"a": [n]}])
        made.append(post(body, target))
    return made


@pytest.fixture
def opened(scribe: Scribe) -> Iterator[Cassette]:
    """A session of many kinds of calls."""
    scribe.session(*((request, b"") for request in some(200)))
    with Cassette.open(scribe.path) as cassette:
        yield cassette


def recordings(cassette: Cassette, rules: Rules = NO_RULES) -> Recordings:
    return Recordings(cassette, cassette.session("default").id, HOSTS, rules)


def told(recorded: Recordings, asked: Request, count: int = 3) -> list[tuple[int, float, tuple[object, ...]]]:
    return [(near.ref.position, near.score, near.differences) for near in recorded.nearest(asked, "api", count)]


ASKED = [
    post(prompt("word1 word2 word3 Grüezi")),
    post(prompt("word1 word2 word3 Grüezi"), ascii_only=True),
    post(b"word4 word5", "/v1/threads/77"),
    post(b"", "/v1/threads?limit=9"),
    post({"a": [50]}, "/v2/none"),
]


@pytest.mark.parametrize("rules", [NO_RULES, Rules(("$.model",), ("limit",), ("x-odd",))], ids=["plain", "rules"])
@pytest.mark.parametrize("room", [comparison.REMEMBERED_BYTES, 20_000, 0], ids=["all", "some", "none"])
def test_the_same_as_of_all_forms(opened: Cassette, rules: Rules, room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """At first and later, with much remembered, little, or nothing."""
    monkeypatch.setattr(comparison, "REMEMBERED_BYTES", room)
    forms = [(n, canonical(request, "api", rules)) for n, request in enumerate(some(200), 1)]
    recorded = recordings(opened, rules)
    for asked in ASKED * 2:
        request = msgspec.structs.replace(asked, headers=((b"X-Odd", b"1"),))
        best = nearest(canonical(request, "api", rules), forms, 5)
        assert told(recorded, request, 5) == [(near.ref, near.score, near.differences) for near in best]


def test_later_misses_read_the_short_list_only(opened: Cassette, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was seen at first is remembered."""
    read: list[int] = []
    outlines = opened.outlines

    def counted(*arguments: object, **options: object) -> Iterator[Outline]:
        for outline in outlines(*arguments, **options):  # type: ignore[arg-type]
            read.append(outline.position)
            yield outline

    monkeypatch.setattr(opened, "outlines", counted)
    recorded = recordings(opened)
    told(recorded, ASKED[0])
    assert len(read) == 200
    told(recorded, ASKED[1])
    assert len(read) == 200


def test_several_threads_may_ask(opened: Cassette) -> None:
    """They get what one gets."""
    alone = [told(recordings(opened), asked) for asked in ASKED]
    together = recordings(opened)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(told, [together] * len(ASKED), ASKED)) == alone


def test_another_session_is_no_neighbour(scribe: Scribe) -> None:
    """What is compared is the session that is replayed."""
    scribe.session((post(prompt("other")), b""), name="other")
    scribe.session((post(prompt("mine")), b""))
    with Cassette.open(scribe.path) as cassette:
        [near] = recordings(cassette).nearest(post(prompt("other!")), "api")
    assert (near.ref.session, near.ref.position) == ("default", 1)


def test_the_upstreams_prefix_does_not_count(scribe: Scribe) -> None:
    """Recorded at its address, asked by another name of the API."""
    hosts = msgspec.structs.replace(HOSTS, upstream=parse_upstream("http://127.0.0.1:9/base"))
    at_upstream = Request(method="GET", scheme="http", host="127.0.0.1", port=9, target="/base/v1/models?a=1")
    scribe.session((at_upstream, b""))
    with Cassette.open(scribe.path) as cassette:
        recorded = Recordings(cassette, 1, hosts, NO_RULES)
        asked = msgspec.structs.replace(post(b""), method="GET", target="/v1/models?a=2")
        [near] = recorded.nearest(asked, "api")
    assert [str(difference) for difference in near.differences] == ['query a: recorded "1", asked "2"']


def test_a_body_of_several_pieces_is_compared_whole(scribe: Scribe) -> None:
    """A difference two megabytes into it is found, among bodies of which a glance sees the beginning only."""
    long = [{"n": n, "text": "x" * 100} for n in range(20_000)]
    scribe.session((post([*long[:-1], {"n": 1}]), b""), (post([1, 2, 3]), b""))
    with Cassette.open(scribe.path) as cassette:
        near, _ = recordings(cassette).nearest(post([*long[:-1], {"n": 2}]), "api")
    assert [str(difference) for difference in near.differences] == ["$[19999].n: recorded 1, asked 2"]


def test_a_body_too_long_says_so(scribe: Scribe, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond some megabytes only its size is told."""
    monkeypatch.setattr(comparison, "_WHOLE_BYTES", 1000)
    scribe.session((post(["x" * 2000]), b""))
    with Cassette.open(scribe.path) as cassette:
        [near] = recordings(cassette).nearest(post(["y"], "/v1/other"), "api")
    path, body = map(str, near.differences)
    assert path == "path: recorded /v1/model/response, asked /v1/other"
    assert body == 'body: recorded 2004 bytes, too long to be compared, asked json ["y"]'


def test_a_long_upload_is_compared_by_its_parts(scribe: Scribe, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long, for only the digests of its parts are held."""
    monkeypatch.setattr(comparison, "_WHOLE_BYTES", 1000)

    def upload(note: bytes, boundary: bytes) -> Request:
        part = b"--%b\r\nContent-Disposition: form-data; name=%b\r\n\r\n%b\r\n"
        body = part % (boundary, b"files", b"x" * 3_000_000) + part % (boundary, b"note", note)
        return post(body + b"--%b--\r\n" % boundary)

    scribe.session((upload(b"old", b"one"), b""))
    with Cassette.open(scribe.path) as cassette:
        [near] = recordings(cassette).nearest(upload(b"newer", b"two"), "api")
    [difference] = near.differences
    assert difference.where == 'part "note" content'
