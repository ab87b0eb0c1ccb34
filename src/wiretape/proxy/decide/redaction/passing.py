"""A body on its way into a cassette: unpacked where it is compressed, read, redacted, and cut as it came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wiretape.proxy.decide.redaction.bodies import Body, passes_whole
from wiretape.proxy.decide.redaction.ledger import Cut, Ledger
from wiretape.proxy.decide.redaction.streams import HELD_BYTES
from wiretape.proxy.decide.redaction.unpacking import Unpacker
from wiretape.store.encoding import Undecodable

if TYPE_CHECKING:
    from wiretape.proxy.decide.redaction.finds import Spell
    from wiretape.proxy.decide.redaction.frames import Frames
    from wiretape.proxy.decide.redaction.text import Scope
    from wiretape.store.interaction import Headers

_ABOUT: Final = frozenset({b"content-type", b"content-length", b"content-encoding"})
_LENGTHS: Final = frozenset(map(len, _ABOUT))


class Passing:
    """One body.

    A compressed one is kept as it came where nothing in it is secret. To know, it is held; from `HELD_BYTES` on, or
    from the first secret on, it is written unpacked.

    Attributes:
        unpacked: it is written without its content-encoding.
        frames: what reads an event stream; what passes it is a chunk by itself, and needs no `feed`.
        grown: how many bytes more are written than came; none are lost where nothing was replaced.
    """

    def __init__(self, headers: Headers, scope: Scope, spell: Spell) -> None:
        self.unpacked = False
        self.grown = 0
        self.frames: Frames | None = None
        self._spell = spell
        content_type, encoding, self._length = described(headers)
        self._type = content_type.partition(b",")[0]
        self._scope = scope
        self._unpacker = _unpacker(encoding) if encoding else None
        self._whole: tuple[bytes, int] | None = None
        self._body: Body | None = None
        self._ledger = Ledger()
        self._raw: list[tuple[bytes, int]] = []
        self._raw_size = 0
        self._ready: list[Cut] = []
        self._ready_size = 0

    @property
    def changed(self) -> bool:
        """Whether anything is written otherwise than it came."""
        return self._spell.count > 0 or self.unpacked

    def feed(self, data: bytes, at_us: int = 0) -> list[Cut]:
        """The next piece; gives what can be written."""
        if self._body is None and self._whole is None and self._is_all(data):
            self._whole = data, at_us
            return []
        return self._unheld() + self._fed(data, at_us)

    def end(self) -> list[Cut]:
        """All has come; gives what is left to write."""
        if self._whole is not None and passes_whole(self._whole[0], self._type, self._scope):
            return [Cut(*self._whole, goes_on=False)]
        ready = self._unheld()
        if self._body is not None:
            ready += self._counted(self._rest(self._body))
        return ready

    def _is_all(self, data: bytes) -> bool:
        """Whether *data*, the first piece, is all that was promised, and its end is near: it can be held till then."""
        return self._length == b"%d" % len(data) and self._unpacker is None and bool(data)

    def _unheld(self) -> list[Cut]:
        """What can be written of what was held as all of it, and is not, or holds a secret."""
        if self._whole is None:
            return []
        whole, self._whole = self._whole, None
        return self._fed(*whole)

    def _fed(self, data: bytes, at_us: int) -> list[Cut]:
        self.grown -= len(data)
        if self._unpacker is None:
            return self._counted(self._read(data, at_us))
        if not self.unpacked:
            self._raw.append((data, at_us))
            self._raw_size += len(data)
        try:
            plain = self._unpacker.feed(data)
        except Undecodable:
            return self._counted(self._not_packed())
        return self._counted(self._unpacked(self._read(plain, at_us)))

    def _rest(self, body: Body) -> list[Cut]:
        ready = self._ledger.cut(body.end())
        if self._unpacker is None:
            return ready
        ready = self._unpacked(ready)
        if not self.unpacked:
            ready = [Cut(data, at_us, goes_on=False) for data, at_us in self._raw if data]
        self._raw.clear()
        return ready

    def _read(self, data: bytes, at_us: int) -> list[Cut]:
        if self._body is None:
            patient = bool(self._length) and self._unpacker is None
            self._body = Body(self._type, self._scope, self._spell, patient=patient)
        self._ledger.arrived(len(data), at_us)
        ready = self._ledger.cut(self._body.feed(data))
        self.frames = self._body.frames if self._unpacker is None else None
        return ready

    def _unpacked(self, ready: list[Cut]) -> list[Cut]:
        """What can be written of an unpacked body: nothing as long as it may turn out to hold no secret."""
        if self.unpacked:
            return ready
        self._ready += ready
        self._ready_size += sum(len(cut.data) for cut in ready)
        if not self._spell.count and max(self._raw_size, self._ready_size) <= HELD_BYTES:
            return []
        self.unpacked = True
        self._raw.clear()
        ready, self._ready = self._ready, []
        return ready

    def _not_packed(self) -> list[Cut]:
        """What can be written where the header told a lie: from here on the body is what it is."""
        self._unpacker = None
        if self.unpacked:
            # What could not be unpacked cannot be looked into either, and is left out.
            return []
        raw, self._raw, self._ready = self._raw, [], []
        self._spell.count = 0
        self._body = None
        self._ledger = Ledger()
        return [cut for data, at_us in raw for cut in self._read(data, at_us)]

    def _counted(self, ready: list[Cut]) -> list[Cut]:
        self.grown += sum(len(cut.data) for cut in ready)
        return ready


def described(headers: Headers) -> tuple[bytes, bytes, bytes]:
    """What *headers* say of their body: its content type, its content-encoding, its length; empty where nothing."""
    content_type = encoding = length = b""
    for name, value in headers:
        # The length first: lower() for a dozen headers would cost as much as the rest of the loop.
        if len(name) in _LENGTHS and (key := name.lower()) in _ABOUT:
            if key == b"content-type":
                content_type = content_type or value
            elif key == b"content-encoding":
                encoding = encoding + b"," + value if encoding else value
            else:
                length = length + b"," + value if length else value
    return content_type, encoding, length


def stored_headers(headers: Headers, passing: Passing) -> Headers:
    """*headers* as they fit the body that is written."""
    if not passing.changed:
        return headers
    kept = headers
    if passing.unpacked:
        kept = tuple(pair for pair in kept if pair[0].lower() != b"content-encoding")
    return with_length(kept, passing.grown)


def with_length(headers: Headers, grown: int) -> Headers:
    """*headers* with a Content-Length that is *grown* bytes more; without one they stay."""
    if not grown:
        return headers
    return tuple(
        (name, b"%d" % max(int(value) + grown, 0))
        if name.lower() == b"content-length" and value.strip().isdigit()
        else (name, value)
        for name, value in headers
    )


def _unpacker(encoding: bytes) -> Unpacker | None:
    try:
        unpacker = Unpacker(encoding)
    except Undecodable:
        return None
    return None if unpacker.idle else unpacker
