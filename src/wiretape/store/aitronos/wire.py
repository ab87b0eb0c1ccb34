"""How the API's shapes are written down as structs, and the few doors through which bytes become them."""

from typing import Any, cast

import msgspec


class Wire(msgspec.Struct, kw_only=True, gc=False):
    """Root of every shape that crosses the wire.

    Unknown fields are skipped, so news from the API never costs an answer; `unknown.py` reports them. A field that may
    be absent is UNSET then, which is not null. Timestamps stay numbers or text, because one field may be either.
    """


def known(*values: str) -> msgspec.Meta:
    """Marks a string field with the values met so far; any other is taken as well, and reported."""
    return msgspec.Meta(extra={"known": frozenset(values)})


type Json = bool | int | float | str | list[Json] | dict[str, Json] | None


_HUGE = 2**63
_DECODERS: dict[Any, msgspec.json.Decoder[Any]] = {}


def decoder[T](type_: type[T]) -> msgspec.json.Decoder[T]:
    """The prebuilt decoder of *type_*, made on first use."""
    found = _DECODERS.get(type_)
    if found is None:
        found = _DECODERS[type_] = msgspec.json.Decoder(type_)
    return found


def tree(body: bytes) -> Json:
    """*body* as plain Python values.

    Lone surrogate escapes, which other JSON readers take and msgspec does not, become U+FFFD: text that no database
    could store helps nobody.

    Raises:
        msgspec.DecodeError: it is no JSON.
    """
    decode = decoder(object).decode
    try:
        found = decode(body)
    except msgspec.DecodeError as error:
        try:
            mended = without_lone_surrogates(body)
        except ValueError:
            raise error from None
        found = decode(mended)
    return cast("Json", found)


def without_lone_surrogates(body: bytes) -> bytes:
    """The same JSON in UTF-8, each lone surrogate escape replaced.

    Raises:
        ValueError: it is no JSON, or surrogates were not what is wrong with it.
    """
    # Rarely needed, and not free to import.
    import json

    loaded = json.loads(body)
    text = json.dumps(loaded, ensure_ascii=False, allow_nan=False)
    mended = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if mended == text:
        raise ValueError("no lone surrogate in it")
    return mended.encode()


def json_text(raw: bytes | msgspec.Raw | None) -> str | None:
    """The text of raw JSON; of a JSON string, the string itself (arguments come in both forms)."""
    if raw is None:
        return None
    data = bytes(raw)
    if data == b"null":
        return None
    if data.startswith(b'"'):
        return msgspec.json.decode(data, type=str)
    return data.decode("utf-8", "replace")


def whole(value: object) -> int | None:
    """A number as an integer that a database can hold; None for all else."""
    if isinstance(value, int | float) and not isinstance(value, bool) and -_HUGE < value < _HUGE:
        return int(value)
    return None


def id_text(value: object) -> str | None:
    """An id as text, however it was sent; None for null and for what is no id."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None
