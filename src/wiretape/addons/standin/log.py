"""The requests that a stand-in has received: all of them counted, the latest of them kept."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wiretape.addons.standin.received import Received

_REQUESTS_KEPT = 10_000
_BYTES_KEPT = 128 * 1024 * 1024


class Log:
    """Counts and keeps requests.

    Attributes:
        hits: how many there were.
    """

    def __init__(self) -> None:
        self.hits = 0
        self._kept: deque[Received] = deque()
        self._bytes = 0

    def add(self, request: Received) -> None:
        """One more; the oldest are forgotten where they have become too many or too big, but never this one."""
        self.hits += 1
        self._kept.append(request)
        self._bytes += len(request.body)
        while len(self._kept) > _REQUESTS_KEPT or (self._bytes > _BYTES_KEPT and len(self._kept) > 1):
            self._bytes -= len(self._kept.popleft().body)

    @property
    def latest(self) -> list[Received]:
        """Those that are kept, oldest first."""
        # A copy in one step: the reader may be in another thread than the server.
        return list(self._kept.copy())
