# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# (what a file holds is known only when it is read)
"""The ways in which VCR.py and its kin wrote down texts, headers and bodies, by version and client library."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from wiretape.addons.formats.vcr_yaml import Foreign

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wiretape.store.interaction import Headers

_HOLDER = frozenset({"string", "base64_string", "encoding"})
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FOLD = re.compile(r"[ \t]*(?:\r\n|\r|\n)[ \t]*")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})(?:;[^\r\n]*)?\r\n")
_KINDS: dict[type, str] = {
    dict: "a mapping",
    list: "a list",
    tuple: "a list",
    str: "text",
    bytes: "bytes",
    type(None): "missing",
}
_FORM = b"application/x-www-form-urlencoded"


class Odd(ValueError):
    """A value is not as any of the tools writes it; the text says what it is."""


def text(value: object, what: str) -> str:
    """*value* as text.

    Raises:
        Odd: it is none.
    """
    match value:
        case str():
            return value
        case bytes():
            return value.decode("latin-1")
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        # Header names of aiohttp's are strings of a class of their own.
        case Foreign(content=[str(written), *_]):
            return written
        case _:
            raise Odd(f"{what} is {kind(value)}, not text")


def utf8(written: str) -> bytes:
    """The bytes of a text that came from bytes, whatever was done with those that were no UTF-8."""
    try:
        return written.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return written.encode("utf-8", "surrogatepass")


def headers(value: object, whose: str) -> Headers:
    """Header pairs: from a mapping of names to one or several values, from pairs, or from whole lines.

    Raises:
        Odd: they are written in none of these ways.
    """
    return tuple((_name(name, whose), _value(single)) for name, single in _pairs(value, whose))


def _pairs(value: object, whose: str) -> Iterator[tuple[str, str]]:
    match value:
        case None:
            return
        case Foreign(content=[list() as pairs]) | (list() as pairs):
            # The oldest versions: a frozen set of pairs, or the lines as they came.
            entries = [_entry(entry, whose) for entry in cast("list[object]", pairs)]
        case dict():
            entries = list(cast("dict[object, object]", value).items())
        case _:
            raise Odd(f"the {whose} headers are {kind(value)}")
    for key, values in entries:
        name = text(key, f"the name of one of the {whose} headers")
        several = cast("Iterable[object]", values) if isinstance(values, (list, tuple)) else [values]
        for single in several:
            yield name, "" if single is None else text(single, f"header {name!r} of the {whose}")


def _entry(entry: object, whose: str) -> tuple[object, object]:
    match entry:
        case str():
            name, _, value = entry.partition(":")
            return name, value
        case [name, value]:
            return name, value
        case _:
            raise Odd(f"one of the {whose} headers is {kind(entry)}")


def _name(name: str, whose: str) -> bytes:
    plain = utf8(name.strip())
    if not _TOKEN.fullmatch(plain):
        raise Odd(f"{name!r} among the {whose} headers is no header's name")
    return plain


def _value(value: str) -> bytes:
    """Most libraries read headers as Latin-1; what does not fit that was read as UTF-8."""
    value = _FOLD.sub(" ", value).strip().replace("\x00", "")
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return utf8(value)


def body(value: object, whose: str) -> bytes:
    """A body's bytes.

    Raises:
        Odd: they are not in the file.
    """
    match value:
        case None:
            return b""
        case bytes():
            return value
        case str():
            return utf8(value)
        case dict() if _HOLDER.issuperset(cast("dict[object, object]", value)):
            return _held(cast("dict[str, object]", value), whose)
        case Foreign():
            return _rebuilt(value, whose)
        case _:
            raise Odd(f"the {whose} body is {kind(value)}, not text or bytes")


def asked(value: object, fields: Headers) -> tuple[bytes, str | None]:
    """A request's body and what is to be said of it: aiohttp's are what the caller handed over, not what was sent.

    Raises:
        Odd: what was sent cannot be told from it.
    """
    content_type = _first(fields, b"content-type")
    match value:
        case dict() if not value or not _HOLDER.issuperset(cast("dict[object, object]", value)):
            values = cast("dict[object, object]", value)
            if content_type.startswith(_FORM):
                return urlencode(cast("Any", values)).encode(), None
            guess = "" if b"json" in content_type else "is values, not bytes: taken for JSON"
            return _json(values), guess or None
        case list():
            pairs: list[Any] = value
            if pairs and all(isinstance(pair, tuple) for pair in pairs):
                return urlencode(pairs).encode(), None
            return _json(pairs), None
        case _:
            plain = body(value, "request")
            return (_dechunked(plain) if b"chunked" in _first(fields, b"transfer-encoding") else plain), None


def _held(holder: dict[str, object], whose: str) -> bytes:
    encoded = holder.get("base64_string")
    if encoded is not None:
        try:
            return base64.b64decode("".join(text(encoded, "base64_string").split()), validate=True)
        except binascii.Error as error:
            raise Odd(f"the {whose} body is no base64: {error}") from None
    inner = holder.get("string")
    encoding = holder.get("encoding")
    if isinstance(inner, str) and isinstance(encoding, str) and encoding:
        try:
            return inner.encode(encoding)
        except (LookupError, UnicodeEncodeError):
            return utf8(inner)
    if isinstance(inner, dict):
        raise Odd(f"the {whose} body is {kind(inner)}, not text or bytes")
    return body(inner, whose)


def _rebuilt(value: Foreign, whose: str) -> bytes:
    """The bytes inside a file or an iterator that was written down as the object it was."""
    content: Any = value.content
    match value.tag.rpartition("."), content:
        case (_, _, "BytesIO" | "StringIO"), {"state": [state, *_]}:
            return body(state, whose)
        case (_, _, "iter" | "bytearray"), ({"args": [parts, *_]} | [parts, *_]):
            if isinstance(parts, list):
                return b"".join(body(part, whose) for part in cast("list[object]", parts))
            return parts.encode("latin-1") if isinstance(parts, str) else body(parts, whose)
        case _:
            raise Odd(f"the {whose} body is {kind(value)}, whose bytes are not in the file")


def _json(value: object) -> bytes:
    try:
        return json.dumps(value, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError):
        raise Odd("the request body is values from which nobody can tell the bytes that were sent") from None


def _dechunked(framed: bytes) -> bytes:
    """Some libraries wrote the frames of a chunked upload into the body; one without them is left as it is."""
    parts: list[bytes] = []
    at = 0
    while found := _CHUNK.match(framed, at):
        size = int(found[1], 16)
        at = found.end() + size
        if framed[at : at + 2] != b"\r\n":
            return framed
        parts.append(framed[found.end() : at])
        at += 2
        if not size:
            return b"".join(parts) if at == len(framed) else framed
    return framed


def _first(fields: Headers, name: bytes) -> bytes:
    return next((value.lower() for key, value in fields if key.lower() == name), b"")


def kind(value: object) -> str:
    """What *value* is, for an error."""
    if isinstance(value, Foreign):
        return f"an object (!!python/{value.tag})" if not value.tag.startswith("!") else f"an object ({value.tag})"
    return _KINDS.get(type(value), f"a {type(value).__name__}")
