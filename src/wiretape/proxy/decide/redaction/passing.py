"""A body on its way into a cassette: unpacked where it is compressed, read, redacted, and cut as it came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wiretape.proxy.decide.redaction.bodies import Body
from wiretape.proxy.decide.redaction.ledger import Cut, Ledger
from wiretape.proxy.decide.redaction.streams import HELD_BYTES
from wiretape.proxy.decide.redaction.unpacking import Unpacker
from wiretape.store.encoding import Undecodable

if TYPE_CHECKING:
    from wiretape.proxy.decide.redaction.finds import Spell
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
        grown: how many bytes more are written than came; none are lost where nothing was replaced.
    """

    def __init__(self, headers: Headers, scope: Scope, spell: Spell) -> None:
        self.unpacked = False
        self.grown = 0
        self._spell = spell
        about: dict[bytes, bytes] = {}
        for name, value in headers:
            if len(name) in _LENGTHS and (key := name.lower()) in _ABOUT:
                about[key] = about[key] + b"," + value if key in about else value
        self._type = about.get(b"content-type", b"").partition(b",")[0]
        patient = bool(about.get(b"content-length"))
        self._scope = scope
        self._unpacker = _unpacker(about.get(b"content-encoding", b""))
        self._body = Body(self._type, scope, spell, patient=patient and self._unpacker is None)
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
        if self._unpacker is None and self._body.passes(data):
            return [Cut(data, at_us, goes_on=False)]
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

    def end(self) -> list[Cut]:
        """All has come; gives what is left to write."""
        ready = self._ledger.cut(self._body.end())
        if self._unpacker is None:
            return self._counted(ready)
        ready = self._unpacked(ready)
        if not self.unpacked:
            ready = [Cut(data, at_us, goes_on=False) for data, at_us in self._raw if data]
        self._raw.clear()
        return self._counted(ready)

    def _read(self, data: bytes, at_us: int) -> list[Cut]:
        self._ledger.arrived(len(data), at_us)
        return self._ledger.cut(self._body.feed(data))

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
        self._body = Body(self._type, self._scope, self._spell)
        self._ledger = Ledger()
        return [cut for data, at_us in raw for cut in self._read(data, at_us)]

    def _counted(self, ready: list[Cut]) -> list[Cut]:
        self.grown += sum(len(cut.data) for cut in ready)
        return ready


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
    if not encoding:
        return None
    try:
        unpacker = Unpacker(encoding)
    except Undecodable:
        return None
    return None if unpacker.idle else unpacker
