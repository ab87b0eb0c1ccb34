"""Whose answer it is, where requests differ in nothing but secrets: that of the one who bears the same placeholders.

A client that logged in by a recorded answer has a placeholder for its token, and says it again in its next request. The
match key holds no more of it than its class; the number tells one user's token from another's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wiretape.store.interaction import Request

NOBODY: Final[frozenset[int]] = frozenset()
_NUMBER: Final = re.compile(rb"REDACTED-[a-z]+-([0-9]{1,9})")
_BODY_BYTES: Final = 1024 * 1024


def borne(request: Request) -> frozenset[int]:
    """The numbers of the placeholders in *request*: its target, headers and body, of a long one the beginning."""
    found: list[bytes] = []
    for text in (request.target.encode("utf-8", "surrogatepass"), request.body[:_BODY_BYTES]):
        if b"REDACTED-" in text:
            found += _NUMBER.findall(text)
    for _, value in request.headers:
        # `find` of one character is much faster than `in`.
        if value.find(b"R") >= 0 and b"REDACTED-" in value:
            found += _NUMBER.findall(value)
    return frozenset(map(int, found)) if found else NOBODY


class Bearer:
    """Who asks, as far as placeholders tell."""

    def __init__(self, borne: frozenset[int], recorded: Callable[[int], frozenset[int]]) -> None:
        """Ask for what bears as many of *borne* as there is; *recorded* says what an interaction's request bears."""
        self._borne = borne
        self._recorded = recorded

    def shared(self, interaction_id: int) -> int:
        """How many placeholders of who asks an interaction's request bears."""
        return len(self._borne & self._recorded(interaction_id))

    def first(self, answers: Sequence[int], start: int = 0) -> int:
        """The place in *answers*, interactions, from *start* on, of the first whose request bears most of the same."""
        best, most = start, -1
        for place in range(start, len(answers)):
            shared = self.shared(answers[place])
            if shared > most:
                best, most = place, shared
            if shared == len(self._borne):
                break
        return best

    def last(self, answers: Sequence[int]) -> int:
        """The same, the last of all such."""
        return len(answers) - 1 - self.first(answers[::-1])
