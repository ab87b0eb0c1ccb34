"""Sessions whose test is gone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def find(expected: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The sessions of cassettes that no test has.

    Args:
        expected: the cassettes to look into, each with the sessions that have a test.
    """
    from wiretape.addons.pytesting.looking import names
    from wiretape.store.errors import WiretapeError

    found: dict[str, list[str]] = {}
    for path, tests in expected.items():
        try:
            held = names(Path(path))
        except WiretapeError:
            # Whoever replays it is told; here nothing can be known of it.
            continue
        known = set(tests)
        # What was recorded beside a session of a test is no orphan but a recording that waits to be adopted.
        gone = [name for name in held if name.partition("~")[0] not in known]
        if gone:
            found[path] = gone
    return found


def prune(orphans: Mapping[str, Sequence[str]]) -> tuple[int, list[str]]:
    """Remove them; says how many, and of which cassettes they could not be removed and why."""
    from wiretape.addons.pytesting.looking import names
    from wiretape.store.errors import WiretapeError
    from wiretape.store.pruning import prune as remove

    removed, failed = 0, list[str]()
    for path, gone in orphans.items():
        try:
            remove(Path(path), gone, incomplete=False, dry_run=False)
            removed += len(gone)
            if not names(Path(path)):
                Path(path).unlink()
        except WiretapeError as error:
            failed.append(str(error))
    return removed, failed
