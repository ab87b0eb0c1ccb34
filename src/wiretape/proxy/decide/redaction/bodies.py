"""How a body is read: told by its content type, and by how it begins, since clients and servers say wrong things."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wiretape.proxy.decide.multipart import declared_boundary, sniffed_boundary
from wiretape.proxy.decide.redaction import hook
from wiretape.proxy.decide.redaction.addresses import form_finds
from wiretape.proxy.decide.redaction.finds import joined
from wiretape.proxy.decide.redaction.frames import Frames
from wiretape.proxy.decide.redaction.jsonstream import JsonTexts
from wiretape.proxy.decide.redaction.multiparts import Multipart
from wiretape.proxy.decide.redaction.streams import HELD_BYTES, Text, Units

if TYPE_CHECKING:
    from wiretape.proxy.decide.redaction.finds import Segment, Spell
    from wiretape.proxy.decide.redaction.streams import Stream
    from wiretape.proxy.decide.redaction.text import Scope

_BLANK: Final = b" \t\r\n"
BYTE_ORDER: Final = b"\xef\xbb\xbf"
"""What a text in UTF-8 may begin with."""

SSE_LINE: Final = re.compile(rb"(?:\xef\xbb\xbf)?[\r\n]*(?:data|event|id|retry|):")
"""How an event stream begins."""

# How nearly every event stream begins.
_USUAL: Final = (b"data:", b"event:", b"id:", b":")
_PAIR: Final = re.compile(rb"[\w.\[\]%+-]{1,100}=")
_BEFORE_LINE: Final = b"\xef\xbb\xbf\r\n"
# `event:` and `retry:` have no more.
_NAME_BYTES: Final = 6
# What begins with more blanks is taken as it comes.
_BLANK_BYTES: Final = 1024
# A boundary is known by then.
_ENOUGH: Final = 128


class Body:
    """A body of some content type."""

    def __init__(self, content_type: bytes, scope: Scope, spell: Spell, *, patient: bool = False) -> None:
        """Begin a body.

        Args:
            content_type: as its header says it.
            scope: what is looked for.
            spell: what is written for it.
            patient: it has an end that is near, so that JSON need not be looked into before.
        """
        self._type = content_type
        self._media = content_type.partition(b";")[0].strip().lower()
        self._scope = scope
        self._spell = spell
        self._patient = patient
        self._start = b""
        self._stream: Stream | None = None

    @property
    def frames(self) -> Frames | None:
        """What reads it, where it has turned out to be an event stream."""
        return self._stream if type(self._stream) is Frames else None

    def feed(self, data: bytes) -> list[Segment]:
        """The next piece."""
        if self._stream is not None:
            return self._stream.feed(data)
        self._start += data
        self._stream = self._chosen(ended=False)
        return [] if self._stream is None else self._stream.feed(self._start)

    def end(self) -> list[Segment]:
        """All has come."""
        if self._stream is not None:
            return self._stream.end()
        stream = self._chosen(ended=True) or self._text()
        return stream.feed(self._start) + stream.end()

    def _chosen(self, *, ended: bool) -> Stream | None:  # noqa: PLR0911 - a list of cases
        """How it is read; None where that cannot be told yet."""
        if self._scope.words.hook is not None and self._media != b"text/event-stream":
            return _Hooked(self._type, self._scope, self._spell)
        start = self._start
        if self._media == b"text/event-stream" and start.startswith(_USUAL):
            return Frames(self._scope, self._spell)
        first = start[:_BLANK_BYTES].removeprefix(BYTE_ORDER).lstrip(_BLANK)[:1]
        enough = ended or len(start) >= _ENOUGH or (first != b"-" and len(start.lstrip(_BEFORE_LINE)) >= _NAME_BYTES)
        if not ended and (BYTE_ORDER.startswith(start) or (not first and len(start) < _BLANK_BYTES)):
            return None
        if first in {b"{", b"["}:
            return self._json()
        if start.startswith(b"-") and not enough:
            return None
        if first and is_json(self._media) and not start.startswith(b"--"):
            return self._json()
        if self._media == b"text/event-stream":
            return Frames(self._scope, self._spell)
        if is_form(self._media, start):
            return Units(form_finds, self._scope, self._spell, always=True)
        if start.startswith(b"-") or self._textual():
            return self._sniffed(start) if enough else None
        return self._text()

    def _json(self) -> Stream:
        if self._scope.words.hook is not None:
            return _Hooked(self._type, self._scope, self._spell)
        return JsonTexts(self._scope, self._spell, patient=self._patient)

    def _sniffed(self, start: bytes) -> Stream:
        for boundary in (declared_boundary(self._type), sniffed_boundary(start)):
            if boundary and start.startswith(b"--" + boundary):
                return Multipart(boundary, self._scope, self._spell, self._part)
        if self._textual() and SSE_LINE.match(start):
            return Frames(self._scope, self._spell)
        return self._json() if is_json(self._media) else self._text()

    def _part(self, content_type: bytes) -> Stream:
        return Body(content_type, self._scope, self._spell)

    def _text(self) -> Text:
        return Text(self._scope, self._spell)

    def _textual(self) -> bool:
        return not self._media or self._media.startswith(b"text/")


def is_json(media: bytes) -> bool:
    """Whether a media type, lower case and bare, is that of JSON."""
    return b"json" in media


def is_form(media: bytes, start: bytes) -> bool:
    """Whether a body that begins with *start* is an urlencoded form, by its media type or for lack of one."""
    return media == b"application/x-www-form-urlencoded" or (not media and _PAIR.match(start) is not None)


class _Hooked(Units):
    """A body that the user's function is given whole."""

    def __init__(self, content_type: bytes, scope: Scope, spell: Spell) -> None:
        super().__init__(form_finds, scope, spell)
        self._type = content_type

    def _unit(self, data: bytes) -> list[Segment]:
        name = self._scope.words.hook
        assert name is not None
        made = hook.applied(name, data)
        scope = self._scope.without_hook()
        body = Body(self._type, scope, self._spell, patient=True)
        found = body.feed(made) + body.end()
        if made == data:
            return found
        self._scope.fired[f"callable {name}"] += 1
        self._spell.count += 1
        return [(len(data), joined(found))]


def passes_whole(body: bytes, content_type: bytes, scope: Scope) -> bool:
    """Whether a whole *body* can be written as it is: a quick look, which tells nothing of forms and multipart."""
    if scope.suspicious_whole(body) or scope.words.hook is not None or body.startswith(b"--"):
        return False
    return not is_form(content_type.partition(b";")[0].strip().lower(), body)


def redacted(body: bytes, content_type: bytes, scope: Scope, spell: Spell) -> bytes:
    """A whole *body* without its secrets; what a later part of it teaches counts for the earlier ones too."""
    while True:
        version = scope.memory.version
        if passes_whole(body, content_type, scope):
            return body
        stream = Body(content_type, scope, spell, patient=len(body) <= HELD_BYTES)
        written = joined(stream.feed(body) + stream.end())
        if scope.memory.version == version:
            return written
