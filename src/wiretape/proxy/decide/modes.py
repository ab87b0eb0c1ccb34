"""The table that decides what a request gets, by mode and by what the cassette knows of it. Change behaviour here."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class Mode(StrEnum):
    """What the proxy does; the word VCR users know stands behind each."""

    RECORD = "record"  # all
    REPLAY = "replay"  # none
    AUTO = "auto"  # new_episodes
    ONCE = "once"  # once
    LIVE = "live"  # off


class Found(StrEnum):
    """What the cassette knows of a request."""

    FOUND = "found"  # recorded, and not all of its answers are used up
    SPENT = "spent"  # recorded n times, asked n+1
    UNKNOWN = "unknown"  # never recorded


class Action(StrEnum):
    """What happens to a request."""

    ANSWER = "answer"  # with the next recorded answer
    SPEND = "spend"  # as --when-spent says: repeat the last answer, begin anew, or refuse
    KEEP = "keep"  # go live, and keep the answer
    PASS = "pass"  # go live, and keep nothing  # noqa: S105 - not a password
    REFUSE = "refuse"  # 424, and the run fails


class WhenSpent(StrEnum):
    """What a spent request gets in replay."""

    REPEAT = "repeat"  # the last answer again
    MISS = "miss"  # 424
    CYCLE = "cycle"  # the first answer again, and so on


RULES: Final[Mapping[Mode, Mapping[Found, Action]]] = {
    Mode.RECORD: {Found.FOUND: Action.KEEP, Found.SPENT: Action.KEEP, Found.UNKNOWN: Action.KEEP},
    Mode.REPLAY: {Found.FOUND: Action.ANSWER, Found.SPENT: Action.SPEND, Found.UNKNOWN: Action.REFUSE},
    Mode.AUTO: {Found.FOUND: Action.ANSWER, Found.SPENT: Action.KEEP, Found.UNKNOWN: Action.KEEP},
    Mode.LIVE: {Found.FOUND: Action.PASS, Found.SPENT: Action.PASS, Found.UNKNOWN: Action.PASS},
}
"""`once` has no row: it is settled before the first request, see `settled`."""


def settled(mode: Mode, *, complete: bool) -> Mode:
    """The mode a run has in truth: `once` replays a complete session and records any other."""
    if mode is not Mode.ONCE:
        return mode
    return Mode.REPLAY if complete else Mode.RECORD
