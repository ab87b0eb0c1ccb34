"""What became of a session, whichever engine had it, as the verdict and the report need it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wiretape.addons.pytesting.fixture import Wiretape


def facts_of(tape: Wiretape) -> dict[str, Any] | None:
    """End a session and say what became of it, `misses` as `Miss`; None where nobody had asked for it."""
    opened = tape.opened
    tape.restore()
    if opened is None or tape.facts is not None:
        return tape.facts
    from wiretape.store.errors import WiretapeError

    problem = tape.problem
    told: dict[str, Any] = {}
    try:
        told = opened.close(problem)
    except WiretapeError as error:
        # A recorder that died has kept nothing that can be relied on.
        problem = tape.lost = str(error)
    tape.facts = {
        "nodeid": tape.nodeid,
        "cassette": str(tape.place.cassette),
        "session": told.get("session", tape.place.session),
        "mode": opened.mode,
        "strict": opened.strict,
        "replayed": told.get("served", 0),
        "recorded": told.get("recorded", 0),
        "passed": told.get("passed", 0),
        "misses": _misses(told.get("misses", [])),
        "unused": told.get("unused", []),
        "problem": told.get("problem") or problem,
        "faults": [*told.get("defects", []), *told.get("unreachable", [])],
    }
    return tape.facts


def plain(facts: dict[str, Any]) -> dict[str, Any]:
    """The same for a report that may have to cross to another process."""
    import msgspec

    return {**facts, "misses": msgspec.to_builtins(facts["misses"])}


def _misses(told: list[Any]) -> list[Any]:
    import msgspec

    from wiretape.proxy.decide.misses import Miss

    return [miss if isinstance(miss, Miss) else msgspec.convert(miss, Miss) for miss in told]
