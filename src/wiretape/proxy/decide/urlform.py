"""The spellings of a path, of a query and of an urlencoded form brought to one each."""

from __future__ import annotations

import re
from urllib.parse import quote_plus, unquote_to_bytes

type Pairs = tuple[tuple[str, str], ...]

_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
# An escape, a lone percent sign, or what no URI may hold as it is (reserved characters and their escapes do differ).
_ODD = re.compile(r"%(?:[0-9A-Fa-f]{2})?|[^A-Za-z0-9\-._~!$&'()*+,;=:@/?#\[\]]")


def canonical_path(path: str) -> str:
    """*path* with its percent-encoding normalised: unreserved characters bare, hex in upper case, the rest as it was.

    What may not stand in a URI (a space, a letter beyond ASCII, a percent sign without hex) counts as percent-encoded.
    Dot segments, doubled slashes and case mean what the server makes of them and stay.
    """
    return _ODD.sub(_respelled, path) or "/"


def _respelled(found: re.Match[str]) -> str:
    piece = found.group()
    if len(piece) == 3:  # noqa: PLR2004 - a whole escape
        char = chr(int(piece[1:], 16))
        return char if char in _UNRESERVED else piece.upper()
    return "".join(f"%{byte:02X}" for byte in piece.encode("utf-8", "surrogatepass"))


def pairs(text: bytes) -> list[tuple[str, str]]:
    """The sorted pairs of a query or form: `+` is a space, `a` is the same as `a=`, empty pieces are none.

    Bytes that are no UTF-8 come as surrogate escapes, so that different bytes stay different.
    """
    found: list[tuple[str, str]] = []
    for piece in text.split(b"&"):
        if piece:
            name, _, value = piece.partition(b"=")
            found.append((_plain(name), _plain(value)))
    found.sort()
    return found


def _plain(text: bytes) -> str:
    # `find` is much faster than `in`.
    if text.find(b"+") >= 0:
        text = text.replace(b"+", b" ")
    if text.find(b"%") >= 0:
        text = unquote_to_bytes(text)
    return text.decode("utf-8", "surrogateescape")


def canonical_form(body: bytes) -> bytes:
    """The urlencoded form *body* with its pairs sorted and each in one spelling; `pairs` reads it back."""
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs(body)).encode("ascii")


def _quoted(text: str) -> str:
    return quote_plus(text, errors="surrogateescape")
