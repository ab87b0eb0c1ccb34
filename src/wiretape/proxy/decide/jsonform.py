"""JSON by value: one spelling for all spellings of the same value, or none where the value cannot be held exactly."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from wiretape.proxy.decide.jsonpath import remove

if TYPE_CHECKING:
    from wiretape.proxy.decide.jsonpath import Json, Path

# The decoders of Python 3.12 and 3.13 give up at different depths, and a key must not depend on which one made it.
MAX_DEPTH = 256

_INT64_MIN = -(2**63)
_UINT64_MAX = 2**64 - 1


class _InexactError(ValueError):
    """A number that no double and no 64-bit integer holds as written."""


def _number(text: str) -> float | int:
    """The value of a JSON number with a fraction or an exponent; integral ones as integers, so that 1.0 is 1."""
    value = float(text)
    if value % 1 and repr(value) == text:
        return value
    exact = Decimal(text)
    if not exact:
        return 0
    if _INT64_MIN <= exact <= _UINT64_MAX and exact == exact.to_integral_value():
        return int(exact)
    # The shortest spelling of the double stands for the value: where it is another decimal, two values would share it.
    if Decimal(repr(value)) != exact:
        raise _InexactError(text)
    return value


_decode = msgspec.json.Decoder(float_hook=_number).decode
_encode = msgspec.json.Encoder(order="deterministic").encode
_pack = msgspec.msgpack.Encoder().encode


def canonical_json(body: bytes, ignored: tuple[Path, ...] = ()) -> bytes | None:
    """The one spelling of the JSON text *body*: keys sorted by code point, numbers by value, no spaces.

    Args:
        body: the bytes that may be JSON.
        ignored: what to leave out.

    Returns:
        The canonical bytes, or None where the body is no JSON or its value cannot be held exactly: lone surrogates,
        integers beyond 64 bits, decimals that no double spells alike, duplicate keys, nesting beyond `MAX_DEPTH`.
    """
    try:
        value: Json = _decode(body)
        # MessagePack has no integers beyond 64 bits, so packing is the cheapest way to ask for them.
        _pack(value)
        encoded = _encode(value)
    except (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError):
        return None
    if _members_lost(body, encoded) or _too_deep(body, value):
        return None
    if not ignored:
        return encoded
    remove(value, ignored)
    return _encode(value)


def _members_lost(body: bytes, encoded: bytes) -> bool:
    """Whether decoding dropped a duplicate key.

    Each member brings one colon, and every other colon stands in a string, where the encoder never escapes it. So the
    colons of the body, those escaped in its strings among them, are all there in the encoding unless a member is not.
    """
    # `find` is much faster than `in`.
    escaped = _escaped_colons(body) if body.find(b"\\") >= 0 else 0
    return body.count(b":") + escaped != encoded.count(b":")


def _escaped_colons(body: bytes) -> int:
    if body.find(b"\\u003") < 0:
        return 0
    # Without escaped backslashes, every backslash left begins an escape.
    rest = body.replace(b"\\\\", b"")
    return rest.count(b"\\u003a") + rest.count(b"\\u003A")


def _too_deep(body: bytes, value: Json) -> bool:
    # Few brackets cannot nest deep, and counting them is cheap.
    if len(body) <= 2 * MAX_DEPTH or body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return False
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True
