"""Removing sessions and interactions from a cassette, with the bodies that nobody else holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from wiretape.store import queries, sessions
from wiretape.store.cassette import Cassette
from wiretape.store.changing import change, shrink
from wiretape.store.errors import InteractionMissing, UsageError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from pathlib import Path

    from wiretape.store.interaction import Interaction

_OF_SESSION = "SELECT id FROM interaction WHERE session_id = ?"
_ORPHANS = """
SELECT id, size_bytes FROM body
WHERE NOT EXISTS (SELECT 1 FROM interaction WHERE request_body_id = body.id
        AND interaction.id NOT IN (SELECT value FROM json_each(:gone)))
    AND NOT EXISTS (SELECT 1 FROM interaction WHERE response_body_id = body.id
        AND interaction.id NOT IN (SELECT value FROM json_each(:gone)))
"""


class Pruned(msgspec.Struct, frozen=True):
    """What was removed, or would be.

    Attributes:
        sessions: the names of whole sessions.
        interactions: those of sessions that stay, as SESSION/POSITION.
        interaction_count: all interactions that went, those of whole sessions included.
        body_count: the bodies that nobody else held.
        body_bytes: their size.
        file_bytes: what the file gave back to the disk.
    """

    sessions: list[str]
    interactions: list[str]
    interaction_count: int
    body_count: int
    body_bytes: int
    file_bytes: int = 0


class _Plan(msgspec.Struct, frozen=True):
    """Rows to remove: sessions with their names, interactions, bodies that nobody else holds with their sizes."""

    sessions: dict[int, str]
    interactions: list[int]
    bodies: dict[int, int]
    named: list[str]

    def told(self, file_bytes: int = 0) -> Pruned:
        return Pruned(
            sessions=list(self.sessions.values()),
            interactions=self.named,
            interaction_count=len(self.interactions),
            body_count=len(self.bodies),
            body_bytes=sum(self.bodies.values()),
            file_bytes=file_bytes,
        )


def prune(path: Path, names: Iterable[str], *, incomplete: bool, dry_run: bool) -> Pruned:
    """Remove what is named from the cassette at *path*.

    Args:
        path: the cassette.
        names: of sessions, and of interactions by id or as SESSION/POSITION.
        incomplete: all incomplete sessions go too.
        dry_run: only say what would be removed.

    Raises:
        WiretapeError: there is no such cassette, something named is not there or is being recorded.
    """
    wanted = list(dict.fromkeys(names))
    if dry_run:
        with Cassette.open(path) as cassette:
            return cassette.looked(lambda connection: _plan(connection, wanted, incomplete=incomplete)).told()

    def run(connection: sqlite3.Connection) -> _Plan:
        plan = _plan(connection, wanted, incomplete=incomplete)
        _carry_out(connection, plan)
        return plan

    plan = change(path, run)
    return plan.told(shrink(path))


def _plan(connection: sqlite3.Connection, names: list[str], *, incomplete: bool) -> _Plan:
    whole = dict(sessions.incomplete(connection)) if incomplete else {}
    single: dict[int, str] = {}
    for name in names:
        session, found = _meant(connection, name)
        if session is not None:
            whole[session] = name
        elif found is not None:
            single[found.id] = f"{found.session}/{found.position}"
            sessions.at_rest(connection, found.session)
    gone = {row[0] for session in whole for row in connection.execute(_OF_SESSION, (session,))}
    named = [name for interaction, name in single.items() if interaction not in gone]
    ids = sorted(gone | set(single))
    orphans = connection.execute(_ORPHANS, {"gone": msgspec.json.encode(ids).decode()})
    return _Plan(whole, ids, dict(orphans.fetchall()), named)


def _meant(connection: sqlite3.Connection, name: str) -> tuple[int | None, Interaction | None]:
    """The session or the interaction that is called *name*."""
    found = queries.named(connection, name)
    if not sessions.exists(connection, name):
        if found is None:
            raise InteractionMissing(
                f"no session and no interaction {name!r} in this cassette; "
                "`wiretape sessions` and `wiretape ls` list them"
            )
        return None, found
    if found is not None:
        raise UsageError(
            f"{name!r} is a session, and interaction {found.session}/{found.position} too; "
            "give the session another name with `wiretape rename` first"
        )
    return sessions.at_rest(connection, name), None


def _carry_out(connection: sqlite3.Connection, plan: _Plan) -> None:
    connection.executemany("DELETE FROM interaction WHERE id = ?", [(row,) for row in plan.interactions])
    connection.executemany("DELETE FROM session WHERE id = ?", [(row,) for row in plan.sessions])
    connection.executemany("DELETE FROM body WHERE id = ?", [(row,) for row in plan.bodies])
