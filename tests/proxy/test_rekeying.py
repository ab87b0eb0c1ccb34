"""Match keys made anew by other rules: what merges, what splits, and that a replay then goes by them."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import msgspec
import pytest

from wiretape.proxy.decide.agreement import rules_of
from wiretape.proxy.decide.rules import NO_RULES, Rules
from wiretape.proxy.rekeying import Regrouped, hosts_of, rekey
from wiretape.proxy.selfcheck import check
from wiretape.store import errors
from wiretape.store.cassette import Cassette
from wiretape.store.keys import NewKeys, put_keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Scribe
    from wiretape.store.interaction import Request

AT = "2026-01-02T03:04:05Z"
IGNORING = Rules(ignored_paths=("$.trace",))


@pytest.fixture
def recorded(scribe: Scribe, make_request: Callable[..., Request]) -> Scribe:
    """Three requests that differ in their trace alone, the last one asked twice, and one more."""
    bodies = (b'{"q": 1, "trace": 1}', b'{"q": 1, "trace": 2}', b'{"q": 2, "trace": 3}', b'{"trace": 2, "q": 1}')
    scribe.session(*((make_request("/v1/a", "POST", body), b"answer") for body in bodies))
    return scribe


def rekeyed(scribe: Scribe, rules: Rules) -> Regrouped:
    with Cassette.open(scribe.path) as cassette:
        session = cassette.session("default")
    (regrouped,) = rekey(scribe.path, [session], rules)
    return regrouped


def checked(scribe: Scribe) -> list[str]:
    with Cassette.open(scribe.path) as cassette:
        session = cassette.session("default")
        return [str(finding) for finding in check(cassette, session, rules_of(session) or NO_RULES, hosts_of(session))]


def test_merged_and_split_again(recorded: Scribe) -> None:
    """What new rules make equal, old ones take apart again; the rules are kept with the session."""
    regrouped = rekeyed(recorded, IGNORING)
    assert (regrouped.interactions, regrouped.changed) == (4, 4)
    assert regrouped.merged == [["default/1", "default/2", "default/4"]]
    assert regrouped.split == []
    assert checked(recorded) == []
    with Cassette.open(recorded.path) as cassette:
        assert rules_of(cassette.session("default")) == IGNORING
    regrouped = rekeyed(recorded, NO_RULES)
    assert regrouped.merged == []
    assert regrouped.split == [[["default/1"], ["default/2", "default/4"]]]
    assert checked(recorded) == []


def test_the_same_rules_change_nothing(recorded: Scribe) -> None:
    """Neither merged nor split."""
    assert rekeyed(recorded, NO_RULES) == Regrouped("default", 4, 0, [], [])


@pytest.mark.parametrize("key", ["k0:abc", "k1:abc"])
def test_keys_that_are_wrong_are_mended(recorded: Scribe, key: str) -> None:
    """Those of an older version, and those that somebody spoilt."""
    connection = sqlite3.connect(recorded.path)
    with connection:
        connection.execute("UPDATE interaction SET match_key = ? WHERE position = 3", (key,))
    connection.close()
    assert len(checked(recorded)) == 1
    assert rekeyed(recorded, NO_RULES).changed == 1
    assert checked(recorded) == []


def test_what_has_no_key_gets_none(scribe: Scribe, make_request: Callable[..., Request]) -> None:
    """A request that never came whole answers nothing, by whatever rules."""
    writer = scribe.begin()
    interaction = writer.interaction(make_request("/v1/a", "POST"), "api", AT)
    interaction.finish("client_disconnect", 1).result()
    writer.end(AT)
    assert rekeyed(scribe, IGNORING).changed == 0


def test_a_prefix_of_the_upstream_is_not_matched(scribe: Scribe, make_request: Callable[..., Request]) -> None:
    """Requests to an upstream with a prefix keep being matched without it."""
    request = msgspec.structs.replace(make_request("/v1/a", "POST", b'{"trace": 1}'), host="127.0.0.1")
    scribe.session((request, b"x"))
    connection = sqlite3.connect(scribe.path)
    with connection:
        connection.execute("UPDATE interaction SET target = '/mirror/v1/a'")
        connection.execute("DELETE FROM seal")
    connection.close()
    assert checked(scribe) == []
    assert rekeyed(scribe, IGNORING).changed == 1
    assert checked(scribe) == []


def test_a_session_that_changed_meanwhile(recorded: Scribe, make_request: Callable[..., Request]) -> None:
    """Keys are put nowhere but where they were made for; what one session cannot get, none gets."""
    recorded.session((make_request("/v1/a", "POST", b"{}"), b"answer"), name="other")
    with Cassette.open(recorded.path) as cassette:
        both = [cassette.session(name) for name in ("other", "default")]
    writer = recorded.begin(how="append")
    with pytest.raises(errors.SessionBusy, match="being recorded"):
        rekey(recorded.path, both, IGNORING)
    recorded.exchange(writer, make_request(), [b"x"])
    writer.end(AT)
    changes = [NewKeys(session, "{}", []) for session in both[1:]]
    with pytest.raises(errors.SessionBusy, match="changed meanwhile"):
        put_keys(recorded.path, changes)
    assert checked(recorded) == []
    with Cassette.open(recorded.path) as cassette:
        assert rules_of(cassette.session("other")) == NO_RULES


def test_rules_that_cannot_be_read(recorded: Scribe, make_request: Callable[..., Request]) -> None:
    """Where they are to be kept nothing is changed, of no session; others take their place."""
    recorded.session((make_request("/v1/b", "POST", b"{}"), b"answer"), name="other")
    connection = sqlite3.connect(recorded.path)
    with connection:
        connection.execute("UPDATE interaction SET match_key = 'k0:abc'")
        connection.execute("UPDATE session SET rules = '[]' WHERE name = 'other'")
    connection.close()
    with Cassette.open(recorded.path) as cassette:
        sessions = [cassette.session(name) for name in ("default", "other")]
    with pytest.raises(errors.UsageError, match="'other' cannot be read; `wiretape rekey other --no-rules`"):
        rekey(recorded.path, sessions, None)
    assert len(checked(recorded)) == 4
    assert [one.changed for one in rekey(recorded.path, sessions, NO_RULES, dry_run=True)] == [4, 1]
    assert len(checked(recorded)) == 4
    assert [one.changed for one in rekey(recorded.path, sessions, NO_RULES)] == [4, 1]
    assert checked(recorded) == []
    with Cassette.open(recorded.path) as cassette:
        assert rules_of(cassette.session("other")) == NO_RULES
