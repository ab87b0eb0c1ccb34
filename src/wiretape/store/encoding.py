"""Content-encodings undone, for looking and matching only: what is stored and replayed stays as it crossed the wire."""

from __future__ import annotations

import importlib
import zlib

# A body that unpacks to more than this is not unpacked: a few kilobytes of gzip can hold gigabytes of nothing.
LIMIT_BYTES = 256 * 1024 * 1024
_GZIP = zlib.MAX_WBITS + 16


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
    if coding in (b"gzip", b"x-gzip"):
        return _inflate(body, _GZIP)
    if coding == b"deflate":
        try:
            return _inflate(body, zlib.MAX_WBITS)
        except Undecodable:
            # The name means zlib, but some servers send the raw stream.
            return _inflate(body, -zlib.MAX_WBITS)
    if coding in (b"br", b"zstd"):
        return _foreign(body, coding.decode())
    raise Undecodable(f"unknown content-encoding {coding.decode('latin-1')!r}")


def _inflate(body: bytes, wbits: int) -> bytes:
    out: list[bytes] = []
    room = LIMIT_BYTES
    while body:
        inflater = zlib.decompressobj(wbits)
        try:
            piece = inflater.decompress(body, room)
        except zlib.error as error:
            raise Undecodable(str(error)) from None
        out.append(piece)
        room -= len(piece)
        if inflater.unconsumed_tail or room <= 0:
            raise Undecodable(f"unpacks to more than {LIMIT_BYTES} bytes")
        # gzip may hold several members, one after the other; anything else behind the end is padding.
        body = inflater.unused_data if wbits == _GZIP and inflater.unused_data[:2] == b"\x1f\x8b" else b""
    return b"".join(out)


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
