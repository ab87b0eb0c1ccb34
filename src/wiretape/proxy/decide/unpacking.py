"""A compressed answer undone chunk by chunk, so that what came in one chunk stays together."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from wiretape.store.encoding import Undecodable, decoded

if TYPE_CHECKING:
    from collections.abc import Sequence

_GZIP, _ZLIB, _RAW = 31, 15, -15
_GZIP_MAGIC = b"\x1f\x8b"


def unpacked(chunks: Sequence[bytes], content_encoding: bytes | None, limit: int) -> list[bytes] | None:
    """What each of *chunks* unpacks to; None where they cannot be unpacked, or hold more than *limit* bytes.

    Brotli, zstandard and several codings one upon the other are undone as a whole: then all of it is in the last chunk.

    Args:
        chunks: the body as it came; it may have broken off.
        content_encoding: the header's value.
        limit: bytes.
    """
    coding = (content_encoding or b"").strip().lower()
    if coding in (b"", b"identity"):
        return list(chunks)
    if coding in (b"gzip", b"x-gzip"):
        return _inflated(chunks, _GZIP, limit)
    if coding == b"deflate":
        # The name means zlib, but some servers send the raw stream.
        found = _inflated(chunks, _ZLIB, limit)
        return _inflated(chunks, _RAW, limit) if found is None else found
    try:
        body = decoded(b"".join(chunks), coding)
    except Undecodable:
        return None
    return [b""] * (len(chunks) - 1) + [body] if chunks and len(body) <= limit else None


def _inflated(chunks: Sequence[bytes], wbits: int, limit: int) -> list[bytes] | None:
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
            except zlib.error:
                return None
            room -= len(parts[-1])
            if room < 0:
                return None
            data = inflater.unused_data
        found.append(b"".join(parts))
    return found
