"""Plans for the upstream in memory: of recorded answers, and of answers that are our own."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from wiretape.addons.mitm import conversion
from wiretape.addons.mitm.layers import Plan
from wiretape.store.interaction import ResponseHead

if TYPE_CHECKING:
    from collections.abc import Callable

    from wiretape.addons.mitm.visit import Visit
    from wiretape.proxy.decide.misses import Miss
    from wiretape.proxy.recorded import Recorded
    from wiretape.store.interaction import Headers


def replayed(recorded: Recorded, visit: Visit, say: Callable[[Miss], None]) -> Plan:
    """The plan of a recorded answer; *say* is told where the rest of it cannot be read."""
    pace, clock = visit.run.settings.pace, visit.run.clock

    def wait(at_us: int) -> float:
        return 0.0 if pace.instant else pace.delay(at_us) - (clock.microseconds() - visit.began_us) / 1_000_000

    # The first chunk is read before the head is out: bytes that are damaged are a miss then, not a broken answer.
    timed = recorded.timed()
    chunks = itertools.chain([first for first in [next(timed, None)] if first is not None], timed)
    return Plan(
        response=conversion.to_response(recorded.head),
        chunks=chunks,
        whole=recorded.whole,
        first_byte_us=recorded.first_byte_us,
        ended_us=recorded.duration_us or 0,
        wait=wait,
        failed=lambda error: say(visit.run.playback.failed(visit.head, error)),
    )


def told(status: int, reason: str, headers: Headers, document: bytes) -> Plan:
    """The plan of an answer that is our own, its length among the headers."""
    head = ResponseHead(status=status, reason=reason, headers=headers)
    return Plan(conversion.to_response(head), iter([(0, document)] if document else []))
