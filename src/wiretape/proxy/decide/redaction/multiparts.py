"""Multipart bodies as they come: a part with a secret name is hidden, the others are read for what they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wiretape.proxy.decide.redaction.addresses import field_secret
from wiretape.proxy.decide.redaction.finds import segments
from wiretape.proxy.decide.redaction.streams import Hidden, Text
from wiretape.proxy.decide.redaction.text import all_finds

if TYPE_CHECKING:
    from collections.abc import Callable

    from wiretape.proxy.decide.redaction.finds import Segment, Spell
    from wiretape.proxy.decide.redaction.streams import Stream
    from wiretape.proxy.decide.redaction.text import Scope

# No client writes longer headers of a part.
_HEAD_BYTES: Final = 64 * 1024
_NAME: Final = re.compile(rb';[ \t]*name[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^;\s"]+))', re.IGNORECASE)
_TYPE: Final = re.compile(rb"^content-type[ \t]*:([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_HEAD_END: Final = b"\r\n\r\n"


class Multipart:
    """A multipart body that begins with its boundary."""

    def __init__(self, boundary: bytes, scope: Scope, spell: Spell, choose: Callable[[bytes], Stream]) -> None:
        """Begin a body; *choose* says how a part of a content type is read."""
        self._choose = choose
        self._mark = b"\r\n--" + boundary
        self._scope = scope
        self._spell = spell
        self._held = b""
        self._part: Stream | None = None

    def feed(self, data: bytes) -> list[Segment]:
        """The next piece."""
        self._held += data
        found: list[Segment] = []
        while True:
            step = self._head() if self._part is None else self._content(self._part)
            if step is None:
                return found
            found += step

    def end(self) -> list[Segment]:
        """All has come."""
        if self._part is None:
            return self._plain(self._held)
        return self._part.feed(self._held) + self._part.end()

    def _head(self) -> list[Segment] | None:
        """A part's head, or what is no part; None where more must come."""
        mark, end = self._held.find(self._mark), self._held.find(_HEAD_END)
        first = min((at for at in (mark, end) if at >= 0), default=len(self._held) - len(self._mark))
        if first > _HEAD_BYTES:
            self._part = Text(self._scope, self._spell)
            return []
        # A head may end in the line end that belongs to the next boundary: a part without content.
        behind = self._held[end + 2 : end + 2 + len(self._mark)]
        if mark >= 0 and (end < 0 or mark <= end + 2):
            return self._plain(self._taken(mark + len(self._mark)))
        if end < 0 or (len(behind) < len(self._mark) and self._mark.startswith(behind)):
            return None
        head = self._taken(end + len(_HEAD_END))
        self._part = self._reader(head)
        return self._plain(head)

    def _content(self, part: Stream) -> list[Segment] | None:
        """Content up to the next boundary; None where there is none yet."""
        mark = self._held.find(self._mark)
        if mark >= 0:
            found = part.feed(self._taken(mark)) + part.end()
            self._part = None
            line = self._taken(len(self._mark))
            return [*found, (len(line), line)]
        # What is left may end with the beginning of a boundary.
        safe = len(self._held) - len(self._mark) + 1
        return (part.feed(self._taken(safe)) or None) if safe > 0 else None

    def _reader(self, head: bytes) -> Stream:
        name = _NAME.search(head)
        field = (name[1] or name[2] or b"").decode("utf-8", "replace") if name else ""
        secret = field_secret(field, self._scope) if field else None
        if secret is not None:
            return Hidden(secret, self._scope, self._spell)
        media = _TYPE.search(head)
        return self._choose(media[1].strip() if media else b"")

    def _plain(self, text: bytes) -> list[Segment]:
        return segments(text, all_finds(text, self._scope), self._spell) if text else []

    def _taken(self, size: int) -> bytes:
        data, self._held = self._held[:size], self._held[size:]
        return data
