"""A run in process: opened, asked, closed; what it says at its end and the code it ends with."""

from __future__ import annotations

import sqlite3
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from wiretape.proxy.decide.modes import Mode, WhenSpent
from wiretape.proxy.decide.player import Answer, Refuse
from wiretape.proxy.decide.routing import parse_upstream
from wiretape.proxy.decide.rules import Rules
from wiretape.proxy.decide.userhook import install
from wiretape.proxy.run import Run
from wiretape.proxy.settings import Settings, parse_hosts
from wiretape.proxy.summing_up import lines
from wiretape.store.cassette import Cassette
from wiretape.store.errors import CassetteDamaged, CassetteMissing, SessionMissing, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Scribe
    from wiretape.proxy.decide.canonical import Canonical
    from wiretape.proxy.serve.clock import Clock
    from wiretape.store.interaction import Request, ResponseHead


def settings(scribe: Scribe, mode: Mode, **others: object) -> Settings:
    return msgspec.structs.replace(Settings(cassette=scribe.path, mode=mode), **others)


def test_recording(
    scribe: Scribe, still: Clock, make_request: Callable[..., Request], make_head: Callable[..., ResponseHead]
) -> None:
    """What was recorded is counted, and the session is complete."""
    run = Run.open(settings(scribe, Mode.RECORD), still)
    assert run.recorder is not None
    take = run.recorder.begin(make_request(), "api", still.iso())
    take.request_end()
    take.response_head(make_head(), 1)
    take.response_data(b"{}", 2)
    take.end("complete", 3).result()
    summary = run.close()
    assert (summary.recorded, summary.session, summary.problem, summary.exit_code(0)) == (1, "default", None, 0)
    assert lines(summary) == [f"recorded 1 interaction into session 'default' of {scribe.path}"]
    assert run.close() is summary


def test_replaced_secrets_are_counted(
    scribe: Scribe, still: Clock, make_request: Callable[..., Request], make_head: Callable[..., ResponseHead]
) -> None:
    """Each once, and those of this recording only; the session knows how many it has."""
    for secrets, mode, told in [
        (("one", "two"), Mode.RECORD, "1 interaction into session 'default' of {}, 2 secrets replaced"),
        (("three", "three"), Mode.AUTO, "1 interaction into session 'default' of {}, 1 secret replaced"),
    ]:
        run = Run.open(settings(scribe, mode), still)
        assert run.recorder is not None
        headers = ((b"x-api-key", secrets[0].encode()), (b"authorization", b"Bearer " + secrets[1].encode()))
        take = run.recorder.begin(msgspec.structs.replace(make_request(), headers=headers), "api", still.iso())
        take.request_end()
        take.response_head(make_head(), 1)
        take.end("complete", 3).result()
        assert lines(run.close()) == [f"recorded {told.format(scribe.path)}"]
    with Cassette.open(scribe.path) as cassette:
        assert cassette.session("default").placeholders == 3


def test_replaying(scribe: Scribe, still: Clock, make_request: Callable[..., Request]) -> None:
    """Answers, a miss with its neighbour, an interaction nobody asked for."""
    scribe.session((make_request("/v1/a", "POST", b'{"q": 1}'), b"A"), (make_request("/v1/b"), b"B"))
    run = Run.open(settings(scribe, Mode.REPLAY, when_spent=WhenSpent.MISS), still)
    assert run.warnings == []
    found = run.playback.ask(make_request("/v1/a", "POST", b'{"q":1.0}'), "api")
    assert isinstance(found, Answer)
    assert list(run.playback.recorded(found.interaction_id).cut()) == [b"A"]
    asked = make_request("/v1/a", "POST", b'{"q":2}')
    refusal = run.playback.ask(asked, "api")
    assert isinstance(refusal, Refuse)
    miss = run.playback.missed(asked, "api", refusal)
    assert miss.nearest[0].interaction == "default/1"
    assert miss.nearest[0].differences == ["$.q: recorded 1, asked 2"]
    summary = run.close()
    assert [i.path for i in summary.unused] == ["/v1/b"]
    assert (summary.served, summary.exit_code(0), summary.exit_code(9)) == (1, 1, 9)
    told = "\n".join(lines(summary))
    assert "1 request missed:" in told
    assert "default/2 GET /v1/b" in told


def test_chunks_are_cut_where_they_were(scribe: Scribe, still: Clock, make_request: Callable[..., Request]) -> None:
    """Across the pieces in which a long body is stored."""
    chunks = [b"a" * 700_000, b"b", b"c" * 2_500_000, b"d" * 10]
    writer = scribe.begin()
    scribe.exchange(writer, make_request(), chunks, "upstream_error")
    writer.end(still.iso())
    run = Run.open(settings(scribe, Mode.REPLAY), still)
    found = run.playback.ask(make_request(), "api")
    assert isinstance(found, Answer)
    recorded = run.playback.recorded(found.interaction_id)
    assert list(recorded.cut()) == chunks
    assert not recorded.whole
    run.close()


@pytest.mark.parametrize("mode", [Mode.REPLAY, Mode.AUTO])
def test_what_must_be_there(scribe: Scribe, still: Clock, make_request: Callable[..., Request], mode: Mode) -> None:
    """A replay needs its cassette and its session; auto makes them."""
    if mode is Mode.AUTO:
        assert Run.open(settings(scribe, mode), still).close().exit_code(0) == 0
        return
    with pytest.raises(CassetteMissing):
        Run.open(settings(scribe, mode), still)
    scribe.session((make_request(), b"x"))
    with pytest.raises(SessionMissing):
        Run.open(settings(scribe, mode, session="other"), still)


def test_an_incomplete_session_is_replayed_with_a_warning(
    scribe: Scribe, still: Clock, make_request: Callable[..., Request]
) -> None:
    """It may lack what is asked."""
    writer = scribe.begin()
    scribe.exchange(writer, make_request(), [b"x"])
    writer.end(still.iso(), "the command exited with 1")
    run = Run.open(settings(scribe, Mode.REPLAY), still)
    assert len(run.warnings) == 1
    assert "the command exited with 1" in run.warnings[0]
    run.close()


def test_the_recorded_upstream_is_the_api(scribe: Scribe, still: Clock, make_request: Callable[..., Request]) -> None:
    """So that redirects it sent are led back, whatever upstream is named now."""
    scribe.session((make_request(), b"x"))
    hosts = parse_hosts("http://127.0.0.1:1", [], [])
    run = Run.open(settings(scribe, Mode.REPLAY, hosts=hosts), still)
    assert run.settings.hosts.upstream == parse_upstream("https://api.aitronos.com")
    assert run.settings.hosts.identity("127.0.0.1", 1) == "api"
    run.close()


@pytest.mark.parametrize(("noted", "code"), [("unreachable", 2), ("defect", 1)])
def test_what_goes_wrong_makes_a_session_incomplete(scribe: Scribe, still: Clock, noted: str, code: int) -> None:
    """And is said, with the command that adopts it."""
    run = Run.open(settings(scribe, Mode.RECORD), still)
    getattr(run, noted)("the cable")
    summary = run.close()
    assert summary.problem is not None
    assert "the cable" in summary.problem
    assert summary.exit_code(0) == code
    assert any("wiretape adopt default" in line for line in lines(summary))


def test_what_would_not_match_itself_is_said(
    scribe: Scribe, still: Clock, make_request: Callable[..., Request], make_head: Callable[..., ResponseHead]
) -> None:
    """A canonicaliser that never says the same twice: the run fails, and what was recorded before stays."""
    scribe.session((make_request(), b"the old one"))
    numbers = count()

    def unsteady(form: Canonical) -> Canonical:
        return msgspec.structs.replace(form, path=f"{form.path}/{next(numbers)}")

    install("test_run:unsteady", unsteady)
    run = Run.open(settings(scribe, Mode.RECORD, rules=Rules(canonicaliser="test_run:unsteady")), still)
    assert run.recorder is not None
    take = run.recorder.begin(make_request(), "api", still.iso())
    take.request_end()
    take.response_head(make_head(), 1)
    take.end("complete", 3).result()
    summary = run.close()
    told = "\n".join(lines(summary))
    assert (len(summary.findings), summary.exit_code(0), summary.session) == (1, 1, "default~2")
    assert "would not be replayed as recorded: default~2/1: its match key is not that of its request" in told
    assert "session 'default' is as it was" in told
    with Cassette.open(scribe.path) as cassette:
        states = {session.name: session.state for session in cassette.sessions()}
    assert states == {"default": "complete", "default~2": "incomplete"}


@pytest.mark.parametrize(
    "rules", [Rules(canonicaliser="some:where"), Rules(ignored_query=("x",))], ids=["hook", "rule"]
)
def test_other_rules_than_the_sessions(
    rules: Rules, scribe: Scribe, still: Clock, make_request: Callable[..., Request]
) -> None:
    """A canonicaliser must be the session's; of other rules the session's count, and that is said."""
    scribe.session((make_request(), b"x"))
    if rules.canonicaliser:
        with pytest.raises(UsageError, match="wiretape rekey default"):
            Run.open(settings(scribe, Mode.REPLAY, rules=rules), still)
        return
    run = Run.open(settings(scribe, Mode.REPLAY, rules=rules), still)
    assert "wiretape rekey default" in run.warnings[0]
    assert run.settings.rules == Rules()
    run.close()


def test_rules_that_cannot_be_read(scribe: Scribe, still: Clock, make_request: Callable[..., Request]) -> None:
    """Are the cassette's fault, and there is a mend."""
    scribe.session((make_request(), b"x"))
    connection = sqlite3.connect(scribe.path)
    with connection:
        connection.execute("""UPDATE session SET rules = '{"ignored_paths": ["nope"]}'""")
    connection.close()
    with pytest.raises(UsageError, match="wiretape rekey default --no-rules"):
        Run.open(settings(scribe, Mode.REPLAY), still)


def test_a_miss_that_is_compared_after_a_reset(
    scribe: Scribe, still: Clock, make_request: Callable[..., Request]
) -> None:
    """Belongs to what was before it: the replay that has begun anew misses nothing."""
    scribe.session((make_request(), b"x"))
    run = Run.open(settings(scribe, Mode.REPLAY), still)
    asked = make_request("/v1/other")
    before = run.playback.misses
    noted = run.playback.noted(asked, "api", Refuse("unknown", 0, 0))
    run.reset()
    whole = noted.become(run.playback.compared(noted.miss, asked, "api"))
    assert (before, run.playback.misses) == ([whole], [])
    assert whole.nearest
    run.close()


def test_a_default_cassette_is_a_habit() -> None:
    """Named nowhere else."""
    assert Settings(cassette=Path("x"), mode=Mode.LIVE).session == "default"


def test_chunks_that_are_missing_are_damage(scribe: Scribe, still: Clock, make_request: Callable[..., Request]) -> None:
    """An answer cut short never ends as if it were whole."""
    writer = scribe.begin()
    scribe.exchange(writer, make_request(), [b"one", b"two", b"three"])
    writer.end(still.iso())
    connection = sqlite3.connect(scribe.path)
    connection.execute("DELETE FROM chunk WHERE position = 1")
    connection.commit()
    connection.close()
    run = Run.open(settings(scribe, Mode.REPLAY), still)
    found = run.playback.ask(make_request(), "api")
    assert isinstance(found, Answer)
    with pytest.raises(CassetteDamaged, match="chunks"):
        run.playback.recorded(found.interaction_id)
    run.close()
