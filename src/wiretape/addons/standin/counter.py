"""The process-wide number of answers, which makes every answer differ from the one before."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROCESS_WIDE = itertools.count(1)

_EPOCH = dt.datetime(2025, 1, 15, 10, 30, tzinfo=dt.UTC)


def numbers(first: int | None = None) -> Iterator[int]:
    """The numbers that answers take: shared by the whole process, or a series of its own from `first` on.

    Two stand-ins in one process never give the same answer. Two processes would, both starting at 1,
    unless one of them is told to start elsewhere.
    """
    return _PROCESS_WIDE if first is None else itertools.count(first)


def tag(prefix: str, n: int) -> str:
    """An id as the API makes them, such as `resp_000017`; of one length, so that answers of one kind are too."""
    return f"{prefix}_{n:06d}"


def unix_time(n: int) -> int:
    """The moment told in the body of answer `n`: one second later for each, whatever the real clock says."""
    return int(_EPOCH.timestamp()) + n


def iso_time(n: int) -> str:
    """The same moment in the form `2025-01-15T10:30:17Z`."""
    return (_EPOCH + dt.timedelta(seconds=n)).isoformat().replace("+00:00", "Z")
