"""Server-sent events, read incrementally by the WHATWG rules, with the byte range of every frame.

The rules are those of the HTML standard, section "Interpreting an event stream"
(https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation). Two things are kept that a
browser throws away: frames without data (comments, keep-alives), and the rest of a stream that ended without a blank
line.
"""

from __future__ import annotations

import re

import msgspec

# A CR that ends the bytes at hand is not taken yet: the LF that may follow belongs to the same line end.
_LINE_END = re.compile(rb"\r\n|\n|\r(?!\Z)")
_LAST_LINE_END = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"
_DIGITS = frozenset("0123456789")
_MAX_DIGITS = 18


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One frame of an event stream: what stands before a blank line.

    Attributes:
        event: the name on its `event:` line; `message` where there is none.
        data: the `data:` lines, joined by LF; None where there is none, and then a browser dispatches nothing.
        id: the value of its own `id:` line; None where there is none.
        last_id: the id in force after this frame (a browser's `lastEventId`), "" before the first.
        retry: milliseconds of its `retry:` line.
        comments: the lines that begin with a colon, without it.
        start: offset of the frame's first byte in the stream.
        end: offset behind its blank line. Frames follow each other without gaps: blank lines beyond the one that ends
            a frame are counted to the next.
        whole: False for what a missing last blank line left over; a browser drops it.
    """

    event: str = "message"
    data: str | None = None
    id: str | None = None
    last_id: str = ""
    retry: int | None = None
    comments: tuple[str, ...] = ()
    start: int
    end: int
    whole: bool = True


class SseParser:
    """Bytes in, events out; however the bytes are cut into pieces, the events are the same.

    Lines may end in LF, CR or CRLF. A frame that ends in CR is held back until the next byte (or the end) shows whether
    an LF belongs to it.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._base = 0
        self._scanned = 0
        self._frame_start = 0
        self._last_id = ""
        self._at_start = True
        # The frame at hand.
        self._touched = False
        self._event = ""
        self._data: list[str] = []
        self._id: str | None = None
        self._retry: int | None = None
        self._comments: list[str] = []

    def feed(self, data: bytes) -> list[Event]:
        """The events that *data* completes."""
        self._buffer += data
        return self._read(_LINE_END)

    def close(self) -> list[Event]:
        """The end of the stream: what is left of a frame without its blank line, if anything is."""
        events = self._read(_LAST_LINE_END)
        if self._buffer:
            self._line(bytes(self._buffer))
            self._base += len(self._buffer)
            self._buffer.clear()
        if self._touched:
            events.append(self._take(self._base, whole=False))
        return events

    def _read(self, line_end: re.Pattern[bytes]) -> list[Event]:
        events: list[Event] = []
        buffer, done = self._buffer, 0
        for match in line_end.finditer(buffer, self._scanned):
            line = bytes(buffer[done : match.start()])
            done = match.end()
            if line:
                self._line(line)
            elif self._touched:
                events.append(self._take(self._base + done, whole=True))
            self._at_start = False
        del buffer[:done]
        self._base += done
        # What has been searched is not searched again, but for a CR that waits at its end.
        self._scanned = max(len(buffer) - 1, 0)
        return events

    def _line(self, line: bytes) -> None:
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(_BOM)
            if not line:
                return
        name, colon, rest = line.decode("utf-8", "replace").partition(":")
        value = rest.removeprefix(" ")
        self._touched = True
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id":
            if "\0" not in value:
                self._id = self._last_id = value
        elif name == "retry":
            # More digits than a number of milliseconds has are no pause that anybody meant.
            if 0 < len(value) <= _MAX_DIGITS and _DIGITS.issuperset(value):
                self._retry = int(value)
        elif colon and not name:
            self._comments.append(rest)

    def _take(self, end: int, *, whole: bool) -> Event:
        event = Event(
            event=self._event or "message",
            data="\n".join(self._data) if self._data else None,
            id=self._id,
            last_id=self._last_id,
            retry=self._retry,
            comments=tuple(self._comments),
            start=self._frame_start,
            end=end,
            whole=whole,
        )
        self._frame_start = end
        self._clear()
        return event

    def _clear(self) -> None:
        self._touched = False
        self._event = ""
        self._data = []
        self._id = self._retry = None
        self._comments = []


def events_of(body: bytes) -> list[Event]:
    """All events of a whole stream, a left-over frame included."""
    parser = SseParser()
    return parser.feed(body) + parser.close()
