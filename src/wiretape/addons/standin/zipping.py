"""Answers in gzip, whole bodies and streams, for requests that accept it and ask for it."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wiretape.addons.standin.answer import Answer
    from wiretape.addons.standin.received import Received

_WITH_GZIP_HEADER = 31


def compress(answer: Answer, request: Received) -> None:
    """Compress an answer in place, if the request accepts that and there is something to compress."""
    if "gzip" not in request.header("accept-encoding").lower() or answer.content == b"":
        return
    answer.headers += [("Content-Encoding", "gzip"), ("vary", "Accept-Encoding")]
    answer.length = None
    if isinstance(answer.content, bytes):
        # Without a time in its header the same text gives the same bytes.
        answer.content = gzip.compress(answer.content, mtime=0)
    else:
        answer.content = _stream(answer.content)


def _stream(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Each piece flushed by itself, so that a reader sees an event when it is sent and not when the stream ends."""
    squeeze = zlib.compressobj(wbits=_WITH_GZIP_HEADER)
    for piece in pieces:
        yield squeeze.compress(piece) + squeeze.flush(zlib.Z_SYNC_FLUSH)
    yield squeeze.flush()
