"""The recordings that come nearest to a request which none of them answers."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import msgspec

from wiretape.proxy.decide.difference import Difference, differences

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wiretape.proxy.decide.canonical import Canonical
    from wiretape.proxy.decide.urlform import Pairs

_PATH, _BODY, _METHOD, _HOST, _QUERY, _HEADERS = 0.35, 0.30, 0.15, 0.05, 0.10, 0.05
# How many candidates are looked at closely.
_CLOSE = 20
# What is not equal is never quite alike, even if it has the same segments, pairs or words.
_UNEQUAL = 0.95
# How much of a body is read at first, and how much when looking closely; half from its beginning, half from its end.
_GLANCE_BYTES = 4096
_LOOK_BYTES = 1024 * 1024

# What stands between words in JSON and in forms.
_SPACED = bytes.maketrans(b'"{}[](),:;&=+', b" " * 13)


class Near[T](msgspec.Struct, frozen=True):
    """A recording near to a request.

    Attributes:
        ref: the candidate's own reference, as it was given.
        score: how near, from 0 to 1; 1 only for the same request.
        differences: what differs, as `differences` tells it.
    """

    ref: T
    score: float
    differences: tuple[Difference, ...]


def nearest[T](asked: Canonical, candidates: Iterable[tuple[T, Canonical]], count: int = 3) -> list[Near[T]]:
    """The *count* candidates nearest to *asked*, the nearest first.

    The score is a sum of likenesses from 0 to 1, each with its weight:

    * path 0.35: common leading and trailing segments, of all segments of the longer path;
    * body 0.30: words that both bodies have, of all their words (Dice); half of it where the kinds of body differ;
    * method 0.15, host 0.05: equal or not;
    * query 0.10, headers 0.05: half for common names, half for common pairs (Dice).

    What is equal has the likeness 1; what is not has at most 0.95, so that only the same request has the score 1.
    Of equal scores the one with fewer differences comes first, then the one that was given first.

    All candidates are scored, but cheaply, so that 100 000 of them take about a second or less: path likenesses are
    remembered, a body is read only where it could still bring its candidate among the best 20, and no more than 4 KiB
    of it. Only those 20 are read up to 1 MiB and compared exactly.
    """
    likeness = _Likeness(asked)
    close: list[tuple[float, int, int, T, tuple[Difference, ...]]] = []
    for order, ref, form in _shortlist(likeness, candidates, max(count, _CLOSE)):
        score = round(likeness.frame(form) + _BODY * likeness.body(form, _LOOK_BYTES), 6)
        found = tuple(differences(form, asked))
        close.append((-score, len(found), order, ref, found))
    close.sort(key=lambda item: item[:3])
    return [Near(ref, -score, found) for score, _, _, ref, found in close[: max(count, 0)]]


def _shortlist[T](
    likeness: _Likeness, candidates: Iterable[tuple[T, Canonical]], keep: int
) -> list[tuple[int, T, Canonical]]:
    """The *keep* candidates of the highest scores at a glance, with their places in the row."""
    heap: list[tuple[float, int, T, Canonical]] = []
    for order, (ref, form) in enumerate(candidates):
        score = likeness.frame(form)
        full = len(heap) == keep
        if full and score + _BODY <= heap[0][0]:
            continue
        score += _BODY * likeness.body(form, _GLANCE_BYTES)
        # Of equal scores the earlier one is the greater: its negative order is.
        if not full:
            heapq.heappush(heap, (score, -order, ref, form))
        elif score > heap[0][0]:
            heapq.heapreplace(heap, (score, -order, ref, form))
    return [(-order, ref, form) for _, order, ref, form in heap]


class _Likeness:
    """How alike one request and any other are; what was found out about the one is kept."""

    def __init__(self, asked: Canonical) -> None:
        self._asked = asked
        self._segments = asked.path.split("/")
        self._paths: dict[str, float] = {asked.path: 1.0}
        self._words: dict[int, frozenset[bytes]] = {}

    def frame(self, form: Canonical) -> float:
        """The weighted sum of all likenesses but the body's."""
        asked = self._asked
        path = self._paths.get(form.path)
        if path is None:
            path = self._paths[form.path] = _path_likeness(self._segments, form.path.split("/"))
        return (
            _PATH * path
            + (_METHOD if form.method == asked.method else 0.0)
            + (_HOST if form.identity == asked.identity else 0.0)
            + (_QUERY if form.query == asked.query else _QUERY * _pairs_likeness(form.query, asked.query))
            + (_HEADERS if form.headers == asked.headers else _HEADERS * _pairs_likeness(form.headers, asked.headers))
        )

    def body(self, form: Canonical, size: int) -> float:
        """The likeness of the bodies, reading no more than *size* bytes of each."""
        asked = self._asked
        kind = 1.0 if form.body_kind == asked.body_kind else 0.5
        if kind == 1.0 and form.body == asked.body:
            return 1.0
        words = self._words.get(size)
        if words is None:
            words = self._words[size] = frozenset(_words(asked.body, size))
        return kind * _UNEQUAL * _dice(words, frozenset(_words(form.body, size)))


def _words(body: bytes, size: int) -> list[bytes]:
    if len(body) > size:
        body = body[: size // 2] + b" " + body[-(size // 2) :]
    return body.translate(_SPACED).split()


def _dice(left: frozenset[object], right: frozenset[object]) -> float:
    total = len(left) + len(right)
    return 2 * len(left & right) / total if total else 1.0


def _pairs_likeness(left: Pairs, right: Pairs) -> float:
    names = _dice(frozenset(name for name, _ in left), frozenset(name for name, _ in right))
    return _UNEQUAL * (names + _dice(frozenset(left), frozenset(right))) / 2


def _path_likeness(left: list[str], right: list[str]) -> float:
    # The first segment is the nothing before the first slash.
    size = min(len(left), len(right))
    head = next((n for n in range(1, size) if left[n] != right[n]), size)
    tail = next((n for n in range(size - head) if left[-1 - n] != right[-1 - n]), size - head)
    return _UNEQUAL * (head - 1 + tail) / max(len(left) - 1, len(right) - 1, 1)
