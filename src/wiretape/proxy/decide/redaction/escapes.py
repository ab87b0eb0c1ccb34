"""Escaped text as it is meant, with the way back to where each of its bytes is written."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

_JSON: Final = re.compile(
    rb"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))", re.DOTALL
)
_PERCENT: Final = re.compile(rb"%([0-9a-fA-F]{2})")
_SHORT: Final = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"f": b"\f"}


class Meant:
    """What an escaped text means.

    Attributes:
        text: the bytes that are meant.
    """

    def __init__(self, written: bytes, escape: re.Pattern[bytes], meaning: Callable[[re.Match[bytes]], bytes]) -> None:
        parts: list[bytes] = []
        self._meant: list[int] = [0]
        self._written: list[int] = [0]
        at = size = 0
        for hit in escape.finditer(written):
            plain, char = written[at : hit.start()], meaning(hit)
            parts += (plain, char)
            size += len(plain)
            # Inside of an escape nothing begins or ends.
            self._meant += (size, size + len(char))
            self._written += (hit.start(), hit.end())
            size += len(char)
            at = hit.end()
        parts.append(written[at:])
        self.text = b"".join(parts)

    def at(self, offset: int) -> int:
        """Where in the escaped text the byte at *offset* of what is meant is written, or ends what is before it."""
        step = bisect_right(self._meant, offset) - 1
        return self._written[step] + offset - self._meant[step]


def from_json(written: bytes) -> Meant:
    """What the inside of a JSON string means; lone surrogates as three bytes each."""
    return Meant(written, _JSON, _json_char)


def from_percent(written: bytes, keep: AbstractSet[int] = frozenset()) -> Meant:
    """What a percent-encoded text means; `+` stays, and so do the bytes to *keep* encoded."""
    return Meant(written, _PERCENT, lambda hit: hit[0] if (byte := int(hit[1], 16)) in keep else bytes([byte]))


def _json_char(hit: re.Match[bytes]) -> bytes:
    high, low, single, short = hit.groups()
    if high is not None:
        return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00).encode()
    if single is not None:
        return chr(int(single, 16)).encode("utf-8", "surrogatepass")
    return _SHORT.get(short, short)
