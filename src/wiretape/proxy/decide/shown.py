"""Values as people read them: in one short line, cut around what differs, nothing invisible."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from wiretape.proxy.decide.jsonpath import Json

type Spot = tuple[str, str | None, str | None]
"""Where two requests differ, and what is there on the recorded and on the asked side; None for nothing."""

# Characters of a value that are shown, and how many of them stand before the first difference.
WIDTH = 80
BEFORE = 24

_PLAIN_NAME = re.compile(r"[^\W\d][\w-]*")
_PLAIN_WORD = re.compile(r"[\w.\-\[\]]+")
# The surrogates that stand for the bytes 80 to FF where they were no UTF-8.
_NO_UTF8 = 0xDC80, 0xDCFF
_ASTRAL = 0x10000
_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def member(path: str, name: str) -> str:
    """The JSON path of the member *name* below *path*."""
    if _PLAIN_NAME.fullmatch(name):
        return f"{path}.{name}"
    escaped = name.replace("\\", "\\\\").replace("'", "\\'")
    return f"{path}['{visible(escaped)}']"


def named(name: str) -> str:
    """A parameter's name, quoted where it is no plain word."""
    return name if _PLAIN_WORD.fullmatch(name) else quoted(name)


def visible(value: str) -> str:
    r"""*value* with everything that does not show (controls, odd spaces, bytes that are no UTF-8) as `\u` or `\x`."""
    if value.isprintable():
        return value
    return "".join(char if char.isprintable() else _escaped(char) for char in value)


def _escaped(char: str) -> str:
    code = ord(char)
    if _NO_UTF8[0] <= code <= _NO_UTF8[1]:
        return f"\\x{code & 0xFF:02x}"
    return _SHORT_ESCAPES.get(char) or (f"\\u{code:04x}" if code < _ASTRAL else f"\\U{code:08x}")


def quoted(value: str) -> str:
    """*value* whole, in double quotes."""
    return '"' + visible(value.replace("\\", "\\\\").replace('"', '\\"')) + '"'


def json_value(value: Json) -> str:
    """A JSON value in one short line."""
    return string(value) if isinstance(value, str) else text(msgspec.json.encode(value).decode())


def json_values(recorded: Json, asked: Json) -> tuple[str, str]:
    """Two JSON values in one short line each, strings both from a little before their first difference."""
    if isinstance(recorded, str) and isinstance(asked, str):
        return strings(recorded, asked)
    return json_value(recorded), json_value(asked)


def string(value: str, start: int = 0) -> str:
    """The string *value* in quotes, cut to a short line that begins at *start*."""
    return _marked(value, start, quoted(value[start : start + WIDTH]))


def text(value: str, start: int = 0) -> str:
    """*value* as it is, cut to a short line that begins at *start*."""
    return _marked(value, start, visible(value[start : start + WIDTH]))


def strings(recorded: str, asked: str) -> tuple[str, str]:
    """Two strings in quotes, both cut around their first difference."""
    start = _start(recorded, asked)
    return string(recorded, start), string(asked, start)


def texts(recorded: str, asked: str) -> tuple[str, str]:
    """Two texts as they are, both cut around their first difference."""
    start = _start(recorded, asked)
    return text(recorded, start), text(asked, start)


def _start(recorded: str, asked: str) -> int:
    if max(len(recorded), len(asked)) <= WIDTH:
        return 0
    start = first_difference(recorded, asked) - BEFORE
    return start if start > BEFORE else 0


def _marked(value: str, start: int, piece: str) -> str:
    # The marks stand outside the quotes, where they cannot be part of the value.
    return ("…" if start else "") + piece + ("…" if start + WIDTH < len(value) else "")


def first_difference[S: (str, bytes)](left: S, right: S) -> int:
    """The first position at which *left* and *right* differ; the shorter one's length where it begins the other."""
    low, high = 0, min(len(left), len(right))
    # Halving compares slices at the speed of memory, and no more than the whole in sum.
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
