"""The clock of a run, handed in so that a test can hold it still."""

from __future__ import annotations

import datetime as dt
import time
from typing import TYPE_CHECKING

import msgspec

from wiretape.store.interaction import timestamp

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock(msgspec.Struct, frozen=True):
    """Two ways to tell the time.

    Attributes:
        now: the time of day, in UTC.
        microseconds: since no particular moment, never going back.
    """

    now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)
    microseconds: Callable[[], int] = lambda: time.perf_counter_ns() // 1000

    def iso(self) -> str:
        """The time of day as it stands in a cassette: ISO-8601, UTC, to the microsecond."""
        return timestamp(self.now())
