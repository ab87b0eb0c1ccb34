"""curl's `-F`: fields of a form, sent as multipart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from wiretape.store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# curl goes by the name's end, and knows no more than these.
_TYPES: Final = {
    b".gif": b"image/gif", b".jpg": b"image/jpeg", b".jpeg": b"image/jpeg", b".png": b"image/png",
    b".svg": b"image/svg+xml", b".txt": b"text/plain", b".htm": b"text/html", b".html": b"text/html",
    b".pdf": b"application/pdf", b".xml": b"application/xml",
}  # fmt: skip
_BOUNDARY = b"------------------------wiretape"
_PIECE = re.compile(rb'"((?:[^"\\]|\\.)*)"|([^;]*)', re.DOTALL)
_PARAMETER = re.compile(rb";\s*(type|filename|headers|encoder)=", re.IGNORECASE)


class Field(msgspec.Struct, frozen=True):
    """One field.

    Attributes:
        name: of the field.
        content: its bytes.
        filename: the name given to a file; None for a value.
        media: its content type; None for none.
    """

    name: bytes
    content: bytes
    filename: bytes | None = None
    media: bytes | None = None


def field(text: bytes, read_file: Callable[[str], bytes], *, literal: bool) -> Field:
    """The field that a value of `-F` or, *literal*, of `--form-string` describes.

    Raises:
        UsageError: it has no name, or says more than is understood here.
    """
    name, equals, value = text.partition(b"=")
    if not equals:
        raise UsageError(f"curl's form field {text.decode('utf-8', 'replace')!r} is not NAME=CONTENT")
    if literal:
        return Field(name, value)
    mark = value[:1] if value[:1] in (b"@", b"<") else b""
    content, parameters = _split(value[len(mark) :])
    for unknown in ("headers", "encoder"):
        if unknown in parameters:
            raise UsageError(f"curl's `;{unknown}=` in a form field is not followed here; leave it out")
    media = parameters.get("type")
    if not mark:
        return Field(name, content, parameters.get("filename"), media)
    path = content.decode("utf-8", "surrogateescape")
    read = read_file(path)
    if mark == b"<":
        return Field(name, read, parameters.get("filename"), media)
    filename = parameters.get("filename", content.rpartition(b"/")[2])
    return Field(name, read, filename, media or _guessed(filename) or _guessed(content) or b"application/octet-stream")


def _guessed(name: bytes) -> bytes | None:
    return _TYPES.get(b"." + name.rpartition(b".")[2].lower())


def _split(value: bytes) -> tuple[bytes, dict[str, bytes]]:
    """The content, and what is said of it behind semicolons."""
    found = _PARAMETER.search(value) if not value.startswith(b'"') else None
    if value.startswith(b'"'):
        quoted = _PIECE.match(value)
        assert quoted is not None
        content, rest = _unquoted(quoted), value[quoted.end() :]
    else:
        content, rest = (value[: found.start()], value[found.start() :]) if found else (value, b"")
    parameters: dict[str, bytes] = {}
    while found := _PARAMETER.match(rest):
        piece = _PIECE.match(rest, found.end())
        assert piece is not None
        rest_at = piece.end()
        # A content type has parameters of its own.
        following = _PARAMETER.search(rest, rest_at)
        end = following.start() if following else len(rest)
        whole = piece[1] is None and found[1].lower() == b"type"
        parameters[found[1].decode().lower()] = rest[found.end() : end].strip() if whole else _unquoted(piece)
        rest = rest[end:]
    return content, parameters


def _unquoted(found: re.Match[bytes]) -> bytes:
    if found[1] is None:
        return bytes(found[2]).strip()
    return re.sub(rb'\\(["\\])', rb"\1", found[1])


def multipart(fields: Sequence[Field]) -> tuple[bytes, bytes]:
    """The body that *fields* make, and its content type."""
    boundary = _BOUNDARY
    while any(boundary in each.content for each in fields):
        boundary += b"x"
    parts = [b"--%b\r\n%b\r\n\r\n%b\r\n" % (boundary, _head(each), each.content) for each in fields]
    return b"".join(parts) + b"--%b--\r\n" % boundary, b"multipart/form-data; boundary=" + boundary


def _head(each: Field) -> bytes:
    head = b'Content-Disposition: form-data; name="%b"' % _escaped(each.name)
    if each.filename is not None:
        head += b'; filename="%b"' % _escaped(each.filename)
    return head if each.media is None else head + b"\r\nContent-Type: " + each.media


def _escaped(value: bytes) -> bytes:
    return value.replace(b'"', b"%22").replace(b"\r", b"%0D").replace(b"\n", b"%0A")
