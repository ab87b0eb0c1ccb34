"""Fields and values that no struct knows, reported by their JSON path: news from the API is seen and not lost."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final, cast

import msgspec
from msgspec import inspect

if TYPE_CHECKING:
    from wiretape.store.aitronos.wire import Json

CAP: Final = 100
"""Most paths that one body reports; a body of another kind altogether would report all it has."""

_LONGEST = 60


class _Plan(msgspec.Struct):
    """What is known at one place of a body.

    Attributes:
        names: of an object's fields; None where any will do.
        below: of the fields that have more to look at, what is known there.
        items: of a list's items.
        values: of a map's values.
        known: a string's values.
    """

    names: frozenset[str] | None = None
    below: dict[str, _Plan] = {}
    items: _Plan | None = None
    values: _Plan | None = None
    known: frozenset[str] | None = None


_ITEM: Final = "[*]"

type _Path = tuple[_Path, str] | None
"""The way to a place, made into text only where something is found."""


@functools.cache
def plan(type_: object) -> _Plan:
    """What *type_* knows, ready for `unknown_fields`."""
    return _of(inspect.type_info(type_), {}) or _Plan()


def unknown_fields(tree: Json, type_: object) -> list[str]:
    """Paths in *tree* that *type_* does not know, as `$.a.b[*].c`; of an unknown value, with ` = "value"` behind."""
    found: dict[str, None] = {}
    _walk(tree, plan(type_), None, found)
    return list(found)


def _of(info: inspect.Type, seen: dict[type, _Plan]) -> _Plan | None:
    match info:
        case inspect.StructType():
            return _of_struct(info, seen)
        case inspect.UnionType():
            return _of_union(info, seen)
        case inspect.ListType():
            items = _of(info.item_type, seen)
            return _Plan(items=items) if items else None
        case inspect.DictType():
            values = _of(info.value_type, seen)
            return _Plan(values=values) if values else None
        case inspect.Metadata():
            extra = cast("dict[str, frozenset[str]]", info.extra or {})  # pyright: ignore[reportUnknownMemberType]
            return _Plan(known=extra["known"]) if "known" in extra else _of(info.type, seen)
        case _:
            return None


def _of_struct(info: inspect.StructType, seen: dict[type, _Plan]) -> _Plan:
    if info.cls not in seen:
        seen[info.cls] = made = _Plan(names=frozenset(field.encode_name for field in info.fields))
        plans = ((field.encode_name, _of(field.type, seen)) for field in info.fields)
        made.below = {name: below for name, below in plans if below}
    return seen[info.cls]


def _of_union(info: inspect.UnionType, seen: dict[type, _Plan]) -> _Plan | None:
    members = [member for member in (_of(one, seen) for one in info.types) if member]
    made = _Plan()
    for member in members:
        made.names = made.names or member.names
        made.below = made.below or member.below
        made.items = made.items or member.items
        made.values = made.values or member.values
        made.known = made.known or member.known
    return made if members else None


def _walk(node: Json, plan: _Plan, path: _Path, found: dict[str, None]) -> None:
    if isinstance(node, dict):
        _walk_object(node, plan, path, found)
    elif isinstance(node, list):
        if plan.items:
            below = (path, _ITEM)
            for item in node:
                _walk(item, plan.items, below, found)
    elif isinstance(node, str) and plan.known is not None and node not in plan.known:
        _report(f"{_text(path)} = {_shown(node)}", found)


def _walk_object(node: dict[str, Json], plan: _Plan, path: _Path, found: dict[str, None]) -> None:
    if plan.names is not None:
        if not plan.names.issuperset(node):
            for name in node:
                if name not in plan.names:
                    _report(_text((path, name)), found)
        for name, below in plan.below.items():
            if name in node:
                _walk(node[name], below, (path, name), found)
    elif plan.values:
        for name, value in node.items():
            _walk(value, plan.values, (path, name), found)


def _report(text: str, found: dict[str, None]) -> None:
    if len(found) < CAP:
        found[text] = None


def _text(path: _Path) -> str:
    if path is None:
        return "$"
    before, step = path
    return _text(before) + (step if step is _ITEM else f".{step[:_LONGEST]}")


def _shown(value: str) -> str:
    return msgspec.json.encode(value[:_LONGEST]).decode()
