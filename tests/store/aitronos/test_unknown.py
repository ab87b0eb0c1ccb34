"""Fields and values that are news are named by their path; bodies that break their shape lose only the broken place."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import pytest
from msgspec import UNSET, Raw, UnsetType

from wiretape.store.aitronos.mending import mended
from wiretape.store.aitronos.unknown import CAP, unknown_fields
from wiretape.store.aitronos.wire import Wire, id_text, json_text, known, tree, whole


class Leaf(Wire, rename="camel"):
    """A struct with a list of known words."""

    word: Annotated[str, known("a", "b")] | UnsetType | None = UNSET
    long_name: int | UnsetType = UNSET


class Root(Wire):
    """A struct with all ways in which another can be inside."""

    leaf: Leaf | UnsetType = UNSET
    leaves: list[Leaf] | str | UnsetType = UNSET
    by_name: dict[str, Leaf] | UnsetType = UNSET
    free: dict[str, Any] | UnsetType = UNSET
    raw: Raw | UnsetType = UNSET
    again: Root | UnsetType = UNSET
    need: int = 0


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{}", []),
        (b'{"leaf":{"word":"a","longName":1}}', []),
        (b'{"leaf":{"word":"c"}}', ['$.leaf.word = "c"']),
        (b'{"leaf":{"word":null,"long_name":1}}', ["$.leaf.long_name"]),
        (b'{"leaves":[{"x":1},{"x":2,"y":3}]}', ["$.leaves[*].x", "$.leaves[*].y"]),
        (b'{"leaves":"text"}', []),
        (b'{"by_name":{"k":{"x":1}}}', ["$.by_name.k.x"]),
        (b'{"free":{"any":{"thing":1}},"raw":{"x":1}}', []),
        (b'{"again":{"again":{"x":1}}}', ["$.again.again.x"]),
        (b'{"z":1,"leaf":{"z":1}}', ["$.z", "$.leaf.z"]),
    ],
)
def test_what_no_struct_knows_is_named(body: bytes, expected: list[str]) -> None:
    """Places in lists are one place; what is free is left alone."""
    assert unknown_fields(tree(body), Root) == expected


def test_the_report_is_capped() -> None:
    """In number and in length."""
    body = {f"k{n}": n for n in range(1000)}
    assert len(unknown_fields(dict(body), Root)) == CAP
    (shown,) = unknown_fields({"leaf": {"word": "x" * 10_000}}, Root)
    assert len(shown) < 100


@pytest.mark.parametrize(
    ("body", "expected", "complaints"),
    [
        (b'{"need":1}', Root(need=1), 0),
        (b'{"need":"x","leaf":{"longName":1}}', Root(leaf=Leaf(long_name=1)), 1),
        (b'{"leaves":[{"longName":1},7,{"longName":"x"}]}', Root(leaves=[Leaf(long_name=1), Leaf()]), 2),
        (b'{"by_name":{"a":7},"need":3}', Root(need=3), 1),
        (b"[]", None, 1),
    ],
)
def test_a_broken_place_is_left_out(body: bytes, expected: Root | None, complaints: int) -> None:
    """As small a place as the decoder can name."""
    made, told = mended(body, Root)
    assert (made, len(told)) == (expected, complaints)


def test_more_broken_places_than_anybody_sends_end_in_nothing() -> None:
    """Mending has an end."""
    body = msgspec.json.encode({"leaves": [{"longName": "x"}] * 100})
    assert mended(body, Root)[0] is None


def test_a_lone_surrogate_becomes_a_replacement_character() -> None:
    """Other readers of JSON accept it; what else is wrong stays wrong."""
    assert tree(rb'{"a":"\ud83d x \ud83d\ude00"}') == {"a": "\ufffd x 😀"}
    with pytest.raises(msgspec.DecodeError):
        tree(b'{"a":')
    with pytest.raises(msgspec.DecodeError):
        tree(b'{"a":NaN}')


def test_json_text_keeps_what_was_sent() -> None:
    """Spaces and the form of numbers included."""
    assert json_text(b'{"a": 1.0}') == '{"a": 1.0}'
    assert json_text(rb'"{\"a\":1}"') == '{"a":1}'
    assert json_text(b"null") is None
    assert json_text(None) is None


@pytest.mark.parametrize(
    ("value", "expected"), [("x", "x"), (7, "7"), (True, None), (None, None), (1.5, None), ([], None)]
)
def test_ids_are_text_however_they_were_sent(value: object, expected: str | None) -> None:
    """An integer is an id, a boolean is none."""
    assert id_text(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(7, 7), (7.9, 7), (True, None), (2**63, None), (-(2**63), None), ("7", None)]
)
def test_numbers_fit_a_database(value: object, expected: int | None) -> None:
    """64 bits, and no booleans."""
    assert whole(value) == expected
