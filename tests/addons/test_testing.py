"""The builders make what a recording makes, and always the same."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wiretape.addons.testing import a_cassette, as_bytes, as_chunks, as_form, as_json, as_sse, exchange
from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.matching import match_key
from wiretape.proxy.decide.rules import Rules
from wiretape.store.cassette import Cassette
from wiretape.store.interaction import header

if TYPE_CHECKING:
    from collections.abc import Callable

    from wiretape.addons.formats.exchange import Exchange
    from wiretape.store.interaction import Interaction

DOCS = Path(__file__).parents[2] / "docs" / "builders.md"
KEY = "Bearer not-a-real-key-0123456789"


def test_the_documented_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Block by block, as it stands there."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    blocks = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        exec(compile(block, str(DOCS), "exec"), names)


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., tuple[Cassette, Interaction]]:
    """Puts one exchange into a cassette, and opens it."""

    def make(one: Exchange, **settings: Any) -> tuple[Cassette, Interaction]:
        cassette = Cassette.open(a_cassette(tmp_path / "x.cassette", {"default": [one]}, **settings))
        (found,) = cassette.interactions("default")
        return cassette, found

    return make


@pytest.mark.parametrize(
    ("body", "content_type", "bytes_"),
    [
        ({"a": "ü"}, b"application/json", '{"a":"ü"}'.encode()),
        ([1], b"application/json", b"[1]"),
        (as_json(None), b"application/json", b"null"),
        ("grüß", b"text/plain; charset=utf-8", "grüß".encode()),
        (b"\0\1", b"application/octet-stream", b"\0\1"),
        (as_bytes(b"%PDF", "application/pdf"), b"application/pdf", b"%PDF"),
        (as_form({"a": "x y"}), b"application/x-www-form-urlencoded", b"a=x+y"),
    ],
)
def test_bodies(body: Any, content_type: bytes, bytes_: bytes) -> None:
    """Of requests and of answers."""
    built = exchange("POST", "/v1/x", request=body, response=body)
    assert built.head is not None
    assert built.request.body == b"".join(data for _, data in built.chunks) == bytes_
    for headers in (built.request.headers, built.head.headers):
        assert header(headers, b"content-type") == content_type
        assert header(headers, b"content-length") == str(len(bytes_)).encode()


def test_headers_that_are_given_win() -> None:
    """Nothing is said twice."""
    built = exchange("GET", "/v1/x", response={}, headers=[("content-type", "application/problem+json"), ("X-A", "1")])
    assert built.head is not None
    assert built.head.headers == (
        (b"Content-Length", b"2"),
        (b"content-type", b"application/problem+json"),
        (b"X-A", b"1"),
    )


def test_events(made: Callable[..., tuple[Cassette, Interaction]]) -> None:
    """Text as it is, pairs with a name, anything else as JSON; a chunk each."""
    cassette, found = made(exchange("GET", "/v1/x", response=as_sse({"a": 1}, ("ping", "x\ny"), "[DONE]")))
    with cassette:
        response = cassette.response(found.id)
        assert response is not None
        assert response.body == b'data: {"a":1}\n\nevent: ping\ndata: x\ndata: y\n\ndata: [DONE]\n\n'
        assert [chunk.at_us for chunk in cassette.chunks(found.id)] == [1_000, 11_000, 21_000]
    assert (found.kind, found.duration_us) == ("sse", 21_000)


def test_chunks_keep_their_times(made: Callable[..., tuple[Cassette, Interaction]]) -> None:
    """And the head comes with the first."""
    cassette, found = made(exchange("GET", "/v1/x", response=as_chunks((5_000, b"a"), (6_000, b"bc")), ended_us=9_000))
    with cassette:
        assert [(chunk.at_us, chunk.size) for chunk in cassette.chunks(found.id)] == [(5_000, 1), (6_000, 2)]
    assert (found.first_byte_us, found.duration_us) == (5_000, 9_000)


def test_the_key_is_a_recordings(made: Callable[..., tuple[Cassette, Interaction]]) -> None:
    """And secrets do not come in."""
    rules = Rules(ignored_query=("t",))
    built = exchange("POST", "/v1/x?t=1", request={"a": 1}, request_headers={"Authorization": KEY})
    cassette, found = made(built, rules=rules)
    with cassette:
        assert found.match_key == match_key(canonical(built.request, "api", rules))
        assert found.redacted
        assert KEY.encode()[7:] not in header(cassette.request(found.id).headers, b"authorization")  # type: ignore[operator]


@pytest.mark.parametrize("ended", ["client_disconnect", "upstream_error"])
def test_broken_ends(made: Callable[..., tuple[Cassette, Interaction]], ended: Any) -> None:
    """As they happen."""
    cassette, found = made(exchange("GET", "/v1/x", response="half", ended=ended, problem="hung up"))
    cassette.close()
    assert (found.ended, found.problem) == (ended, "hung up")


def test_no_answer(made: Callable[..., tuple[Cassette, Interaction]]) -> None:
    """A request that got none."""
    cassette, found = made(exchange("GET", "/v1/x", status=None, ended="upstream_error"))
    cassette.close()
    assert (found.status, found.response_bytes) == (None, 0)


def test_an_end_that_nobody_saw(made: Callable[..., tuple[Cassette, Interaction]]) -> None:
    """Such as after `kill -9`: what had come is there, but for the last word, which might have become a key."""
    half = exchange("GET", "/v1/x", response="half of it", headers={"Content-Length": "20"}, ended=None)
    cassette, found = made(half, problems={"default": "killed"})
    with cassette:
        (session,) = cassette.sessions()
        assert (session.state, session.problem) == ("incomplete", "killed")
    assert (found.ended, found.response_bytes) == ("interrupted", len("half of "))


def test_sessions_begin_when_they_are_told_to(tmp_path: Path) -> None:
    """An exchange a second, but where one says when it came."""
    one = exchange("GET", "/v1/x")
    fixed = exchange("GET", "/v1/x", started_at="2027-01-01T00:00:00.000000Z")
    path = a_cassette(tmp_path / "x", {"a": [one, fixed, one]}, at="2026-05-05T12:00:00+02:00")
    with Cassette.open(path) as cassette:
        assert [i.started_at for i in cassette.interactions("a")] == [
            "2026-05-05T10:00:00.000000Z",
            "2027-01-01T00:00:00.000000Z",
            "2026-05-05T10:00:02.000000Z",
        ]


def test_the_same_calls_make_the_same_cassette(tmp_path: Path) -> None:
    """Every row of every table but when the tables were made."""
    dumps: list[list[str]] = []
    for name in ("a", "b"):
        path = tmp_path / name
        a_cassette(path, {"one": [exchange("POST", "/v1/x", request={"a": 1}, response=as_sse("x", "y"))]})
        a_cassette(path, {"two": [exchange("GET", "https://b.test/", request_headers={"Cookie": "a=0123456789abcd"})]})
        connection = sqlite3.connect(path)
        dumps.append([line for line in connection.iterdump() if "_migrations" not in line])
        connection.close()
    assert dumps[0] == dumps[1]


def test_wrong_urls_and_orders() -> None:
    """Said at once."""
    with pytest.raises(ValueError, match="is no http or https address"):
        exchange("GET", "nonsense")
    with pytest.raises(ValueError, match="one after the other"):
        exchange("GET", "/x", response=as_chunks((2, b"a"), (1, b"b")))


def test_wrong_sessions_make_no_cassette(tmp_path: Path) -> None:
    """Before anything is written."""
    path = tmp_path / "x"
    with pytest.raises(ValueError, match="session 'b' needs an exchange"):
        a_cassette(path, {"a": [exchange("GET", "/x")], "b": []})
    with pytest.raises(ValueError, match="soon"):
        a_cassette(path, {"a": [exchange("GET", "/x")]}, at="soon")
    assert not path.exists()
