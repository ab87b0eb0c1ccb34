r"""The words of a command line as a shell sees them, bytes and `$'…'` included; nothing is expanded, nothing is run."""

from __future__ import annotations

import re
from typing import Final

from wiretape.store.errors import UsageError

_BLANK: Final = b" \t"
_SIMPLE: Final = {
    b"a": b"\a", b"b": b"\b", b"e": b"\x1b", b"E": b"\x1b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t",
    b"v": b"\v", b"\\": b"\\", b"'": b"'", b'"': b'"', b"?": b"?",
}  # fmt: skip
_ESCAPE = re.compile(rb"\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|([\s\S]))")
_SINGLE = re.compile(rb"'([^']*)'")
_DOUBLE = re.compile(rb'"((?:[^"\\]|\\[\s\S])*)"')
_DOLLAR = re.compile(rb"\$'((?:[^'\\]|\\[\s\S])*)'")
_BARE = re.compile(rb"(?:[^\s'\"\\|;&<>$]|\$(?!'))+")
_WINDOWS = re.compile(rb"\^(?:\"|\s*\n)")
_IN_DOUBLE = re.compile(rb'\\([\\"$`]|\n)')
# A pipe, a list or a redirection of output: what follows is no word of this command.
_END: Final = b"|;>\n"


def words(text: bytes) -> list[bytes]:
    """The words of the first command in *text*.

    Quotes, backslashes and continued lines count as in bash. Variables and substitutions stay as they are written.

    Raises:
        UsageError: a quote is not closed, or something unquoted ends the command where nobody means it to.
    """
    text = text.replace(b"\r\n", b"\n").strip()
    found: list[bytes] = []
    word: bytes | None = None
    at = 0
    while at < len(text):
        piece, end = _piece(text, at)
        if piece is not None:
            word = (word or b"") + piece
        elif text[at : at + 1] in _BLANK or text.startswith(b"\\\n", at):
            found += [] if word is None else [word]
            word = None
        else:
            break
        at = end
    return found if word is None else [*found, word]


def _piece(text: bytes, at: int) -> tuple[bytes | None, int]:
    """The piece of a word that begins at *at*, None where none does, and where it ends."""
    char = text[at : at + 1]
    if char in _BLANK:
        return None, at + 1
    if char in _END:
        return None, at
    if char == b"\\":
        return (None, at + 2) if text.startswith(b"\\\n", at) else (text[at + 1 : at + 2], at + 2)
    for pattern, undo in ((_BARE, bytes), (_SINGLE, bytes), (_DOUBLE, _undouble), (_DOLLAR, _undollar)):
        found = pattern.match(text, at)
        if found:
            if pattern is _BARE and _WINDOWS.match(text, found.end() - 1):
                raise UsageError(
                    "this command line is written for Windows' cmd; take the browser's `Copy as cURL (bash)`"
                )
            return undo(found[found.lastindex or 0]), found.end()
    raise UsageError(f"line {text.count(b'\n', 0, at) + 1} of the command line: {_complaint(char)}")


def _complaint(char: bytes) -> str:
    match char:
        case b"&":
            return "an unquoted & ends a command; put the address in quotes"
        case b"<":
            return "an unquoted < reads from elsewhere; name a file with --data-binary @FILE"
        case _:
            return f"a quote {char.decode()} that is not closed"


def _undouble(text: bytes) -> bytes:
    return _IN_DOUBLE.sub(lambda found: b"" if found[1] == b"\n" else found[1], text)


def _undollar(text: bytes) -> bytes:
    return _ESCAPE.sub(_unescaped, text)


def _unescaped(found: re.Match[bytes]) -> bytes:
    hexadecimal, short, long, octal, other = found.groups()
    if hexadecimal:
        return bytes([int(hexadecimal, 16)])
    if short or long:
        try:
            return chr(int(short or long, 16)).encode("utf-8", "surrogatepass")
        except (ValueError, OverflowError):
            raise UsageError(f"{found[0].decode()} in the command line is no character") from None
    if octal:
        return bytes([int(octal, 8) & 0xFF])
    return _SIMPLE.get(other, found[0])
