"""What came nearest to a request that was missed, and what a person can do about it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import msgspec

from wiretape.proxy.decide.hints import rules_against
from wiretape.proxy.decide.misses import Miss, Neighbour

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from wiretape.proxy.decide.difference import Difference
    from wiretape.proxy.decide.nearest import Near
    from wiretape.store.interaction import Interaction


def with_neighbours(miss: Miss, near: Sequence[Near[Interaction]], path: Path) -> Miss:
    """*miss* with the recordings of the cassette at *path* that came *near* to it, the nearest first."""
    if not near:
        return miss
    rules = rules_against(near[0].differences) if near[0].ref.status is not None else None
    options = "".join(f" {option} {shlex.quote(value)}" for option, value in rules or ())
    cassette = shlex.quote(str(path))
    name = f"{near[0].ref.session}/{near[0].ref.position}"
    return msgspec.structs.replace(
        miss,
        nearest=[_neighbour(found) for found in near],
        look=f"wiretape show {shlex.quote(name)} -c {cassette}",
        leave_out=f"wiretape rekey {shlex.quote(miss.session)} -c {cassette}{options}" if options else None,
    )


def _neighbour(near: Near[Interaction]) -> Neighbour:
    found = near.ref
    return Neighbour(
        interaction=f"{found.session}/{found.position}",
        id=found.id,
        request=f"{found.method} {found.path}",
        score=round(near.score, 3),
        differences=_told(found, near.differences),
    )


def _told(interaction: Interaction, differences: Sequence[Difference]) -> list[str]:
    if interaction.status is None:
        return [f"recorded without an answer: {interaction.problem or interaction.ended}", *map(str, differences)]
    return [difference.text() for difference in differences]
