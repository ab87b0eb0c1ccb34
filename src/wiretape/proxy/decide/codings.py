"""Content-encodings undone for matching: strictly, and only those that every installation knows."""

from __future__ import annotations

import zlib

from wiretape.store.encoding import LIMIT_BYTES


def undone(body: bytes, content_encoding: bytes) -> bytes | None:
    """*body* without its content-encodings, or None where it counts by its bytes as they are.

    Stricter than what is shown to people: a body that was cut, has several members or anything behind its end would
    unpack to the same as another one. Brotli and zstandard stay packed, since the packages that undo them come with
    the recorder and may be missing in replay, and a key must be the same in both.
    """
    for coding in reversed(content_encoding.lower().split(b",")):
        match coding.strip():
            case b"" | b"identity":
                continue
            case b"gzip" | b"x-gzip":
                plain = _inflated(body, 31)
            case b"deflate":
                # The name means zlib, but some clients send the raw stream.
                plain = _inflated(body, 15)
                plain = _inflated(body, -15) if plain is None else plain
            case _:
                return None
        if plain is None:
            return None
        body = plain
    return body


def _inflated(body: bytes, wbits: int) -> bytes | None:
    inflater = zlib.decompressobj(wbits)
    try:
        plain = inflater.decompress(body, LIMIT_BYTES)
    except zlib.error:
        return None
    return plain if inflater.eof and not inflater.unused_data else None
