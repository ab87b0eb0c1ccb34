"""Events as the bytes of a stream: each style's frames, line ends, ids and keep-alives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wiretape.addons.standin.jsontext import dumps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wiretape.addons.standin.events import Event
    from wiretape.addons.standin.scenario import Scenario

_EOL: Final = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}


@dataclass(frozen=True, slots=True)
class Framing:
    """How the events of a stream become bytes.

    Attributes:
        sse: the stream consists of server-sent events, not of bare JSON objects.
        named: the event's name stands on an `event:` line.
        keyed: the event's name stands inside the payload.
        ids: frames carry an `id:` line.
        done: a frame `data: [DONE]` ends the stream.
        eol: the line end.
    """

    sse: bool = True
    named: bool = False
    keyed: bool = False
    ids: bool = False
    done: bool = False
    eol: str = "\n"

    @property
    def content_type(self) -> str:
        """The stream's content type."""
        return "text/event-stream; charset=utf-8" if self.sse else "application/json"

    def frame(self, event: Event, number: int, extra: Mapping[str, str]) -> bytes:
        """One event's bytes; `extra` are fields that a reconnected stream adds to its backlog."""
        if not event.name:
            return self._lines(b": keepalive") if self.sse else b""
        key = {"event": event.name} if self.keyed else {}
        data = dumps({**key, **event.payload, **extra})
        if not self.sse:
            return data
        lines = [b"id: %d" % number] if self.ids else []
        lines += [b"event: " + event.name.encode()] if self.named else []
        return self._lines(*lines, b"data: " + data)

    def end(self) -> bytes:
        """The terminal frame, empty where the style has none."""
        return self._lines(b"data: [DONE]") if self.done else b""

    def _lines(self, *lines: bytes) -> bytes:
        eol = self.eol.encode()
        return eol.join(lines) + eol + eol


STYLES: Final[Mapping[str, Framing]] = {
    "A": Framing(sse=False, keyed=True),
    "B": Framing(named=True),
    "C": Framing(named=True, keyed=True),
    "D": Framing(keyed=True, ids=True, done=True),
}
"""The four styles that streams of this API have had."""


def framing_of(style: str, scenario: Scenario) -> Framing:
    """A style's framing with a scenario's changes."""
    usual = STYLES[style]
    return Framing(
        sse=usual.sse,
        named=usual.named,
        keyed=usual.keyed and not (style == "C" and scenario.unkeyed),
        ids=scenario.ids == "on" if scenario.ids else usual.ids,
        done=usual.done,
        eol=_EOL[scenario.eol],
    )
