"""New answers in the place of old ones: recorded into a session beside, then moved, all in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from wiretape.store import heads, sessions
from wiretape.store.changing import change
from wiretape.store.errors import SessionBusy

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path

    from wiretape.store.interaction import Session

# What of an interaction is its answer; the request, its key and its place stay.
_ANSWER: Final = (
    "status, reason, response_http_version, response_headers, response_trailers, response_body_id, response_bytes,"
    " chunk_count, kind, ended, problem, started_at, first_byte_us, duration_us"
)
NOT_IN_PLACE: Final = "answers that were recorded again and not put in place"
"""Why a session that was recorded beside another one is incomplete, until `put_in_place` takes what it holds."""


class Replacement(NamedTuple):
    """An interaction, and the one whose answer it gets."""

    old_id: int
    new_id: int


class Beside(NamedTuple):
    """A session, the name of the one that was recorded beside it, and what is to be taken from there."""

    session: Session
    name: str
    replacements: Sequence[Replacement]


def begin_beside(path: Path, session: Session) -> str:
    """Make an empty session beside *session*, to be appended to; says its name.

    Its placeholders go on above those of *session*, for its answers are to stand among that one's.

    Raises:
        WiretapeError: the cassette cannot be written, or *session* is gone or being recorded.
    """

    def run(connection: sqlite3.Connection) -> str:
        row = sessions.at_rest(connection, session.name)
        name = sessions.name_beside(connection, session.name)
        connection.execute(
            "INSERT INTO session (name, state, problem, upstream, started_at, rules, placeholder_count, recorder)"
            " SELECT ?, 'incomplete', ?, upstream, started_at, rules, placeholder_count, recorder FROM session"
            " WHERE id = ?",
            (name, NOT_IN_PLACE, row),
        )
        return name

    return change(path, run)


def put_in_place(path: Path, all_besides: Sequence[Beside]) -> None:
    """Give interactions the answers that were recorded beside them, and remove what was beside.

    Raises:
        WiretapeError: the cassette cannot be written, or a session was changed meanwhile; then nothing is changed.
    """

    def run(connection: sqlite3.Connection) -> None:
        for beside in all_besides:
            _check(connection, beside)
            for replacement in beside.replacements:
                _move(connection, replacement)
            connection.execute(
                # Where nothing was recorded there is no session beside.
                "UPDATE session SET placeholder_count = max(placeholder_count,"
                " coalesce((SELECT placeholder_count FROM session WHERE name = ?), 0)) WHERE id = ?",
                (beside.name, beside.session.id),
            )
            sessions.remove(connection, beside.name)

    change(path, run)


def drop_empty(path: Path, name: str) -> None:
    """Remove the session *name* where nothing was recorded into it."""
    change(path, lambda connection: sessions.remove_empty(connection, name))


def _check(connection: sqlite3.Connection, beside: Beside) -> None:
    session, name, replacements = beside
    same = sessions.exists(connection, session.name) and sessions.at_rest(connection, session.name) == session.id
    if not same or not all(_is_of(connection, session.id, old) for old, _ in replacements):
        raise SessionBusy(
            f"session {session.name!r} was changed meanwhile; its new answers are kept as session {name!r}"
        )


def _is_of(connection: sqlite3.Connection, session_id: int, interaction_id: int) -> bool:
    found = connection.execute("SELECT session_id FROM interaction WHERE id = ?", (interaction_id,)).fetchone()
    return found is not None and found[0] == session_id


def _move(connection: sqlite3.Connection, replacement: Replacement) -> None:
    old, new = replacement
    (body,) = connection.execute("SELECT response_body_id FROM interaction WHERE id = ?", (old,)).fetchone()
    connection.execute(
        f"UPDATE interaction SET ({_ANSWER}) = (SELECT {_ANSWER} FROM interaction WHERE id = ?),"  # noqa: S608 - ours
        " redacted = max(redacted, (SELECT redacted FROM interaction WHERE id = ?)) WHERE id = ?",
        (new, new, old),
    )
    for table in ("chunk", "reading", "tool_call"):
        connection.execute(f"DELETE FROM {table} WHERE interaction_id = ?", (old,))  # noqa: S608 - ours
        connection.execute(f"UPDATE {table} SET interaction_id = ? WHERE interaction_id = ?", (old, new))  # noqa: S608 - ours
    heads.seal(connection, old)
    connection.execute("DELETE FROM said WHERE rowid = ?", (old,))
    connection.execute(
        "INSERT INTO said (rowid, prompt, text, reasoning, tool_calls)"
        " SELECT ?, prompt, text, reasoning, tool_calls FROM said WHERE rowid = ?",
        (old, new),
    )
    sessions.remove_bodies(connection, [body])
