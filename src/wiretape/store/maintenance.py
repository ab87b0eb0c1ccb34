"""Changes to a cassette that no recording makes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from wiretape.store import derived, identity, sessions
from wiretape.store.changing import change
from wiretape.store.opening import leave_plain, open_writer

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

# So many readings share a commit; a progress bar moves between them.
_GROUP = 200


def adopt(path: Path, name: str, at: str) -> str:
    """Make the session *name* complete, in the place of the one it was to replace; says the name it now bears.

    Raises:
        WiretapeError: there is no such cassette or session, or it is being written, or it is complete already.
    """
    return change(path, lambda connection: sessions.adopt(connection, name, at))


def rename(path: Path, old: str, new: str) -> None:
    """Give the session *old* the name *new*.

    Raises:
        WiretapeError: there is no such cassette or session, it is being recorded, or *new* is taken or no name.
    """
    change(path, lambda connection: sessions.rename(connection, old, new))


def reindex(path: Path, progress: Callable[[int, int], None]) -> list[int]:
    """Make all readings of a cassette anew; says which interactions were not understood.

    Args:
        path: the cassette.
        progress: told how many of how many interactions are read.

    Raises:
        WiretapeError: there is no such cassette, or it cannot be written.
    """
    identity.check(path)
    writer = open_writer(path)
    problems: list[int] = []

    def read(connection: sqlite3.Connection, ids: list[int]) -> None:
        for interaction_id in ids:
            found = derived.read(derived.stored(connection, interaction_id))
            derived.write(connection, interaction_id, found)
            if found.problem:
                problems.append(interaction_id)

    try:
        answered = "SELECT id FROM interaction WHERE status IS NOT NULL ORDER BY id"
        ids = [row[0] for row in writer.submit(lambda connection: connection.execute(answered).fetchall()).result()]
        for start in range(0, len(ids), _GROUP):
            writer.submit(partial(read, ids=ids[start : start + _GROUP])).result()
            progress(min(start + _GROUP, len(ids)), len(ids))
    finally:
        writer.close()
        leave_plain(path)
    return problems
