"""Downloads: binary content of any size, made as it is sent, whole or in ranges."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wiretape.addons.standin.answer import Answer
from wiretape.addons.standin.failures import failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wiretape.addons.standin.call import Call

_PAGE = 4096
_PAGES_AT_ONCE = 16
_USUAL = 5120
_BIG = 64 * 1024 * 1024
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_SMALL = 256 * 1024


def page(n: int) -> bytes:
    """The 4096 bytes that answer `n` repeats: a stamp of 16, then every byte value, beginning elsewhere each time."""
    values = bytes((value + n) % 256 for value in range(256))
    return (b"answer %08d\n" % n + values * 16)[:_PAGE]


def content(n: int, start: int, stop: int) -> Iterator[bytes]:
    """The bytes from `start` to `stop` of answer `n`'s content, in pieces of at most 64 KiB."""
    block = page(n) * _PAGES_AT_ONCE
    at = start
    while at < stop:
        offset = at % len(block)
        piece = block[offset : offset + stop - at]
        yield piece
        at += len(piece)


def _size(call: Call, name: str) -> int:
    asked = call.query.get("bytes", "")
    if asked.isdigit():
        return int(asked)
    return _BIG if name == "big" else _USUAL


def _range(header: str, size: int) -> tuple[int, int] | None:
    """The one range that a header asks for, as start and stop; the whole where it asks for none or for several."""
    found = _RANGE.fullmatch(header.strip())
    if not found or found.groups() == ("", ""):
        return 0, size
    first, last = found.groups()
    if not first:
        wanted = int(last)
        return (max(0, size - wanted), size) if wanted else None
    start, stop = int(first), min(int(last) + 1 if last else size, size)
    return (start, stop) if start < stop else None


def _download(call: Call, name: str) -> Answer:
    size = _size(call, name)
    asked = call.request.header("range")
    found = _range(asked, size)
    if found is None:
        refused = failure(call, 416)
        refused.headers.append(("Content-Range", f"bytes */{size}"))
        return refused
    start, stop = found
    partial = (start, stop) != (0, size)
    headers = [
        ("Content-Type", "application/octet-stream"),
        ("Cache-Control", "private, max-age=3600"),
        ("accept-ranges", "bytes"),
        ("ETag", f'"{call.n:08d}"'),
        ("Content-Disposition", f'attachment; filename="{name}"'),
    ]
    if partial:
        headers.append(("Content-Range", f"bytes {start}-{stop - 1}/{size}"))
    length = stop - start
    pieces = content(call.n, start, stop)
    return Answer(206 if partial else 200, headers, b"".join(pieces) if length <= _SMALL else pieces, length)


def download(call: Call) -> Answer:
    """A file's bytes, for whoever holds a token; `?bytes=N` sets the size, and the file `big` is big without it."""
    if not call.query.get("token") and call.params["file"] != "big":
        return failure(call, 403, code="ACCESS_DENIED", message="A token is required.")
    return _download(call, call.params["file"])


def shared(call: Call) -> Answer:
    """A file's bytes under an address whose path is the secret."""
    return _download(call, call.params["name"])
