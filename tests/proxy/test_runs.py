"""The runs of one proxy side by side."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import msgspec
import pytest

from wiretape.proxy.decide.modes import Mode, WhenSpent
from wiretape.proxy.decide.player import Answer, Refuse
from wiretape.proxy.decide.routing import parse_upstream
from wiretape.proxy.run import Run
from wiretape.proxy.runs import Runs, exit_code
from wiretape.proxy.settings import Settings, parse_hosts
from wiretape.proxy.summing_up import lines_of
from wiretape.store.cassette import Cassette
from wiretape.store.errors import SessionBusy, SessionMissing, UsageError
from wiretape.store.sharing import Writers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Scribe
    from wiretape.proxy.serve.clock import Clock
    from wiretape.store.interaction import Request

type MakeRequest = Callable[..., Request]


@pytest.fixture
def writers() -> Iterator[Writers]:
    """Closed at the end."""
    shared = Writers()
    yield shared
    shared.close()


@pytest.fixture
def runs_of(scribe: Scribe, still: Clock, writers: Writers) -> Iterator[Callable[[Mode], Runs]]:
    """Runs over the test's cassette, closed at the end."""
    made: list[Runs] = []

    def begin(settings: Settings) -> Run:
        return Run.open(settings, still, writers)

    def make(mode: Mode) -> Runs:
        settings = Settings(cassette=scribe.path, mode=mode, when_spent=WhenSpent.MISS)
        numbers = count(1)
        made.append(Runs(begin(settings), begin, token=lambda: f"t{next(numbers)}"))
        return made[-1]

    yield make
    for runs in made:
        runs.close_all()


def wishing(runs: Runs, session: str, **wishes: object) -> Settings:
    """The default's settings with another session and *wishes*."""
    return msgspec.structs.replace(runs.default.given, session=session, **wishes)


class TestReplay:
    @pytest.fixture
    def runs(self, scribe: Scribe, make_request: MakeRequest, runs_of: Callable[[Mode], Runs]) -> Runs:
        """Replays `default`, `login` and `tests/x.py::test`, each with one interaction."""
        for name in ("default", "login", "tests/x.py::test"):
            scribe.session((make_request(), name.encode()), name=name)
        return runs_of(Mode.REPLAY)

    def test_cursors_of_their_own(self, runs: Runs, make_request: MakeRequest) -> None:
        """The same request is answered once in each session, from that session."""
        request = make_request()
        answers = [runs.of(label).playback.ask(request, "api") for label in (None, "login")]
        assert [type(answer) for answer in answers] == [Answer, Answer]
        assert answers[0] != answers[1]
        assert isinstance(runs.of("login").playback.ask(request, "api"), Refuse)
        assert isinstance(runs.of(None).playback.ask(request, "api"), Refuse)

    def test_the_default_has_its_name_for_a_label(self, runs: Runs) -> None:
        """Whoever says its name gets the same cursors as whoever says none."""
        assert runs.of("default") is runs.of(None) is runs.default

    def test_unknown_ones(self, runs: Runs) -> None:
        """A name that is none, a label that was never given: no run, and nothing is left open."""
        for label in ("nobody", "_t9", "a b"):
            with pytest.raises(SessionMissing, match=label):
                runs.of(label)
        assert runs.named() == {}

    def test_opened(self, runs: Runs, make_request: MakeRequest) -> None:
        """A plain name is its own label; any other gets one made up, and a name that is taken too."""
        labels = [runs.open(wishing(runs, name))[0] for name in ("login", "tests/x.py::test", "login", "default")]
        assert labels == ["login", "_t1", "_t2", "_t3"]
        request = make_request()
        assert all(isinstance(runs.of(label).playback.ask(request, "api"), Answer) for label in labels)

    def test_closed(self, runs: Runs, make_request: MakeRequest) -> None:
        """What became of it is said and kept; afterwards a made-up label leads nowhere."""
        label, run = runs.open(wishing(runs, "tests/x.py::test"))
        run.playback.refused(make_request("/v1/other"), "not there")
        summary = runs.close(label)
        assert (len(summary.misses), len(summary.unused)) == (1, 1)
        assert run.closed
        with pytest.raises(SessionMissing):
            runs.of(label)
        with pytest.raises(SessionMissing):
            runs.close(label)
        summaries = runs.close_all()
        assert [s.settings.session for s in summaries] == ["default", "tests/x.py::test"]
        assert exit_code(summaries, 0) == 1, "a miss in any of them fails the run"
        assert exit_code(summaries, 7) == 7

    def test_whoever_outlives_a_session(self, runs: Runs) -> None:
        """Asks nobody any more, also where the session's name is plain; opened again, it answers again."""
        runs.of("login")
        runs.close("login")
        with pytest.raises(SessionMissing):
            runs.of("login")
        assert runs.open(wishing(runs, "login"))[0] == "login"
        assert not runs.of("login").closed

    def test_the_announced_upstream_is_everybodys(
        self, scribe: Scribe, still: Clock, make_request: MakeRequest
    ) -> None:
        """Where the default session was recorded from somewhere, sessions without a recording go there too."""
        scribe.session((make_request(), b"x"))
        settings = Settings(cassette=scribe.path, mode=Mode.AUTO, hosts=parse_hosts("http://127.0.0.1:9", (), ()))
        runs = Runs(Run.open(settings, still))
        announced = runs.default.settings.hosts.upstream
        assert runs.usual.hosts.upstream == announced == parse_upstream("https://api.aitronos.com")
        assert runs.of("brandnew").settings.hosts.upstream == announced
        runs.close_all()

    def test_the_default_stays(self, runs: Runs) -> None:
        """It ends with the proxy."""
        with pytest.raises(SessionBusy):
            runs.close("default")
        assert not runs.default.closed

    def test_reset(self, runs: Runs, make_request: MakeRequest) -> None:
        """Cursors at the beginning, nothing missed, nothing used."""
        run, request = runs.of("login"), make_request()
        for _ in range(2):
            assert isinstance(run.playback.ask(request, "api"), Answer)
            refusal = run.playback.ask(request, "api")
            assert isinstance(refusal, Refuse)
            run.playback.missed(request, "api", refusal)
            run.reset()
        assert (run.playback.misses, len(run.playback.unused()), run.playback.player.served) == ([], 1, 0)

    def test_only_replays(self, runs: Runs) -> None:
        """A proxy that replays does nothing else; `once` means to replay there."""
        for mode in (Mode.RECORD, Mode.AUTO, Mode.LIVE):
            with pytest.raises(UsageError, match="only replays"):
                runs.open(wishing(runs, "login", mode=mode))
        assert runs.open(wishing(runs, "login", mode=Mode.ONCE))[1].mode is Mode.REPLAY
        assert not runs.may_go_live

    def test_told_at_the_end(self, runs: Runs, make_request: MakeRequest) -> None:
        """Each in its own words; a default that nobody asked is told for what it did not answer."""
        runs.of("login").playback.ask(make_request(), "api")
        told = "\n".join(lines_of(runs.close_all()))
        assert "replayed 1 answer from session 'login'" in told
        assert "default/1 GET /v1/models" in told
        assert "login/1" not in told

    def test_many_are_counted(self, runs: Runs, make_request: MakeRequest) -> None:
        """Of many only those are told in full that did not end well."""
        for number in range(30):
            label, run = runs.open(wishing(runs, "login"))
            run.playback.ask(make_request(), "api")
            if number == 17:
                run.playback.refused(make_request("/v1/other"), "not there")
            runs.close(label)
        told = lines_of(runs.close_all())
        assert "30 more sessions, 29 of them well" in told
        assert sum("session 'login'" in line for line in told) == 1


class TestRecord:
    def test_side_by_side(
        self, scribe: Scribe, runs_of: Callable[[Mode], Runs], make_request: MakeRequest, writers: Writers
    ) -> None:
        """Each is its own in the cassette, with positions of its own; one may fail while others end well."""
        runs = runs_of(Mode.RECORD)
        named = [runs.of(name) for name in ("one", "two", "three")]
        for run in [*named, runs.default]:
            assert run.recorder is not None
            take = run.recorder.begin(make_request(), "api", "2026-01-02T03:04:05Z")
            take.request_end()
            take.end("complete", 10).result()
        runs.close("two", "the test failed")
        runs.close_all()
        writers.close()
        assert not scribe.path.with_name(scribe.path.name + "-wal").exists()
        with Cassette.open(scribe.path) as cassette:
            states = {session.name: session.state for session in cassette.sessions()}
            positions = [(i.session, i.position) for i in cassette.interactions()]
        assert states == {"default": "complete", "one": "complete", "two": "incomplete", "three": "complete"}
        assert sorted(positions) == [("default", 1), ("one", 1), ("three", 1), ("two", 1)]

    def test_one_writer_a_session(self, runs_of: Callable[[Mode], Runs]) -> None:
        """The same session is not recorded twice at once."""
        runs = runs_of(Mode.RECORD)
        runs.of("one")
        with pytest.raises(SessionBusy):
            runs.open(wishing(runs, "one"))
        runs.close_all()

    def test_replaying_beside_recording(
        self, scribe: Scribe, runs_of: Callable[[Mode], Runs], make_request: MakeRequest
    ) -> None:
        """A recorder may replay another session; then nothing goes live of which the session is not known."""
        scribe.session((make_request(), b"{}"), name="login")
        runs = runs_of(Mode.RECORD)
        assert runs.may_go_live
        _, run = runs.open(wishing(runs, "login", mode=Mode.REPLAY))
        assert isinstance(run.playback.ask(make_request(), "api"), Answer)
        assert not runs.may_go_live
        with pytest.raises(UsageError, match="close it and open it again"):
            runs.default.reset()
        runs.close_all()

    def test_a_cassette_that_was_removed(self, scribe: Scribe, runs_of: Callable[[Mode], Runs]) -> None:
        """Its next session is written into a new file, not into one that nobody can find."""
        runs = runs_of(Mode.RECORD)
        runs.open(wishing(runs, "one"))
        runs.close("one")
        scribe.path.unlink()
        runs.open(wishing(runs, "two"))
        runs.close("two")
        with Cassette.open(scribe.path) as cassette:
            assert [session.name for session in cassette.sessions()] == ["two"]
