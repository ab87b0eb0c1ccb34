"""The life of a session: begun, taken over, adopted. Each function is one operation inside a transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from wiretape.store import owner
from wiretape.store.errors import SessionBusy, SessionMissing, UsageError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

# Every message that lists sessions holds their names.
_LONGEST_NAME = 500

type Begin = Literal["replace", "append"]


class Opened(msgspec.Struct, frozen=True):
    """A session that is being written.

    Attributes:
        id: its row.
        name: what it is called until it ends: `NAME~2` while NAME is recorded again.
        target: what it will be called when it ends well.
        position: the last position taken.
        placeholders: the highest placeholder number handed out.
        complete: it was complete before, and is added to.
    """

    id: int
    name: str
    target: str
    position: int = 0
    placeholders: int = 0
    complete: bool = False


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """What a new session is told about itself."""

    name: str
    upstream: str
    started_at: str
    recorder: str
    rules: str = "{}"


def begin(connection: sqlite3.Connection, new: Description, how: Begin) -> Opened:
    """Begin to write a session.

    Args:
        connection: inside a transaction.
        new: what the session is called and why.
        how: `replace` writes beside a session of that name and takes its name over at a good end; `append` adds to it.

    Raises:
        SessionBusy: another process writes it.
    """
    _bury_the_dead(connection)
    row = connection.execute("SELECT id, state, placeholder_count FROM session WHERE name = ?", (new.name,)).fetchone()
    rival = connection.execute(
        "SELECT owner FROM session WHERE ? IN (name, replaces) AND state = 'recording'", (new.name,)
    ).fetchone()
    if rival is not None:
        raise SessionBusy(
            f"session {new.name!r} is being recorded by another process ({rival[0]}); "
            "wait for its end, or record under another name"
        )
    if row is None:
        return Opened(_insert(connection, new, new.name, None), new.name, new.name)
    if how == "append":
        connection.execute(
            "UPDATE session SET state = 'recording', owner = ?, ended_at = NULL, problem = NULL WHERE id = ?",
            (owner.current(), row[0]),
        )
        (last,) = connection.execute(
            "SELECT coalesce(max(position), 0) FROM interaction WHERE session_id = ?", (row[0],)
        ).fetchone()
        return Opened(row[0], new.name, new.name, last, row[2], row[1] == "complete")
    beside = name_beside(connection, new.name)
    return Opened(_insert(connection, new, beside, new.name), beside, new.name)


def end_well(connection: sqlite3.Connection, session_id: int, ended_at: str) -> str:
    """End a session as complete and let it take over the name it was recorded for; says the name it now bears.

    A session without interactions takes nothing over: what it would replace was paid for. Earlier attempts to record
    that name which did not end well go with what they were to replace, unless nothing was recorded now.
    """
    name, replaces = _named(connection, session_id)
    if replaces is not None and _is_empty(connection, session_id):
        connection.execute("DELETE FROM session WHERE id = ?", (session_id,))
        return replaces
    if replaces is not None:
        remove(connection, replaces)
        connection.execute("UPDATE session SET name = ?, replaces = NULL WHERE id = ?", (replaces, session_id))
        name = replaces
    _remove_attempts(connection, name, session_id)
    connection.execute(
        "UPDATE session SET state = 'complete', problem = NULL, owner = NULL, ended_at = ? WHERE id = ?",
        (ended_at, session_id),
    )
    return name


def end_badly(connection: sqlite3.Connection, opened: Opened, ended_at: str, problem: str) -> str:
    """Keep a session as incomplete, under the name it was written; says that name. An older one keeps its own.

    A complete session that was added to stays complete: what it held before is as good as ever.
    """
    session_id = opened.id
    name, replaces = _named(connection, session_id)
    if replaces is not None and _is_empty(connection, session_id):
        connection.execute("DELETE FROM session WHERE id = ?", (session_id,))
        return replaces
    connection.execute(
        "UPDATE session SET state = ?, problem = ?, owner = NULL, ended_at = ? WHERE id = ?",
        (*(("complete", None) if opened.complete else ("incomplete", problem)), ended_at, session_id),
    )
    return name


def adopt(connection: sqlite3.Connection, name: str, ended_at: str) -> str:
    """Make an incomplete session a complete one, in the place of the one it was to replace; says its name.

    Raises:
        SessionMissing: there is none of that name.
        SessionBusy: it is being written.
        UsageError: it is complete already.
    """
    _bury_the_dead(connection)
    row = connection.execute("SELECT id, state FROM session WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise SessionMissing(f"no session {name!r} in this cassette; `wiretape sessions` lists them")
    if row[1] == "recording":
        raise SessionBusy(f"session {name!r} is still being recorded; wait for its end")
    if row[1] == "complete":
        raise UsageError(f"session {name!r} is complete already; there is nothing to adopt")
    connection.execute("UPDATE session SET ended_at = coalesce(ended_at, ?) WHERE id = ?", (ended_at, row[0]))
    return end_well(connection, row[0], ended_at)


def rename(connection: sqlite3.Connection, old: str, new: str) -> None:
    """Give the session *old* the name *new*.

    Raises:
        SessionMissing: there is no session *old*.
        SessionBusy: it is being recorded.
        UsageError: *new* is taken, or is no name.
    """
    check_name(new)
    session_id = at_rest(connection, old)
    if exists(connection, new):
        raise UsageError(f"there is a session {new!r} already; choose another name, or `wiretape prune` that one")
    # Who gives a session a name of its own does not want it to take another one's place any more.
    connection.execute("UPDATE session SET name = ?, replaces = NULL WHERE id = ?", (new, session_id))


def check_name(name: str) -> None:
    """Make sure that *name* may be given to a session.

    Raises:
        UsageError: it is empty, or holds what no session's name may hold.
    """
    if len(name) > _LONGEST_NAME:
        raise UsageError(f"a session's name has at most {_LONGEST_NAME} characters, and this one {len(name)}")
    # `~` tells the sessions apart that were recorded beside one of the same name.
    if not name.strip() or "~" in name or not name.isprintable():
        raise UsageError(f"{name!r} is no name for a session: it must not be empty nor hold `~` or control characters")


def at_rest(connection: sqlite3.Connection, name: str) -> int:
    """The row of the session *name*, which nobody writes, neither itself nor what is to take its place.

    Raises:
        SessionMissing: there is none; the message lists those there are.
        SessionBusy: it is being recorded.
    """
    for who in connection.execute(
        "SELECT owner FROM session WHERE ? IN (name, replaces) AND state = 'recording'", (name,)
    ).fetchall():
        if owner.alive(who[0]):
            raise SessionBusy(f"session {name!r} is being recorded by another process ({who[0]}); wait for its end")
    row = connection.execute("SELECT id FROM session WHERE name = ?", (name,)).fetchone()
    if row is None:
        names = ", ".join(repr(r[0]) for r in connection.execute("SELECT name FROM session ORDER BY id"))
        raise SessionMissing(f"no session {name!r} in this cassette; it holds {names or 'none at all'}")
    return int(row[0])


def rows(connection: sqlite3.Connection) -> list[tuple[int, str]]:
    """All sessions with their names."""
    return connection.execute("SELECT id, name FROM session ORDER BY id").fetchall()


def other_name(connection: sqlite3.Connection, name: str) -> str:
    """A name like *name* that no session bears: `NAME-2`; of one that was recorded beside another, `NAME~3`."""
    beside, tilde, _ = name.rpartition("~")
    if tilde:
        return name_beside(connection, beside)
    taken = {row[0] for row in connection.execute("SELECT name FROM session")}
    return next(candidate for n in range(2, len(taken) + 3) if (candidate := f"{name}-{n}") not in taken)


def being_recorded(connection: sqlite3.Connection) -> str | None:
    """The name of a session that somebody writes right now; None where nobody does."""
    rows = connection.execute("SELECT name, owner FROM session WHERE state = 'recording'").fetchall()
    return next((name for name, who in rows if owner.alive(who)), None)


def incomplete(connection: sqlite3.Connection) -> list[tuple[int, str]]:
    """The rows and names of incomplete sessions, those of dead recorders among them."""
    rows = connection.execute("SELECT id, name, owner FROM session WHERE state <> 'complete' ORDER BY id").fetchall()
    return [(session_id, name) for session_id, name, who in rows if not owner.alive(who)]


def _bury_the_dead(connection: sqlite3.Connection) -> None:
    """Sessions whose recorder was killed are incomplete from now on."""
    for session_id, who in connection.execute("SELECT id, owner FROM session WHERE state = 'recording'").fetchall():
        if not owner.alive(who):
            connection.execute(
                "UPDATE session SET state = 'incomplete', owner = NULL, problem = ? WHERE id = ?",
                ("its recorder was killed", session_id),
            )


def _insert(connection: sqlite3.Connection, new: Description, name: str, replaces: str | None) -> int:
    cursor = connection.execute(
        "INSERT INTO session (name, replaces, state, upstream, started_at, rules, owner, recorder)"
        " VALUES (?, ?, 'recording', ?, ?, ?, ?, ?)",
        (name, replaces, new.upstream, new.started_at, new.rules, owner.current(), new.recorder),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def exists(connection: sqlite3.Connection, name: str) -> bool:
    """Whether there is a session *name*."""
    return connection.execute("SELECT 1 FROM session WHERE name = ?", (name,)).fetchone() is not None


def name_beside(connection: sqlite3.Connection, name: str) -> str:
    """A name for what is recorded beside the session *name*: `NAME~2`."""
    taken = {row[0] for row in connection.execute("SELECT name FROM session")}
    return next(candidate for n in range(2, len(taken) + 3) if (candidate := f"{name}~{n}") not in taken)


def _named(connection: sqlite3.Connection, session_id: int) -> tuple[str, str | None]:
    name, replaces = connection.execute("SELECT name, replaces FROM session WHERE id = ?", (session_id,)).fetchone()
    return name, replaces


def _remove_attempts(connection: sqlite3.Connection, name: str, before: int) -> None:
    """Delete incomplete sessions that were to replace *name* and are older than that row, which holds something."""
    found = connection.execute(
        "SELECT name FROM session WHERE replaces = ? AND state = 'incomplete' AND id < ?"
        " AND EXISTS (SELECT 1 FROM interaction WHERE session_id = ?)",
        (name, before, before),
    ).fetchall()
    for (attempt,) in found:
        remove(connection, attempt)


def _is_empty(connection: sqlite3.Connection, session_id: int) -> bool:
    found = connection.execute("SELECT 1 FROM interaction WHERE session_id = ? LIMIT 1", (session_id,))
    return found.fetchone() is None


def remove(connection: sqlite3.Connection, name: str) -> None:
    """Delete a session with the bodies that no other interaction holds."""
    bodies = connection.execute(
        "SELECT request_body_id, response_body_id FROM interaction JOIN session ON session.id = session_id"
        " WHERE name = ?",
        (name,),
    ).fetchall()
    connection.execute("DELETE FROM session WHERE name = ?", (name,))
    remove_bodies(connection, [body for pair in bodies for body in pair])


def remove_empty(connection: sqlite3.Connection, name: str) -> None:
    """Delete the session *name* where it has no interactions."""
    connection.execute(
        "DELETE FROM session WHERE name = ? AND NOT EXISTS (SELECT 1 FROM interaction WHERE session_id = session.id)",
        (name,),
    )


def remove_bodies(connection: sqlite3.Connection, bodies: Iterable[int | None]) -> None:
    """Delete those of *bodies* that no interaction holds."""
    connection.executemany(
        "DELETE FROM body WHERE id = ? AND NOT EXISTS (SELECT 1 FROM interaction WHERE request_body_id = body.id)"
        " AND NOT EXISTS (SELECT 1 FROM interaction WHERE response_body_id = body.id)",
        [(body,) for body in bodies if body is not None],
    )
