"""A request and its answer, taken apart into the texts that are looked at one by one."""

from __future__ import annotations

import re
import zlib
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

from wiretape.proxy.decide.multipart import declared_boundary, sniffed_boundary
from wiretape.proxy.decide.redaction.addresses import field_secret, form_finds, target_finds
from wiretape.proxy.decide.redaction.bodies import BYTE_ORDER, SSE_LINE, is_json
from wiretape.proxy.decide.redaction.finds import Find
from wiretape.proxy.decide.redaction.frames import frame_finds
from wiretape.proxy.decide.redaction.headers import header_finds
from wiretape.proxy.decide.redaction.jsonfinds import json_finds
from wiretape.proxy.decide.redaction.text import all_finds
from wiretape.proxy.scan.finding import HIDDEN, Unit
from wiretape.proxy.scan.jsonplace import json_path
from wiretape.store.encoding import LIMIT_BYTES, Undecodable, decoded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wiretape.proxy.decide.redaction.text import Scope
    from wiretape.store.interaction import Headers

WINDOW_BYTES: Final = 64 * 1024 * 1024
"""A longer text is looked at in windows, and for values alone."""

_OVERLAP: Final = 64 * 1024
_BLANK: Final = b" \t\r\n"
_FRAME_END: Final = re.compile(rb"(?:\r\n|\n|\r(?=[^\n]))(?:\r\n|\n|\r(?=[^\n]))")
_FRAMES_AT_ONCE: Final = 256 * 1024
_NAME: Final = re.compile(rb';[ \t]*name[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^;\s"]+))', re.IGNORECASE)
_TYPE: Final = re.compile(rb"^content-type[ \t]*:([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_ODD: Final = re.compile(r"[^A-Za-z0-9 _.,:;@$()\[\]/-]")
_GZIP: Final = b"\x1f\x8b\x08"
_LONGEST_NAME: Final = 64
_DEEPEST: Final = 4


def text_finds_of(text: bytes, scope: Scope) -> list[Find]:
    """What redaction finds in a text of no kind that it knows."""
    return all_finds(text, scope) if scope.suspicious(text) else []


def target_unit(where: str, target: str) -> Unit:
    """A request's path and query."""
    text = target.encode("utf-8", "surrogatepass")
    return Unit(where, "request target", text, target_finds, _in_target)


def header_units(where: str, side: str, headers: Headers) -> Iterator[Unit]:
    """The headers of one *side*, `request header` and the like."""
    for name, value in headers:
        yield Unit(where, f"{side} {printable(name)}", value, _header(name))


def body_units(where: str | None, side: str, body: bytes, headers: Headers) -> Iterator[Unit]:
    """A whole body by what it is, as redaction sees it, without its content-encoding.

    Raises:
        Undecodable: its content-encoding cannot be undone; then there are no units at all.
    """
    encoding = b",".join([value for name, value in headers if name.lower() == b"content-encoding"])
    content_type = next((value for name, value in headers if name.lower() == b"content-type"), b"")
    try:
        plain = decoded(body, encoding) if encoding else body
    except Undecodable:
        # The header may have told a lie.
        if not _textual(body):
            raise
        plain = body
    yield from content_units(where, f"{side} body", plain, content_type)


def derived_unit(where: str, place: str, text: str) -> Unit:
    """What was understood of a message."""
    data = text.encode("utf-8", "replace")
    return Unit(where, place, data, _json if data[:1] in {b"{", b"["} else text_finds_of)


def content_units(where: str | None, place: str, body: bytes, content_type: bytes, depth: int = 0) -> Iterator[Unit]:
    """A decoded body, or a part of one, by what it is."""
    if not body:
        return
    if len(body) > WINDOW_BYTES:
        yield from windows(where, place, body)
        return
    media = content_type.partition(b";")[0].strip().lower()
    first = body[:_LONGEST_NAME].removeprefix(BYTE_ORDER).lstrip(_BLANK)[:1]
    if body.startswith(_GZIP) and depth < _DEEPEST:
        yield from _unzipped(where, place, body, depth)
    elif first in {b"{", b"["} or (is_json(media) and not body.startswith(b"--")):
        yield Unit(where, place, body, _json, json_place)
    elif media == b"text/event-stream" or ((not media or media.startswith(b"text/")) and SSE_LINE.match(body)):
        yield from _stream(where, place, body)
    elif media == b"application/x-www-form-urlencoded":
        yield Unit(where, place, body, form_finds, _in_form)
    elif boundary := _boundary(body, content_type):
        yield from _parts(where, place, body, boundary, depth)
    else:
        yield Unit(where, place, body, text_finds_of)


def windows(where: str | None, place: str, text: bytes) -> Iterator[Unit]:
    """A text too long to be understood as a whole."""
    for start in range(0, len(text), WINDOW_BYTES - _OVERLAP):
        yield Unit(where, place, text[start : start + WINDOW_BYTES], text_finds_of)


def json_place(text: bytes, offset: int) -> str:
    """The path of an offset in a JSON text."""
    bare = text.removeprefix(BYTE_ORDER)
    return json_path(bare, offset - len(text) + len(bare))


def printable(name: bytes) -> str:
    """A name from outside, fit to be told."""
    text = name.decode("latin-1")
    return _ODD.sub(HIDDEN, text[:_LONGEST_NAME])


def _json(text: bytes, scope: Scope) -> list[Find]:
    return json_finds(text, scope) if scope.suspicious(text) else []


def _header(name: bytes) -> _HeaderFinder:
    return _HeaderFinder(name)


class _HeaderFinder:
    def __init__(self, name: bytes) -> None:
        self._name = name

    def __call__(self, text: bytes, scope: Scope) -> list[Find]:
        return header_finds(self._name, text, scope)


def _stream(where: str | None, place: str, body: bytes) -> Iterator[Unit]:
    """An event stream, some frames at a time: one by one would take long where nothing is to be found."""
    start, number, count = 0, 1, 0
    for end in _FRAME_END.finditer(body):
        count += 1
        if end.end() - start >= _FRAMES_AT_ONCE:
            yield Unit(where, place, body[start : end.end()], _frames, partial(_in_frames, number))
            start, number, count = end.end(), number + count, 0
    if start < len(body):
        yield Unit(where, place, body[start:], _frames, partial(_in_frames, number))


def _frames(text: bytes, scope: Scope) -> list[Find]:
    if not scope.suspicious(text):
        return []
    found: list[Find] = []
    for start, frame in _frame_by_frame(text):
        if scope.suspicious(frame):
            found += [find.moved(start) for find in frame_finds(frame, scope)]
    return found


def _frame_by_frame(text: bytes) -> Iterator[tuple[int, bytes]]:
    start = 0
    for end in _FRAME_END.finditer(text):
        yield start, text[start : end.end()]
        start = end.end()
    if start < len(text):
        yield start, text[start:]


def _in_frames(first: int, text: bytes, offset: int) -> str:
    number = first
    for start, frame in _frame_by_frame(text):
        if offset < start + len(frame):
            opening = re.search(rb"[{\[]", frame)
            inside = offset - start - (opening.start() if opening else len(frame))
            path = f" {json_path(frame[opening.start() :], inside)}" if opening and inside >= 0 else ""
            return f"event {number}{path}"
        number += 1
    return f"event {number}"


def _in_target(text: bytes, offset: int) -> str:
    path, mark, _ = text.partition(b"?")
    if not mark or offset <= len(path):
        return "path"
    return "?" + _parameter(text, len(path) + 1, offset)


def _in_form(text: bytes, offset: int) -> str:
    return "field " + _parameter(text, 0, offset)


def _parameter(text: bytes, start: int, offset: int) -> str:
    begin = max(start, text.rfind(b"&", 0, offset) + 1)
    return printable(unquote_to_bytes(text[begin:].partition(b"&")[0].partition(b"=")[0]))


def _boundary(body: bytes, content_type: bytes) -> bytes:
    for boundary in (declared_boundary(content_type), sniffed_boundary(body)):
        if boundary and body.startswith(b"--" + boundary):
            return boundary
    return b""


def _parts(where: str | None, place: str, body: bytes, boundary: bytes, depth: int) -> Iterator[Unit]:
    for number, section in enumerate(body.split(b"--" + boundary)):
        head, blank, content = section.partition(b"\r\n\r\n")
        if not blank:
            yield Unit(where, f"{place} between its parts", section, text_finds_of)
            continue
        name = _NAME.search(head)
        field = (name[1] or name[2] or b"") if name else b""
        told = f"{place} part {printable(field) or number}"
        yield Unit(where, f"{told} head", head, text_finds_of)
        content = content.removesuffix(b"\r\n")
        yield Unit(where, told, content, _PartFinder(field.decode("utf-8", "replace")))
        media = _TYPE.search(head)
        if depth < _DEEPEST:
            yield from content_units(where, told, content, media[1].strip() if media else b"", depth + 1)


class _PartFinder:
    """A part of which the name says that it is secret."""

    def __init__(self, field: str) -> None:
        self._field = field

    def __call__(self, text: bytes, scope: Scope) -> list[Find]:
        secret = field_secret(self._field, scope) if self._field else None
        if secret is None or not scope.counts(text, secret):
            return []
        start = len(text) - len(text.lstrip())
        bare = text.strip()
        find = Find(start, start + len(bare), bare, secret)
        scope.learn(find)
        return [find]


def _unzipped(where: str | None, place: str, body: bytes, depth: int) -> Iterator[Unit]:
    """A file that is compressed itself."""
    try:
        inner = zlib.decompressobj(zlib.MAX_WBITS + 16).decompress(body, LIMIT_BYTES)
    except zlib.error:
        yield Unit(where, place, body, text_finds_of)
        return
    yield from content_units(where, f"{place} (unzipped)", inner, b"", depth + 1)


def _textual(body: bytes) -> bool:
    return (
        body[:1024].removeprefix(BYTE_ORDER).lstrip(_BLANK)[:1] in {b"{", b"[", b"<", b"d", b"-"}
        and b"\0" not in body[:1024]
    )
