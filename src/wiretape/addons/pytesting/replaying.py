"""Replay for a run of pytest: the direct engine in one thread, and the sessions that are open in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wiretape.addons.pytesting.address import Address
from wiretape.proxy.decide.modes import Mode
from wiretape.proxy.run import Run
from wiretape.proxy.runs import Runs
from wiretape.proxy.serve.clock import Clock
from wiretape.proxy.serve.control import summed_up
from wiretape.proxy.serve.threaded import ThreadedReplay
from wiretape.proxy.settings import Listen, Settings
from wiretape.store.errors import CassetteMissing, SessionMissing

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wiretape.proxy.decide.misses import Miss

_NOBODYS = Settings(cassette=Path("no cassette"), session="of no test", mode=Mode.REPLAY, listen=Listen(port=0))
# What a test has left behind when the run ends is not worth waiting for.
_GRACE_SECONDS = 0.2


class Unrecorded(Run):
    """The replay of a session that there is not: a test may ask for nothing at all."""


def begin(settings: Settings, clock: Clock) -> Run:
    """A replay, also where nothing was recorded."""
    try:
        return Run.open(settings, clock)
    except (CassetteMissing, SessionMissing):
        return Unrecorded(settings, clock, Mode.REPLAY)


class Replaying:
    """The engine. Whatever changes what it serves is done in its thread."""

    def __init__(self) -> None:
        clock = Clock()
        self._runs = Runs(Run(_NOBODYS, clock, Mode.REPLAY), lambda settings: begin(settings, clock))
        self._engine = ThreadedReplay(self._runs, grace_seconds=_GRACE_SECONDS)
        self._engine.start()

    def open(self, settings: Settings, label: str) -> Replayed:
        """Replay a session, to be asked under *label*.

        Raises:
            WiretapeError: the cassette is damaged, foreign or newer.
        """
        _, run = self.call(lambda: self._runs.open(settings, label))
        return Replayed(self, self.address(label), run)

    def address(self, label: str) -> Address:
        """What leads to the session that is open under *label*."""
        ours = self._engine.ours
        return Address(label, self._engine.url, ours.certificate, ours.bundle)

    def close(self, label: str) -> dict[str, Any]:
        """End a session; says what became of it."""
        return summed_up(self.call(lambda: self._runs.close(label)))

    def call[T](self, work: Callable[[], T]) -> T:
        """Have *work* done between two requests."""
        return self._engine.call(work)

    def strays(self) -> list[Miss]:
        """What was asked by an address that belongs to no test, or to none any more."""
        return self._runs.default.playback.misses

    def stop(self) -> None:
        """Stop serving."""
        self._engine.stop()
        self._runs.close_all()


class Replayed:
    """A session that is replayed in this process.

    Attributes:
        mode: always `replay`.
        address: what leads there.
        run: who answers.
        strict: an interaction that nobody asked for fails the test.
        known: whether there is such a session.
    """

    def __init__(self, engine: Replaying, address: Address, run: Run) -> None:
        self.mode = "replay"
        self.address = address
        self.run = run
        self.strict = run.settings.strict
        self.known = not isinstance(run, Unrecorded)
        self._engine = engine

    def misses(self) -> list[Miss]:
        """The requests that got no answer so far."""
        return list(self.run.playback.misses)

    def close(self, problem: str | None = None) -> dict[str, Any]:
        """End it; what was replayed is as good as ever, whatever the *problem*."""
        del problem
        return self._engine.close(self.address.label)
