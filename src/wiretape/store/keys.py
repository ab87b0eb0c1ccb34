"""New match keys for a session that is there, and the rules that made them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wiretape.store import sessions
from wiretape.store.changing import change
from wiretape.store.errors import SessionBusy

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path

    from wiretape.store.interaction import Session


class NewKey(NamedTuple):
    """An interaction, the key it has, and the one it gets."""

    interaction_id: int
    old: str | None
    new: str | None


class NewKeys(NamedTuple):
    """A session, the rules (JSON) that made its new keys, and these."""

    session: Session
    rules: str
    keys: Sequence[NewKey]


def put_keys(path: Path, changes: Sequence[NewKeys]) -> None:
    """Give the interactions of sessions their new keys, and the sessions the rules that made them: all or nothing.

    Raises:
        WiretapeError: the cassette cannot be written, a session is being recorded, or it is no longer the one whose
            keys these are; nothing is changed then.
    """

    def run(connection: sqlite3.Connection) -> None:
        for one in changes:
            _put(connection, one)

    change(path, run)


def _put(connection: sqlite3.Connection, one: NewKeys) -> None:
    session = one.session
    same = sessions.at_rest(connection, session.name) == session.id
    (count,) = connection.execute("SELECT count(*) FROM interaction WHERE session_id = ?", (session.id,)).fetchone()
    updated = connection.executemany(
        "UPDATE interaction SET match_key = ? WHERE id = ? AND session_id = ? AND match_key IS ?",
        [(key.new, key.interaction_id, session.id, key.old) for key in one.keys],
    ).rowcount
    if not same or not count == len(one.keys) == max(updated, 0):
        raise SessionBusy(f"session {session.name!r} was changed meanwhile; run the command again")
    connection.execute("UPDATE session SET rules = ? WHERE id = ?", (one.rules, session.id))
