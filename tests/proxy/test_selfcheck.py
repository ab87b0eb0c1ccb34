"""The check at the end of a recording: every interaction is what a replay would give, and says so where it is not."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import msgspec
import pytest

from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.matching import match_key
from wiretape.proxy.decide.player import Answer, Player, Refuse
from wiretape.proxy.decide.routing import parse_upstream
from wiretape.proxy.decide.rules import NO_RULES, Rules
from wiretape.proxy.selfcheck import check
from wiretape.proxy.settings import parse_hosts
from wiretape.store.cassette import Cassette

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Scribe
    from wiretape.proxy.decide.player import Verdict
    from wiretape.store.interaction import Request

AT = "2026-01-02T03:04:05Z"
HOSTS = parse_hosts(None, [], [])


def found(scribe: Scribe, rules: Rules = NO_RULES) -> list[str]:
    with Cassette.open(scribe.path) as cassette:
        return [str(finding) for finding in check(cassette, cassette.session("default"), rules, HOSTS)]


def changed(scribe: Scribe, statement: str, *values: object) -> None:
    connection = sqlite3.connect(scribe.path)
    with connection:
        connection.execute(statement, values)
    connection.close()


@pytest.fixture
def recorded(scribe: Scribe, make_request: Callable[..., Request]) -> Scribe:
    """Two equal requests with answers of their own, one with a body of several pieces, one without an answer."""
    writer = scribe.begin()
    scribe.exchange(writer, make_request("/v1/a", "POST", b'{"q": 1}'), [b"one", b"two"])
    scribe.exchange(writer, make_request("/v1/a", "POST", b'{"q":1.0}'), [b"three"])
    scribe.exchange(writer, make_request("/v1/b", "POST", b"\0" * 1_500_000), [b"x" * 900_000] * 3)
    scribe.exchange(writer, make_request("/v1/c"), [])
    unanswered = writer.interaction(make_request("/v1/d"), "api", AT)
    unanswered.request_done(match_key(canonical(make_request("/v1/d"), "api")), redacted=False)
    unanswered.finish("upstream_error", 5, problem="refused").result()
    writer.end(AT)
    return scribe


def test_what_was_recorded_well(recorded: Scribe) -> None:
    """Nothing is found: repeats, long bodies, empty ones and missing answers are as they should be."""
    assert found(recorded) == []


def test_a_wrong_key(recorded: Scribe) -> None:
    """It is found, and takes nobody else's turn."""
    changed(recorded, "UPDATE interaction SET match_key = 'k1:0' WHERE position = 1")
    (line,) = found(recorded)
    assert line.startswith("default/1: its match key is not that of its request")


def test_a_changed_request(recorded: Scribe) -> None:
    """A request that was tampered with has another key."""
    changed(recorded, "UPDATE interaction SET target = '/v1/z' WHERE position = 4")
    assert found(recorded) == ["default/4: its heads are not what was recorded"]
    changed(recorded, "DELETE FROM seal")
    assert [line.partition(":")[0] for line in found(recorded)] == ["default/4"]


def test_rules_count(recorded: Scribe) -> None:
    """The same keys are wrong by rules they were not made by."""
    assert [line.partition(":")[0] for line in found(recorded, Rules(ignored_paths=("$.q",)))] == [
        "default/1",
        "default/2",
    ]


def test_an_answer_out_of_its_turn(recorded: Scribe) -> None:
    """Two answers to one request, told in another order than recorded."""
    changed(recorded, "UPDATE interaction SET position = 9 WHERE position = 1")
    assert found(recorded) == []


def test_a_player_that_chooses_otherwise(recorded: Scribe, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the player says of a request is what counts."""
    said: list[Verdict] = [Answer(2), Answer(1), Refuse("unknown", 0, 0), Answer(4)]

    def ask(_player: Player, _key: str) -> Verdict:
        return said.pop(0)

    monkeypatch.setattr(Player, "ask", ask)
    assert found(recorded) == [
        "default/1: replay answers its request with interaction 2",
        "default/2: replay answers its request with interaction 1",
        "default/3: replay finds no answer to its request",
    ]


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE piece SET bytes = zeroblob(length(bytes)) WHERE body_id = {body}", "the body of its answer is not"),
        ("DELETE FROM piece WHERE body_id = {body} AND position = 1", "the body of its answer holds"),
        ("UPDATE chunk SET size_bytes = 1 WHERE interaction_id = 3 AND position = 1", "its answer has 2700000 bytes"),
        ("DELETE FROM chunk WHERE interaction_id = 3 AND position = 2", "its answer has 2700000 bytes"),
        ("UPDATE interaction SET response_headers = '[1]' WHERE id = 3", "its heads are not what was recorded"),
    ],
)
def test_damage(recorded: Scribe, statement: str, what: str) -> None:
    """Bytes, pieces, chunks and heads that are not there any more."""
    body = "(SELECT response_body_id FROM interaction WHERE id = 3)"
    changed(recorded, statement.format(body=body))
    (line,) = found(recorded)
    assert line.startswith(f"default/3: {what}")


def test_a_prefix_of_the_upstream(scribe: Scribe, make_request: Callable[..., Request]) -> None:
    """A session that was added to from another upstream: its requests were matched without that one's prefix."""
    request = msgspec.structs.replace(make_request("/mirror/v1/a?b=1"), host="mirror.test")
    writer = scribe.begin()
    for target, host in (("/v1/a?b=1", "api.aitronos.com"), ("/mirror/v1/a?b=1", "mirror.test")):
        interaction = writer.interaction(msgspec.structs.replace(request, target=target, host=host), "api", AT)
        matched = msgspec.structs.replace(request, target="/v1/a?b=1")
        interaction.request_done(match_key(canonical(matched, "api")), redacted=False)
        interaction.finish("upstream_error", 5).result()
    writer.end(AT)
    changed(scribe, "UPDATE interaction SET status = 204, reason = '', response_headers = '[]'")
    changed(scribe, "DELETE FROM seal")
    assert found(scribe) == []
    hosts = msgspec.structs.replace(HOSTS, upstream=parse_upstream("https://mirror.test/mirror"))
    with Cassette.open(scribe.path) as cassette:
        assert check(cassette, cassette.session("default"), NO_RULES, hosts) == []


def test_progress(recorded: Scribe) -> None:
    """Told of every interaction."""
    seen: list[int] = []
    with Cassette.open(recorded.path) as cassette:
        check(cassette, cassette.session("default"), NO_RULES, HOSTS, lambda: seen.append(1))
    assert len(seen) == 5


def test_what_was_there_before_only_takes_its_turns(recorded: Scribe) -> None:
    """Who adds to a session answers for what was added."""
    changed(recorded, "UPDATE interaction SET match_key = 'k1:00' WHERE position IN (1, 4)")
    with Cassette.open(recorded.path) as cassette:
        session = cassette.session("default")
        whole = check(cassette, session, NO_RULES, HOSTS)
        added = check(cassette, session, NO_RULES, HOSTS, after=2)
    assert [finding.interaction for finding in whole] == ["default/1", "default/4"]
    assert [finding.interaction for finding in added] == ["default/4"]
