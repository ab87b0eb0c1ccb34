"""When the parts of an answer are due: each at its own moment after the request, however late the one before was."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wiretape.proxy.decide.pace import Pace


class Pacer:
    """Waits for the moments of one answer. A client that leaves cancels the task that waits."""

    def __init__(self, pace: Pace, began: float) -> None:
        """Begin to count at *began*, by the clock of the loop."""
        self._pace = pace
        self._began = began

    async def until(self, at_us: int) -> None:
        """Wait until what came *at_us* after the recorded request is due; not at all where that has passed."""
        if self._pace.instant:
            return
        due = self._began + self._pace.delay(at_us)
        loop = asyncio.get_running_loop()
        if due <= loop.time():
            return
        struck: asyncio.Future[None] = loop.create_future()
        handle = loop.call_at(due, _strike, struck)
        try:
            await struck
        finally:
            handle.cancel()


def _strike(struck: asyncio.Future[None]) -> None:
    if not struck.done():
        struck.set_result(None)
