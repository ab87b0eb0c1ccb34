"""How fast a recorded answer is told again: at once, as it was recorded, or by a factor faster or slower."""

from __future__ import annotations

import math
import re

import msgspec

from wiretape.store.errors import UsageError

_FACTOR = re.compile(r"([0-9]+(?:\.[0-9]+)?|\.[0-9]+)x", re.ASCII)
# Beyond these nobody means what they wrote: a thousandth makes a minute's stream last most of a day.
_SLOWEST, _FASTEST = 0.001, 1000.0
_MICROSECONDS = 1_000_000


class Pace(msgspec.Struct, frozen=True):
    """A pace.

    Attributes:
        speed: how many times as fast as recorded; infinite for at once.
    """

    speed: float

    @property
    def instant(self) -> bool:
        """Whether nothing waits."""
        return self.speed == math.inf

    def delay(self, at_us: int) -> float:
        """Seconds from a request's arrival to the moment when what came at *at_us* in the recording is due.

        Args:
            at_us: microseconds from the recorded request's arrival, as chunks and heads have them.
        """
        return 0.0 if self.instant else at_us / _MICROSECONDS / self.speed

    def __str__(self) -> str:
        if self.instant:
            return "instant"
        return "recorded" if self.speed == 1 else f"{self.speed:g}x"


INSTANT = Pace(math.inf)
RECORDED = Pace(1.0)


def parse_pace(text: str) -> Pace:
    """Read `--pace`: `instant`, `recorded`, or a factor such as `4x` (four times as fast) or `0.5x` (half as fast).

    Raises:
        UsageError: it is none of these.
    """
    word = text.strip().lower()
    if word == "instant":
        return INSTANT
    if word == "recorded":
        return RECORDED
    found = _FACTOR.fullmatch(word)
    if found is None:
        raise UsageError(f"--pace {text!r} is no pace; give `instant`, `recorded`, or a factor like `4x` or `0.5x`")
    speed = float(found[1])
    if not _SLOWEST <= speed <= _FASTEST:
        raise UsageError(f"--pace {text!r} is out of range; a factor goes from `{_SLOWEST:g}x` to `{_FASTEST:g}x`")
    return Pace(speed)
