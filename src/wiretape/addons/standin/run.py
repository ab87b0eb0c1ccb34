"""One streamed turn that can be watched, dropped, taken up again and cancelled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wiretape.addons.standin import events
from wiretape.addons.standin.events import Event
from wiretape.addons.standin.framing import framing_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wiretape.addons.standin.framing import Framing
    from wiretape.addons.standin.scenario import Scenario
    from wiretape.addons.standin.turn import Turn

_HEARTBEATS = {
    "": (),
    "event": (Event("response.heartbeat", {}),),
    "comment": (Event("", {}),),
    "both": (Event("response.heartbeat", {}), Event("", {})),
}


@dataclass(slots=True)
class Run:
    """A turn's events, and how far they have been sent.

    The events are known from the start and sent by whoever watches; nothing goes on while nobody does. So a client
    that lost its stream finds the rest where it left it, and a test finds the same every time.

    Attributes:
        turn: what is said.
        events: all of it, as events.
        framing: how the client that began the run wants it.
        sent: how many events have been sent.
        cancelled: somebody cancelled the run.
        finished: the run has come to its end, whichever.
    """

    turn: Turn
    events: list[Event]
    framing: Framing
    sent: int = 0
    cancelled: bool = False
    finished: bool = False

    @property
    def partial_length(self) -> int:
        """How much text has been sent."""
        return sum(len(event.text) for event in self.events[: self.sent])

    def live(self) -> Iterator[bytes]:
        """The frames from the first to the end."""
        return self._from(0, self.framing)

    def resume(self, after: int, framing: Framing) -> Iterator[bytes]:
        """The frames that a reconnecting client missed, marked as such, and then those that nobody has seen yet."""
        reached = self.sent
        for number, event in enumerate(self.events[after:reached], after + 1):
            yield framing.frame(event, number, {"source": "replay"})
        yield from self._from(reached, framing)

    def _from(self, start: int, framing: Framing) -> Iterator[bytes]:
        # Each watcher counts for itself: the stream and its reconnection may run at the same time.
        for number, event in enumerate(self.events[start:], start + 1):
            if self.cancelled:
                yield framing.frame(events.cancelled(self.turn.thread, self.partial_length), number, {})
                break
            self.sent = max(self.sent, number)
            yield framing.frame(event, number, {})
        self.finished = True
        yield framing.end()


def run_of(turn: Turn, style: str, scenario: Scenario) -> Run:
    """The run of a turn in the style and with the awkwardness that its request asked for."""
    script = events.VOCABULARIES[style](turn)
    after_first = next((at for at, event in enumerate(script, 1) if event.text), len(script) - 1)
    script[after_first:after_first] = _HEARTBEATS[scenario.heartbeat]
    if scenario.error_in_band:
        kept = after_first + len(_HEARTBEATS[scenario.heartbeat])
        script = [*script[:kept], events.failed(style, turn)]
    return Run(turn, script, framing_of(style, scenario))
