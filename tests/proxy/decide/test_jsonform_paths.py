"""The dialect of ignored JSON paths."""

from __future__ import annotations

import msgspec
import pytest

from wiretape.proxy.decide.jsonpath import Json, compile_path, remove
from wiretape.proxy.decide.rules import Rules

DOCUMENT = b"""{
    "a": {"b": 1, "id": 2, "odd key": 3, "it's": 4, "back\\\\slash": 5},
    "list": [{"id": 1, "x": [10, 20, 30]}, {"id": 2}, 3, [{"id": 4}]],
    "id": 0
}"""


def without(*paths: str) -> object:
    """The document after the removal of *paths*."""
    value = msgspec.json.decode(DOCUMENT)
    remove(value, tuple(compile_path(path) for path in paths))
    return value


CHANGES: list[tuple[list[str], dict[str, object]]] = [
    (["$.a.b"], {"a": {"id": 2, "odd key": 3, "it's": 4, "back\\slash": 5}}),
    (["$.a['odd key']", '$.a["b"]'], {"a": {"id": 2, "it's": 4, "back\\slash": 5}}),
    (["$.a['it\\'s']", "$['a'].id"], {"a": {"b": 1, "odd key": 3, "back\\slash": 5}}),
    (["$.a['back\\\\slash']", "$.a[ 'b' ]"], {"a": {"id": 2, "odd key": 3, "it's": 4}}),
    (["$.a.*"], {"a": {}}),
    (["$.a[*]"], {"a": {}}),
    (["$.list[*]"], {"list": []}),
    (["$.list[0]", "$.list[1]"], {"list": [3, [{"id": 4}]]}),
    (["$.list[-1]", "$.list[0].x[1]"], {"list": [{"id": 1, "x": [10, 30]}, {"id": 2}, 3]}),
    (["$.list[*].id"], {"list": [{"x": [10, 20, 30]}, {}, 3, [{"id": 4}]]}),
    (
        ["$.list[0].x[0]", "$.list[0].x[2]", "$.list[0].x[-1]"],
        {"list": [{"id": 1, "x": [20]}, {"id": 2}, 3, [{"id": 4}]]},
    ),
    (["$.list..id"], {"list": [{"x": [10, 20, 30]}, {}, 3, [{}]]}),
    (["$.list..[0]"], {"list": [{"id": 2}, 3, []]}),
    (["$.list.id", "$.a[0]", "$.none.b", "$.list[9]", "$.list[-9]", "$.id.x", "$.list[2].x"], {}),
    (["$.list", "$.list[0].id", "$.list"], {"list": None}),
]


@pytest.mark.parametrize(("paths", "change"), CHANGES)
def test_a_path_takes_away_what_it_names(paths: list[str], change: dict[str, object]) -> None:
    """And nothing else; paths that name nothing do nothing, and no path moves the indexes of another."""
    expected = msgspec.json.decode(DOCUMENT) | change
    assert without(*paths) == {key: value for key, value in expected.items() if value is not None}


def test_two_dots_find_a_name_at_any_depth() -> None:
    """At the root as well as inside arrays of arrays."""
    assert without("$..id") == {
        "a": {"b": 1, "odd key": 3, "it's": 4, "back\\slash": 5},
        "list": [{"x": [10, 20, 30]}, {}, 3, [{}]],
    }
    assert without("$..*") == {}
    assert without("$..['id']") == without("$..id")


def test_names_may_have_letters_of_any_script_digits_and_dashes() -> None:
    """What looks like one word needs no brackets."""
    value: Json = {"größe": 1, "x-trace_2": 2, "b": 3}
    remove(value, (compile_path("$.größe"), compile_path("$.x-trace_2")))
    assert value == {"b": 3}


@pytest.mark.parametrize(
    ("path", "position"),
    [
        ("", 0),
        ("a.b", 0),
        ("$", 1),
        ("$a", 1),
        ("$.", 2),
        ("$.a.", 4),
        ("$.a..", 5),
        ("$.a b", 3),
        ("$.1a", 2),
        ("$.a[", 3),
        ("$.a[]", 3),
        ("$.a[1", 3),
        ("$.a[01]", 3),
        ("$.a[1:2]", 3),
        ("$.a[b]", 3),
        ("$['a", 1),
        ("$['a\\n']", 1),
        ("$..[?(@.a)]", 3),
        ("$...a", 3),
        ("$.a]", 3),
    ],
)
def test_a_malformed_path_is_refused_with_its_position(path: str, position: int) -> None:
    """The message names the path and where it goes wrong, also when it comes from settings."""
    with pytest.raises(ValueError, match=f"malformed at position {position}: ") as error:
        compile_path(path)
    assert repr(path) in str(error.value)
    with pytest.raises(ValueError, match="malformed at position"):
        Rules(ignored_paths=("$.fine", path))


def test_settings_name_the_field_of_a_malformed_path() -> None:
    """Rules that come from a file are checked while they are read."""
    with pytest.raises(msgspec.ValidationError, match=r"'\$\.a\[' is malformed at position 3"):
        msgspec.convert({"ignored_paths": ["$.a["]}, Rules)
