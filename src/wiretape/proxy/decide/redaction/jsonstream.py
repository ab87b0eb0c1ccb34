"""JSON texts as they come, one after the other: each is held until it is whole."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from wiretape.proxy.decide.redaction.jsonfinds import json_finds
from wiretape.proxy.decide.redaction.streams import HELD_BYTES, Units

if TYPE_CHECKING:
    from wiretape.proxy.decide.redaction.finds import Segment, Spell
    from wiretape.proxy.decide.redaction.text import Scope

_BLANK: Final = b" \t\r\n"
_MARK: Final = re.compile(rb'["{}\[\]]')
_STRING: Final = re.compile(rb'(?:[^"\\]++|\\.)*+(")?', re.DOTALL)


_decode: Final = msgspec.json.Decoder(msgspec.Raw).decode


def _is_whole(data: bytes) -> bool:
    """Whether *data* is one object or array. Of what is malformed, this may be said to be none."""
    if not data.rstrip(_BLANK).endswith((b"}", b"]")):
        return False
    try:
        _decode(data)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


class JsonTexts(Units):
    """JSON, or several of it: an answer that is no event stream may be a row of objects."""

    def __init__(self, scope: Scope, spell: Spell, *, patient: bool = False) -> None:
        """Begin a body; a *patient* one is not looked into before its end, which is cheaper, where the end is near."""
        super().__init__(json_finds, scope, spell)
        self._patient = patient
        self._scanned = 0
        self._depth = 0
        self._in_string = False

    def feed(self, data: bytes) -> list[Segment]:
        """The next piece; one that is a whole text by itself, as most are, is looked through at once."""
        if not (self._held or self._patient or self._hooked) and self._text is None and _is_whole(data):
            return self._unit(data)
        return super().feed(data)

    def end(self) -> list[Segment]:
        """All has come."""
        if self._patient and self._text is None:
            if not self._scope.suspicious(bytes(self._held)):
                return [(len(self._held), bytes(self._held))] if self._held else []
            self._patient = False
            return self.feed(b"") + super().end()
        return super().end()

    def _ends(self) -> list[int]:
        if self._patient and len(self._held) <= HELD_BYTES:
            return []
        self._patient = False
        held, ends, at = self._held, list[int](), self._scanned
        while at < len(held):
            if self._in_string:
                at = self._rest(at)
                if self._in_string:
                    break
            else:
                mark = _MARK.search(held, at)
                if mark is None:
                    at = len(held)
                    break
                at = mark.end()
                self._marked(held[mark.start()])
                if not self._depth and not self._in_string:
                    ends.append(at)
        self._scanned = at - (ends[-1] if ends else 0)
        return ends

    def _marked(self, what: int) -> None:
        if what in b"{[":
            self._depth += 1
        elif what in b"}]":
            self._depth = max(self._depth - 1, 0)
        else:
            self._in_string = True

    def _rest(self, at: int) -> int:
        """Where the string at hand ends, or what has come of it: an escape that was cut is not taken yet."""
        rest = _STRING.match(self._held, at)
        assert rest is not None
        self._in_string = rest[1] is None
        return rest.end()
