"""Two arrays side by side: which element of one answers which element of the other, at a bounded cost."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wiretape.proxy.decide.jsonpath import Json

type Pair = tuple[int | None, int | None]
"""An index on either side; None where the other side's element stands alone."""

# What all alignments of one comparison may cost: cells of their tables, and bytes that nested arrays spell again on
# every level. Beyond, elements pair by position.
CELLS = 100_000
BYTES = 32 * 1024 * 1024

_encode = msgspec.json.Encoder(order="deterministic").encode


class _Item(NamedTuple):
    token: bytes
    kind: type
    members: frozenset[bytes]


class Aligner:
    """Aligns arrays until its budget is spent; a new one for each comparison."""

    def __init__(self, cells: int = CELLS, size: int = BYTES) -> None:
        self._cells = cells
        self._bytes = size

    def align(self, left: Sequence[Json], right: Sequence[Json]) -> list[Pair]:
        """The pairs of *left* and *right* in order, most of those of equal elements left out.

        Equal elements are found first: at both ends, then those that occur once on either side. What stands between
        them is paired so that elements with most members in common meet.
        """
        if self._bytes <= 0 or len(left) == len(right) == 1:
            return _by_position(range(len(left)), range(len(right)))
        tokens = [_encode(item) for item in left], [_encode(item) for item in right]
        self._bytes -= sum(map(len, tokens[0])) + sum(map(len, tokens[1]))
        pairs: list[Pair] = []
        start = 0, 0
        for anchor in [*_anchors(*tokens), (len(left), len(right))]:
            pairs += self._between(left, right, tokens, start, anchor)
            start = anchor[0] + 1, anchor[1] + 1
        return pairs

    def _between(
        self,
        left: Sequence[Json],
        right: Sequence[Json],
        tokens: tuple[list[bytes], list[bytes]],
        start: tuple[int, int],
        end: tuple[int, int],
    ) -> list[Pair]:
        rows, columns = range(start[0], end[0]), range(start[1], end[1])
        cells = len(rows) * len(columns)
        if not cells:
            return [*((row, None) for row in rows), *((None, column) for column in columns)]
        if cells > self._cells:
            return _by_position(rows, columns)
        self._cells -= cells
        ours = [_item(left[row], tokens[0][row]) for row in rows]
        theirs = [_item(right[column], tokens[1][column]) for column in columns]
        return [
            (None if row is None else rows[row], None if column is None else columns[column])
            for row, column in _best(ours, theirs)
        ]


def _by_position(rows: range, columns: range) -> list[Pair]:
    both = min(len(rows), len(columns))
    return [
        *zip(rows, columns, strict=False),
        *((row, None) for row in rows[both:]),
        *((None, column) for column in columns[both:]),
    ]


def _anchors(left: list[bytes], right: list[bytes]) -> list[tuple[int, int]]:
    """Pairs of equal elements, ascending on both sides: common ends, and elements that each side has once."""
    size = min(len(left), len(right))
    head = next((n for n in range(size) if left[n] != right[n]), size)
    tail = next((n for n in range(size - head) if left[-1 - n] != right[-1 - n]), size - head)
    ends = len(left) - tail, len(right) - tail
    return [
        *((n, n) for n in range(head)),
        *_ascending(_once(left, right, head, ends)),
        *((ends[0] + n, ends[1] + n) for n in range(tail)),
    ]


def _once(left: list[bytes], right: list[bytes], head: int, ends: tuple[int, int]) -> list[tuple[int, int]]:
    ours, theirs = left[head : ends[0]], right[head : ends[1]]
    counts = Counter(ours), Counter(theirs)
    where = {token: head + n for n, token in enumerate(theirs)}
    return [(head + n, where[token]) for n, token in enumerate(ours) if counts[0][token] == 1 and counts[1][token] == 1]


def _ascending(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest run of *pairs* whose second numbers ascend as the first do."""
    ends: list[int] = []
    last: list[int] = []
    before: list[int | None] = []
    for n, (_, column) in enumerate(pairs):
        length = bisect_left(ends, column)
        before.append(last[length - 1] if length else None)
        ends[length : length + 1] = [column]
        last[length : length + 1] = [n]
    run: list[tuple[int, int]] = []
    at = last[-1] if last else None
    while at is not None:
        run.append(pairs[at])
        at = before[at]
    return run[::-1]


def _item(value: Json, token: bytes) -> _Item:
    if isinstance(value, dict):
        return _Item(token, dict, frozenset([_encode(key) + _encode(item) for key, item in value.items()]))
    if isinstance(value, list):
        return _Item(token, list, frozenset([_encode(item) for item in value]))
    return _Item(token, type(value), frozenset())


def _likeness(ours: _Item, theirs: _Item) -> float:
    if ours.token == theirs.token:
        return 2.0
    if ours.kind is not theirs.kind:
        return 0.0
    larger = max(len(ours.members), len(theirs.members))
    return (1 + len(ours.members & theirs.members)) / (2 + larger)


def _best(ours: list[_Item], theirs: list[_Item]) -> list[Pair]:
    """The alignment with the greatest sum of likenesses, equal elements left out."""
    width = len(theirs)
    likenesses = [[_likeness(item, other) for other in theirs] for item in ours]
    # best[i][j] is the sum that ours from i on and theirs from j on can reach.
    best = [[0.0] * (width + 1) for _ in range(len(ours) + 1)]
    for i in range(len(ours) - 1, -1, -1):
        row, below, likeness = best[i], best[i + 1], likenesses[i]
        for j in range(width - 1, -1, -1):
            row[j] = max(likeness[j] + below[j + 1], below[j], row[j + 1])
    pairs: list[Pair] = []
    i = j = 0
    while i < len(ours) and j < width:
        if best[i][j] == likenesses[i][j] + best[i + 1][j + 1]:
            if ours[i].token != theirs[j].token:
                pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            pairs.append((i, None))
            i += 1
        else:
            pairs.append((None, j))
            j += 1
    pairs += [(n, None) for n in range(i, len(ours))]
    pairs += [(None, n) for n in range(j, width)]
    return pairs
