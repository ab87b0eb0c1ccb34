"""What stands for a secret: ASCII that fits a header, an address and JSON, such as `REDACTED-token-3`."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Final

import msgspec

from wiretape.store.aitronos.claims import CLAIMS, FAR_FUTURE

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK: Final = b"REDACTED-"
SAME_LENGTH_FROM: Final = 16
"""From this length on, a placeholder in an answer has the length of what it stands for."""

KEYED: Final = b"REDACTED-value"
"""What a match key holds for a secret that stands in no secret place."""

_JWT = rb"eyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\."
_ANY = re.compile(rb"(?:" + _JWT + rb")?REDACTED-[a-z]+(?:-[0-9]+(?:-x*)?)?")
_NUMBERED = re.compile(rb"(?:" + _JWT + rb")?REDACTED-[a-z]+-[0-9]+(?:-x*)?")
# Whatever is taken for the end of one is taken for it again: what is keyed twice is the same as what is keyed once.
_NUMBER = re.compile(rb"[0-9x-]*")
_NOT_BASE64 = 1  # a base64 text of 4n + 1 characters is none


def holds_mark(text: bytes) -> bool:
    """Whether there may be a placeholder in *text*."""
    # `find` is much faster than `in`, and of one character much faster than of several.
    return text.find(b"R") >= 0 and text.find(MARK) >= 0


def is_placeholder(value: bytes) -> bool:
    """Whether *value* is one of ours, and nothing else."""
    return value.find(MARK) >= 0 and _ANY.fullmatch(value) is not None


def numbered(text: bytes, start: int = 0) -> Iterator[tuple[int, int]]:
    """Where in *text* placeholders stand."""
    for hit in _NUMBERED.finditer(text, start):
        yield hit.span()


def number_end(text: bytes, at: int) -> int:
    """Where in *text* ends what would pass for the number of a placeholder that ends at *at*."""
    found = _NUMBER.match(text, at)
    return found.end() if found else at


def placeholder(kind: str, number: int, secret: bytes, size: int | None = None) -> bytes:
    """What stands for *secret*.

    Args:
        kind: its class.
        number: tells the values of one session apart.
        secret: the value.
        size: how many bytes it takes in an answer, where lengths count and a JWT must be one; None in a request.
    """
    if size is not None and secret.startswith(b"eyJ"):
        token = _jwt(kind, number, secret, size)
        if token is not None:
            return token
    if size is not None and size >= SAME_LENGTH_FROM:
        return _padded(kind, number, size)
    return MARK + f"{kind}-{number}".encode()


def _padded(kind: str, number: int, size: int) -> bytes:
    """A placeholder of *size* bytes; the class is cut where there is no room for it."""
    digits = f"-{number}".encode()
    word = kind.encode()[: max(1, size - len(MARK) - len(digits))]
    bare = MARK + word + digits
    return bare if len(bare) >= size else (bare + b"-").ljust(size, b"x")


def _jwt(kind: str, number: int, secret: bytes, length: int) -> bytes | None:
    """A token like *secret* that a JWT parser reads and that never expires; None where *secret* is none."""
    head, _, rest = secret.partition(b".")
    body, _, signature = rest.partition(b".")
    claims = _claims(head, body)
    if claims is None or b"." in signature:
        return None
    kept = {name: value for name, value in claims.items() if _harmless(name, value)}
    if "exp" in claims:
        kept["exp"] = FAR_FUTURE
    payload = msgspec.json.encode(kept)
    # Blanks behind the JSON shift the length of the signature, which must be one that base64 can have.
    for blanks in range(4):
        middle = base64.urlsafe_b64encode(payload + b" " * blanks).rstrip(b"=")
        size = length - len(head) - len(middle) - 2
        sign = _padded(kind, number, max(size, len(MARK) + len(kind) + len(str(number)) + 1))
        if len(sign) % 4 == _NOT_BASE64 and len(sign) > size:
            sign = _padded(kind, number, len(sign) + 1)
        if len(sign) % 4 != _NOT_BASE64:
            return b".".join([head, middle, sign])
    return None


def _claims(head: bytes, body: bytes) -> dict[str, object] | None:
    try:
        parts = [msgspec.json.decode(base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))) for part in (head, body)]
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        return None
    return parts[1] if all(isinstance(part, dict) for part in parts) else None


def _harmless(name: str, value: object) -> bool:
    """Whether a claim may stay: it is one that clients read, and says nothing of a person."""
    texts: list[object] = value if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownVariableType]
    return name in CLAIMS and all(
        isinstance(text, int | float)
        or (isinstance(text, str) and "@" not in text and " " not in text.strip())
        or name.startswith("scope")
        for text in texts
    )
