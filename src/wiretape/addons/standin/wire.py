"""The bytes of an HTTP/1.1 answer, written by hand so that every one of them is under control."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LAST_CHUNK = b"0\r\n\r\n"
"""What ends a chunked body, and what is missing when one is cut."""

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
"""The interim answer to `Expect: 100-continue`."""

_FIRST_OF_MANY = 0xC0


def head(status: int, headers: Iterable[tuple[str, str]]) -> bytes:
    """Status line and headers, the empty line included."""
    try:
        reason = HTTPStatus(status).phrase
    except ValueError:
        reason = "Unknown"
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"HTTP/1.1 {status} {reason}\r\n{lines}\r\n".encode("latin-1")


def chunk(data: bytes) -> bytes:
    """One frame of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def torn_chunk(data: bytes) -> bytes:
    """A frame that promises all of its data and ends half-way."""
    return b"%x\r\n%b" % (len(data), data[: len(data) // 2])


def pieces(data: bytes, plan: str) -> Iterator[bytes]:
    """Data cut as the word `chunks` says: `N` bytes each, `split` inside its first multi-byte character, else whole."""
    if plan.isdigit() and int(plan):
        size = int(plan)
        yield from (data[at : at + size] for at in range(0, len(data), size))
        return
    lead = next((at for at, byte in enumerate(data) if byte >= _FIRST_OF_MANY), None) if plan == "split" else None
    if lead is None:
        yield data
    else:
        yield data[: lead + 1]
        yield data[lead + 1 :]
