"""Where in a JSON text an offset is, as a path such as `$.items[0].token`."""

from __future__ import annotations

import re
from typing import Final

from wiretape.proxy.scan.finding import HIDDEN

_TOKEN: Final = re.compile(
    rb'"(?P<text>(?:[^"\\]++|\\.)*+)(?:"(?P<colon>\s*+:)?|\\?\Z)|(?P<other>[{}\[\],]|[^\s{}\[\],:"]++)', re.DOTALL
)
_PLAIN: Final = re.compile(r"[A-Za-z_$@][A-Za-z0-9_$@.-]{0,63}")
_DEEPEST: Final = 500


def json_path(text: bytes, offset: int) -> str:
    """The path of what stands at *offset*; of several values in a row the number comes first."""
    way = _Way()
    for token in _TOKEN.finditer(text):
        if token["colon"] is not None:
            way.name(token["text"])
            if token.end() > offset:
                return f"{way} (name)"
        elif token.end() > offset:
            break
        else:
            way.past(token["other"])
    return str(way)


class _Way:
    """The way from the top to where a reader is."""

    def __init__(self) -> None:
        self._levels: list[str | int] = []
        self._before = 0

    def name(self, written: bytes) -> None:
        if self._levels:
            self._levels[-1] = written.decode("utf-8", "replace")

    def past(self, what: bytes | None) -> None:
        """*what* has been read: a bracket, a comma, or a value."""
        levels = self._levels
        if what in (b"{", b"["):
            if len(levels) < _DEEPEST:
                levels.append("" if what == b"{" else 0)
        elif what == b",":
            if levels and isinstance(levels[-1], int):
                levels[-1] += 1
        else:
            if what in (b"}", b"]") and levels:
                levels.pop()
            self._before += not levels

    def __str__(self) -> str:
        parts = [f"[{one}]" if isinstance(one, int) else named(one) for one in self._levels]
        return (f"value {self._before + 1} " if self._before else "") + "$" + "".join(parts)


def named(name: str) -> str:
    """A name, where it is one that a person would give; another may be a secret itself."""
    return f".{name}" if _PLAIN.fullmatch(name) else f"[{HIDDEN}]"
