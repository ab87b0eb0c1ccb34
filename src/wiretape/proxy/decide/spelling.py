r"""A value found in bytes in every spelling that writers give it, and others put in its place.

JSON writers escape what they like: `é` may stand as it is or as `\u00e9`, `/` as `\/`, `+` as `\u002B`. In addresses
any of them may stand percent-encoded.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

# No JSON writer escapes these.
_BARE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_. ")
_SHORT = {"\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", '"': '"', "\\": "\\", "/": "/"}
_SPACE = " "
_NUMBER = re.compile(r"[1-9][0-9]*")
# A number that is part of a longer one is another number.
_ALONE = rb"(?<![0-9])(?<![0-9]\.)(?:%b)(?![0-9])(?!\.[0-9])"


class _Group(NamedTuple):
    """One group of a pattern.

    Attributes:
        pattern: what finds a value.
        value: what takes its place.
        percent: percent-encoded.
    """

    pattern: bytes
    value: str
    percent: bool


class Exchange:
    """Values that take the place of others."""

    def __init__(self, values: Mapping[str, str], *, escaped: bool) -> None:
        """Have each key of *values*, of which there is at least one, give way to its value.

        Args:
            values: none of the keys is empty.
            escaped: the bytes are JSON, or lines with JSON in them.
        """
        self._escaped = escaped
        self._groups: list[_Group] = []
        # Of values that begin alike the longest is meant.
        for old in sorted(values, key=len, reverse=True):
            plain = _plain(old, escaped=escaped)
            self._groups.append(_Group(plain, values[old], percent=False))
            encoded = b"".join(map(_percent, old))
            if encoded != b"".join(map(_raw, old)):
                self._groups.append(_Group(encoded, values[old], percent=True))
        self._pattern = re.compile(b"|".join(b"(%b)" % group.pattern for group in self._groups))

    def found(self, data: bytes) -> list[tuple[int, int, bytes]]:
        """Where a value stands in *data*, from where to where, and what takes its place; in order."""
        return [(match.start(), match.end(), self._other(match)) for match in self._pattern.finditer(data)]

    def exchanged(self, data: bytes) -> bytes:
        """*data* with the values exchanged."""
        return self._pattern.sub(self._other, data)

    def _other(self, match: re.Match[bytes]) -> bytes:
        group = self._groups[(match.lastindex or 1) - 1]
        if group.percent:
            return quote(group.value, safe="/" if b"/" in match[0] else "").encode()
        return json.dumps(group.value)[1:-1].encode() if self._escaped else group.value.encode("utf-8", "replace")


def exchangeable(old: str, new: str) -> bool:
    """Whether *new* can take the place of *old* wherever that may stand: not what is no number for one."""
    return not _NUMBER.fullmatch(old) or _NUMBER.fullmatch(new) is not None


def _plain(text: str, *, escaped: bool) -> bytes:
    """What finds *text* where it does not stand in an address."""
    pattern = b"".join(map(_written if escaped else _raw, text))
    return _ALONE % pattern if _NUMBER.fullmatch(text) else pattern


def _raw(char: str) -> bytes:
    return re.escape(char.encode())


def _written(char: str) -> bytes:
    """What finds *char* in a JSON string."""
    raw = _raw(char)
    if char in _BARE:
        return raw
    spellings = [b"(?i:%b)" % re.escape(_escape(char).encode())]
    if char in _SHORT:
        spellings.append(re.escape(f"\\{_SHORT[char]}".encode()))
    if char not in '"\\' and char >= _SPACE:
        spellings.append(raw)
    return b"(?:%b)" % b"|".join(spellings)


def _escape(char: str) -> str:
    units = char.encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def _percent(char: str) -> bytes:
    """What finds *char* in an address."""
    encoded = quote(char, safe="").encode()
    return _raw(char) if encoded == char.encode() else b"(?:(?i:%b)|%b)" % (encoded, _raw(char))
