"""The recordings that come nearest to a request which none of them answers."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import msgspec

from wiretape.proxy.decide.difference import Difference, differences
from wiretape.proxy.decide.likeness import BODY, UNEQUAL, Likeness, frame_of, glance

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wiretape.proxy.decide.canonical import Canonical
    from wiretape.proxy.decide.likeness import Glance

# How many candidates are looked at closely.
_CLOSE = 20
# How much of a body is read at a glance.
GLANCE_BYTES = 4096


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

    All candidates are scored, but at a glance, which takes no more than 4 KiB of a body. Only the best 20 are read
    up to 1 MiB and compared exactly.
    """
    likeness = Likeness(asked)
    shortlist: Shortlist[tuple[T, Canonical]] = Shortlist(glance(asked.body, GLANCE_BYTES), count)
    for order, (ref, form) in enumerate(candidates):
        shortlist.offer(order, (ref, form), likeness.frame(frame_of(form)), glance(form.body, GLANCE_BYTES))
    return ranked(likeness, ((ref, form, differences(form, asked)) for ref, form in shortlist.best()), count)


class Shortlist[T]:
    """The candidates of the highest scores at a glance."""

    def __init__(self, asked: Glance, count: int) -> None:
        """Begin a list for a request with the body *asked*, of which the *count* nearest are sought."""
        self._kind, self._same, words = asked
        self._words = frozenset(words)
        self._keep = max(count, _CLOSE)
        self._heap: list[tuple[float, int, T]] = []
        self._least = -1.0

    def offer(self, order: int, ref: T, frame: float, seen: Glance) -> None:
        """Score a candidate, and keep it if it is among the best.

        Args:
            order: its place in the row; it rises.
            ref: the candidate.
            frame: the likeness of all but its body.
            seen: its body.
        """
        kind, same, words = seen
        weight = BODY if kind == self._kind else BODY / 2
        # Most are told from the best by their frames or by how many words they have; then words need no counting.
        if frame + weight <= self._least:
            return
        if same == self._same and kind == self._kind:
            score = frame + BODY
        else:
            mine, theirs = len(self._words), len(words)
            weight *= UNEQUAL * 2 / (mine + theirs or 1)
            if frame + weight * min(mine, theirs) <= self._least:
                return
            score = frame + weight * len(self._words.intersection(words))
            if score <= self._least:
                return
        # Of equal scores the earlier one is the greater: its negative order is.
        if len(self._heap) < self._keep:
            heapq.heappush(self._heap, (score, -order, ref))
        else:
            heapq.heapreplace(self._heap, (score, -order, ref))
        if len(self._heap) == self._keep:
            self._least = self._heap[0][0]

    def best(self) -> list[T]:
        """Those kept, in the order in which they were offered."""
        return [ref for _, _, ref in sorted(self._heap, key=lambda item: -item[1])]


def ranked[T](
    likeness: Likeness, candidates: Iterable[tuple[T, Canonical, Iterable[Difference]]], count: int
) -> list[Near[T]]:
    """The *count* nearest of a few candidates, each with what differs; see `nearest`."""
    close = [Near(ref, likeness.score(form), tuple(found)) for ref, form, found in candidates]
    # The sort is stable: of equals the earlier one stays first.
    close.sort(key=lambda near: (-near.score, len(near.differences)))
    return close[: max(count, 0)]
