"""What differs between two JSON bodies, as JSON paths."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import msgspec

from wiretape.proxy.decide.alignment import Aligner
from wiretape.proxy.decide.shown import json_value, json_values, member

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wiretape.proxy.decide.jsonpath import Json
    from wiretape.proxy.decide.shown import Spot

type _Side = Json | msgspec.UnsetType

_decode = msgspec.json.Decoder().decode


def json_differences(recorded: bytes, asked: bytes) -> Iterator[Spot]:
    """The spots at which two canonical JSON bodies differ, shallow ones first, then by name and index.

    An index is the recorded array's, that of an element which only the asked one has is the asked array's.
    """
    aligner = Aligner()
    waiting: deque[tuple[str, _Side, _Side]] = deque([("$", _decode(recorded), _decode(asked))])
    while waiting:
        path, ours, theirs = waiting.popleft()
        if isinstance(ours, dict) and isinstance(theirs, dict):
            waiting.extend(_members(path, ours, theirs))
        elif isinstance(ours, list) and isinstance(theirs, list):
            waiting.extend(_elements(path, ours, theirs, aligner))
        elif ours is msgspec.UNSET or theirs is msgspec.UNSET:
            yield path, _shown(ours), _shown(theirs)
        elif _differ(ours, theirs):
            yield path, *json_values(ours, theirs)


def _members(path: str, ours: dict[str, Json], theirs: dict[str, Json]) -> Iterator[tuple[str, _Side, _Side]]:
    for name in sorted(ours.keys() | theirs.keys()):
        left, right = ours.get(name, msgspec.UNSET), theirs.get(name, msgspec.UNSET)
        if _differ(left, right):
            yield member(path, name), left, right


def _elements(path: str, ours: list[Json], theirs: list[Json], aligner: Aligner) -> Iterator[tuple[str, _Side, _Side]]:
    for i, j in aligner.align(ours, theirs):
        left = msgspec.UNSET if i is None else ours[i]
        right = msgspec.UNSET if j is None else theirs[j]
        if _differ(left, right):
            yield f"{path}[{j if i is None else i}]", left, right


def _differ(left: _Side, right: _Side) -> bool:
    """Whether two values may differ: surely for scalars, for containers their walk will tell."""
    return type(left) is not type(right) or isinstance(left, dict | list) or left != right


def _shown(value: _Side) -> str | None:
    return None if value is msgspec.UNSET else json_value(value)
