"""What differs between two lists of named values: queries, headers, forms, and the parts of multipart bodies."""

from __future__ import annotations

from collections import Counter
from itertools import zip_longest
from typing import TYPE_CHECKING

from wiretape.proxy.decide.multipart import parts
from wiretape.proxy.decide.shown import named, quoted, string, strings, texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wiretape.proxy.decide.multipart import Part
    from wiretape.proxy.decide.shown import Spot


def pair_differences(
    label: str, recorded: Iterable[tuple[str, str]], asked: Iterable[tuple[str, str]]
) -> Iterator[Spot]:
    """The spots at which two lists of pairs differ, by name; a value that both sides have does not show."""
    ours, theirs = _grouped(recorded), _grouped(asked)
    for name in sorted(ours.keys() | theirs.keys()):
        left, right = ours.get(name, []), theirs.get(name, [])
        if left != right:
            yield from _value_differences(f"{label} {named(name)}", left, right)


def _value_differences(where: str, left: list[str], right: list[str]) -> Iterator[Spot]:
    only_left = list((Counter(left) - Counter(right)).elements())
    only_right = list((Counter(right) - Counter(left)).elements())
    if not only_left and not only_right:
        # The same values in another order.
        yield where, *texts(", ".join(map(quoted, left)), ", ".join(map(quoted, right)))
    for one, other in zip_longest(only_left, only_right):
        if one is None or other is None:
            yield where, None if one is None else string(one), None if other is None else string(other)
        else:
            yield where, *strings(one, other)


def multipart_differences(recorded: bytes, asked: bytes) -> Iterator[Spot]:
    """The spots at which two canonical multipart bodies differ: parts of one name in turn, in recorded order."""
    ours, theirs = parts(recorded), parts(asked)
    left, right = _grouped((part.name, part) for part in ours), _grouped((part.name, part) for part in theirs)
    same = True
    for name in left | right:
        pairs = zip_longest(left.get(name, []), right.get(name, []))
        for number, (part, other) in enumerate(pairs, 1):
            where = f"part {_part_name(name)}" + (f" #{number}" if number > 1 else "")
            for spot in _part_differences(where, part, other):
                same = False
                yield spot
    if same:
        yield "order of parts", *texts(_order(ours), _order(theirs))


def _part_differences(where: str, part: Part | None, other: Part | None) -> Iterator[Spot]:
    if part is None or other is None:
        yield where, None if part is None else _content(part), None if other is None else _content(other)
        return
    if (part.size, part.digest) != (other.size, other.digest):
        yield f"{where} content", _content(part), _content(other)
    yield from pair_differences(f"{where} header", _headers(part), _headers(other))


def _content(part: Part) -> str:
    return f"{part.size} bytes (BLAKE2b {part.digest.hex()[:8]}…)"


def _headers(part: Part) -> list[tuple[str, str]]:
    return [(key.decode("latin-1"), value.decode("utf-8", "surrogateescape")) for key, value in part.headers]


def _order(found: tuple[Part, ...]) -> str:
    return ", ".join(_part_name(part.name) for part in found)


def _part_name(name: str | None) -> str:
    return "without a name" if name is None else quoted(name)


def _grouped[K, V](found: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    groups: dict[K, list[V]] = {}
    for name, value in found:
        groups.setdefault(name, []).append(value)
    return groups
