"""Whose answer it is, where requests differ in nothing but secrets: that of the one who bears the same placeholders.

A client that logged in by a recorded answer has a placeholder for its token, and says it again in its next request. The
match key holds no more of it than its class; the number tells one user's token from another's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wiretape.proxy.decide.redaction.placeholders import MARK, holds_mark

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from wiretape.store.interaction import Request

NOBODY: Final[frozenset[int]] = frozenset()
_NUMBER: Final = re.compile(MARK + rb"[a-z]+-([0-9]{1,9})")
_BODY_BYTES: Final = 1024 * 1024


def borne(request: Request) -> frozenset[int]:
    """The numbers of the placeholders in *request*: its target, headers and body, of a long one the beginning."""
    target = request.target.encode("utf-8", "surrogatepass")
    texts = (target, request.body[:_BODY_BYTES], *[value for _, value in request.headers])
    found = [number for text in texts if holds_mark(text) for number in _NUMBER.findall(text)]
    return frozenset(map(int, found)) if found else NOBODY


class RecordedBearers(dict[int, frozenset[int]]):
    """What the requests of interactions bear, each read when it is first asked for."""

    def __init__(self, read: Callable[[int], Request]) -> None:
        """Begin with nothing; *read* gives the request of an interaction."""
        super().__init__()
        self._read = read

    def __missing__(self, interaction_id: int) -> frozenset[int]:
        found = self[interaction_id] = borne(self._read(interaction_id))
        return found


class Bearer:
    """Who asks, as far as placeholders tell."""

    def __init__(self, borne: frozenset[int], recorded: Mapping[int, frozenset[int]]) -> None:
        """Ask for what bears as many of *borne* as there is; *recorded* says what an interaction's request bears."""
        self._borne = borne
        self._recorded = recorded

    def shared(self, interaction_id: int) -> int:
        """How many placeholders of who asks an interaction's request bears."""
        return len(self._borne & self._recorded[interaction_id])

    def first(self, answers: Sequence[int], start: int = 0) -> int:
        """The place in *answers*, interactions, from *start* on, of the first whose request bears most of the same."""
        # Mostly it is the next, as it was recorded; then no other is looked at.
        if self.shared(answers[start]) == len(self._borne):
            return start
        shared = self._all_shared(answers[start:])
        return start + shared.index(max(shared))

    def last(self, answers: Sequence[int]) -> int:
        """The same, the last of all such."""
        shared = self._all_shared(answers[::-1])
        return len(answers) - 1 - shared.index(max(shared))

    def _all_shared(self, answers: Sequence[int]) -> list[int]:
        # There may be thousands, at every request.
        mine, recorded = self._borne, self._recorded
        apart = mine.isdisjoint
        return [0 if apart(found := recorded[one]) else len(mine & found) for one in answers]
