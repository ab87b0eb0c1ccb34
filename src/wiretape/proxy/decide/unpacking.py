"""A compressed answer undone chunk by chunk, so that what came in one chunk stays together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wiretape.store.encoding import ZLIB, Undecodable, decoded, inflated

if TYPE_CHECKING:
    from collections.abc import Sequence


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
    try:
        if coding in ZLIB:
            return inflated(chunks, coding, limit)
        body = decoded(b"".join(chunks), coding)
    except Undecodable:
        return None
    return [b""] * (len(chunks) - 1) + [body] if chunks and len(body) <= limit else None
