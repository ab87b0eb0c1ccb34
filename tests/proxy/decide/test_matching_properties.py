"""Equal values have equal keys, different values have different ones: tried with values that nobody thought of."""

from __future__ import annotations

import string
from decimal import Decimal
from typing import TYPE_CHECKING

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.matching import match_key
from wiretape.store.interaction import Request

if TYPE_CHECKING:
    from random import Random

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None

QUICK = settings(derandomize=True, database=None, deadline=None, max_examples=400)

# Without letters no text is the name of a secret, below which values make no difference.
WILD = st.text(st.characters(codec="utf-8", exclude_characters=string.ascii_letters), max_size=8)
TEXT = st.one_of(WILD, st.sampled_from(["a", "b", ":", "\\u003a", "\\", '"', "ü", "😀", "\x00"]))
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.integers(-3, 3),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXT,
)
VALUES: st.SearchStrategy[Json] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT, inner, max_size=4)),
    max_leaves=12,
)


def key(body: str) -> str:
    """The key of a request with this JSON body."""
    headers = ((b"content-type", b"application/json"),)
    asked = Request(method="POST", scheme="https", host="h", port=443, target="/", headers=headers, body=body.encode())
    return match_key(canonical(asked, "api"))


def spelled(value: Json, random: Random) -> str:
    """*value* as JSON, in some spelling of the many that it has."""

    def gap() -> str:
        return random.choice(["", "", " ", "\n", "\t\r\n  "])

    def one(item: Json) -> str:
        return gap() + spelled(item, random) + gap()

    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return spelled_text(value, random)
        case int() | float():
            return spelled_number(Decimal(repr(value)), random)
        case list():
            return "[" + ",".join(map(one, value)) + "]"
        case dict():
            names = list(value)
            random.shuffle(names)
            return "{" + ",".join(f"{one(name)}:{one(value[name])}" for name in names) + "}"


def spelled_text(text: str, random: Random) -> str:
    """A JSON string, each character raw or escaped."""

    def one(char: str) -> str:
        units = char.encode("utf-16-be")
        escaped = "".join(f"\\u{units[n : n + 2].hex()}" for n in range(0, len(units), 2))
        ways = [escaped, escaped.upper().replace("\\U", "\\u")]
        if char in '"\\/':
            ways.append("\\" + char)
        if char >= " " and char not in '"\\':
            ways += [char, char]
        return random.choice(ways)

    return '"' + "".join(map(one, text)) + '"'


def spelled_number(value: Decimal, random: Random) -> str:
    """A JSON number, shifted, padded and signed in some way."""
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits)) + "0" * (zeros := random.randint(0, 3))
    exponent -= zeros
    if exponent == 0 and random.random() < 0.5:
        return "-" * sign + (text.lstrip("0") or "0")
    point = random.randint(0, len(text) - 1)
    if point:
        exponent += point
        text = f"{text[:-point].lstrip('0') or '0'}.{text[-point:]}"
    else:
        text = text.lstrip("0") or "0"
    power = random.choice([f"e{exponent}", f"E{exponent:+}", f"e{exponent:+04d}"])
    return "-" * sign + text + power


def same(value: Json) -> object:
    """What makes two JSON values the same, in Python's own equality."""
    match value:
        case None | bool() | str():
            return type(value), value
        case int() | float():
            return Decimal(repr(value))
        case list():
            return list, [same(item) for item in value]
        case dict():
            return dict, {name: same(item) for name, item in value.items()}


@given(VALUES, st.randoms(use_true_random=False))
@QUICK
def test_a_value_has_one_key_in_all_its_spellings(value: Json, random: Random) -> None:
    """White space, escapes, the order of keys and the spelling of numbers do not count."""
    assert key(spelled(value, random)) == key(spelled(value, random))


@given(VALUES, VALUES, st.randoms(use_true_random=False))
@QUICK
def test_keys_are_equal_only_where_values_are(one: Json, other: Json, random: Random) -> None:
    """Two values that were drawn apart."""
    assert (key(spelled(one, random)) == key(spelled(other, random))) == (same(one) == same(other))


@given(VALUES, st.randoms(use_true_random=False))
@QUICK
def test_a_nudge_changes_the_key(value: Json, random: Random) -> None:
    """Two values that differ in one place."""
    other = nudged(value, random)
    assume(same(other) != same(value))
    assert key(spelled(value, random)) != key(spelled(other, random))


def nudged(value: Json, random: Random) -> Json:
    """*value* with one small change somewhere."""
    if isinstance(value, list) and value and random.random() < 0.7:
        at = random.randrange(len(value))
        return [*value[:at], nudged(value[at], random), *value[at + 1 :]]
    if isinstance(value, dict) and value and random.random() < 0.7:
        name = random.choice(list(value))
        return value | {name: nudged(value[name], random)}
    return random.choice(changes(value))


def changes(value: Json) -> list[Json]:
    """Values that are almost *value*."""
    near: list[Json]
    match value:
        case None:
            near = [False, 0, "", "null", [], {}]
        case bool():
            near = [not value, int(value), str(value).lower(), None]
        case int():
            near = [str(value), value + 1 if value < 2**64 - 1 else 0, [value]]
        case float():
            near = [str(value), value * 0.5, -value]
        case str():
            near = [value + " ", value.swapcase(), value[1:], [value], value + "\u0301"]
        case list():
            near = [value[::-1], [*value, None], value[1:], {}, [value]]
        case dict():
            near = [value | {"new": None}, dict(list(value.items())[1:]), [], [value]]
    return near
