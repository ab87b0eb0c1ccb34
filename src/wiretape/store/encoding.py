"""Content-encodings undone, for looking and matching only: what is stored and replayed stays as it crossed the wire."""

from __future__ import annotations

import importlib
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# A body that unpacks to more than this is not unpacked: a few kilobytes of gzip can hold gigabytes of nothing.
LIMIT_BYTES = 256 * 1024 * 1024
ZLIB = (b"gzip", b"x-gzip", b"deflate")
"""The codings that every installation can undo."""

_GZIP = zlib.MAX_WBITS + 16
_GZIP_MAGIC = b"\x1f\x8b"


class Undecodable(ValueError):
    """The body is not what its Content-Encoding says, or the coding is not known here."""


def decoded(body: bytes, content_encoding: bytes | None) -> bytes:
    """*body* without its content-encodings; a body that was cut yields what its whole part holds.

    Args:
        body: the bytes as on the wire.
        content_encoding: the header's value, or None.

    Raises:
        Undecodable: the bytes do not fit the coding, or the coding is unknown (brotli and zstandard need
            their packages).
    """
    codings = [c.strip().lower() for c in (content_encoding or b"").split(b",")]
    for coding in reversed([c for c in codings if c and c != b"identity"]):
        body = _undo(body, coding)
    return body


def _undo(body: bytes, coding: bytes) -> bytes:
    if not body:
        return body
    if coding in ZLIB:
        return b"".join(inflated([body], coding, LIMIT_BYTES))
    if coding in (b"br", b"zstd"):
        return _foreign(body, coding.decode())
    raise Undecodable(f"unknown content-encoding {coding.decode('latin-1')!r}")


def inflated(chunks: Sequence[bytes], coding: bytes, limit: int) -> list[bytes]:
    """What each of *chunks* unpacks to, together one body that was packed by zlib.

    Args:
        chunks: the body as it came; it may have broken off.
        coding: `gzip`, `x-gzip` or `deflate`.
        limit: bytes.

    Raises:
        Undecodable: the bytes do not fit the coding, or unpack to more than *limit*.
    """
    if coding != b"deflate":
        return _inflated(chunks, _GZIP, limit)
    try:
        return _inflated(chunks, zlib.MAX_WBITS, limit)
    except Undecodable:
        # The name means zlib, but some servers send the raw stream.
        return _inflated(chunks, -zlib.MAX_WBITS, limit)


def _inflated(chunks: Sequence[bytes], wbits: int, limit: int) -> list[bytes]:
    inflater = zlib.decompressobj(wbits)
    found: list[bytes] = []
    room = limit
    for chunk in chunks:
        data, parts = chunk, list[bytes]()
        while data:
            if inflater.eof:
                # gzip may hold several members, one after the other; anything else behind the end is padding.
                if wbits != _GZIP or not data.startswith(_GZIP_MAGIC):
                    break
                inflater = zlib.decompressobj(wbits)
            try:
                parts.append(inflater.decompress(data, room + 1))
            except zlib.error as error:
                raise Undecodable(str(error)) from None
            room -= len(parts[-1])
            if room < 0:
                raise Undecodable(f"unpacks to more than {limit} bytes")
            data = inflater.unused_data
        found.append(b"".join(parts))
    return found


def _foreign(body: bytes, coding: str) -> bytes:
    try:
        if coding == "br":
            unpacked: bytes = importlib.import_module("brotli").decompress(body)
        else:
            reader = importlib.import_module("zstandard").ZstdDecompressor().decompressobj()
            unpacked = reader.decompress(body)
    except ImportError:
        raise Undecodable(f"content-encoding {coding!r} needs a package that is not installed") from None
    except Exception as error:  # noqa: BLE001 - two libraries, each with errors of its own
        raise Undecodable(str(error)) from None
    return unpacked
