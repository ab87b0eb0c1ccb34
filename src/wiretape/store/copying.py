"""The rows of a session, copied from one cassette into another, and what makes two sessions equal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from wiretape.store.bodies import new_digest, read_pieces
from wiretape.store.errors import CassetteDamaged

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping
    from pathlib import Path

    from wiretape.store.interaction import Session

# What an interaction is, apart from what is derived of it and from the rules of the session it stands in.
_CONTENT: Final = (
    "position, identity, method, scheme, host, port, target, request_http_version, request_headers, request_bytes,"
    " status, reason, response_http_version, response_headers, response_trailers, response_bytes, ended, started_at,"
    " first_byte_us, duration_us"
)
_DERIVED: Final = ("seal", "reading", "tool_call")


def fingerprint(connection: sqlite3.Connection, session_id: int) -> str:
    """A digest of a session's interactions: equal ones are copies of each other, whatever their sessions are called."""
    found = new_digest()
    rows = connection.execute(
        f"SELECT id, request_body_id, response_body_id, {_CONTENT} FROM interaction WHERE session_id = ?"  # noqa: S608 - ours
        " ORDER BY position",
        (session_id,),
    )
    for interaction_id, asked, answered, *content in rows:
        chunks = connection.execute(
            "SELECT at_us, size_bytes FROM chunk WHERE interaction_id = ? ORDER BY position", (interaction_id,)
        ).fetchall()
        bodies = [_content_digest(connection, body_id) for body_id in (asked, answered)]
        found.update(msgspec.json.encode([content, bodies, chunks]))
    return found.hexdigest()


def _content_digest(connection: sqlite3.Connection, body_id: int | None) -> str | None:
    row = connection.execute("SELECT digest FROM body WHERE id = ?", (body_id,)).fetchone()
    return None if row is None else row[0] or _digest(connection, body_id)


def _digest(connection: sqlite3.Connection, body_id: int | None) -> str:
    found = new_digest()
    for piece in read_pieces(connection, body_id):
        found.update(piece)
    return found.hexdigest()


class Copier:
    """Copies sessions; called inside a transaction of the cassette that gets them."""

    def __init__(self, source: sqlite3.Connection, into: sqlite3.Connection, path: Path) -> None:
        self._source = source
        self._into = into
        self._path = path
        self._bodies: dict[int, int] = {}

    def session(self, session: Session, name: str) -> None:
        """Copy *session*, as *name*; one whose recording never ended comes as an incomplete one.

        Raises:
            CassetteDamaged: a body is not what was recorded.
        """
        row = self._row("session", session.id)
        del row["id"]
        complete = session.state == "complete"
        row |= {"name": name, "owner": None, "state": "complete" if complete else "incomplete"}
        if session.state == "recording":
            row["problem"] = "it was copied while it was being recorded"
        elif not complete:
            row["problem"] = session.problem
        if name != session.name:
            row["replaces"] = None
        session_id = self._insert("session", row)
        ids = self._source.execute(
            "SELECT id FROM interaction WHERE session_id = ? ORDER BY position", (session.id,)
        ).fetchall()
        for (interaction_id,) in ids:
            self._interaction(interaction_id, session_id)

    def _interaction(self, interaction_id: int, session_id: int) -> None:
        row = self._row("interaction", interaction_id)
        del row["id"]
        row["session_id"] = session_id
        for side in ("request_body_id", "response_body_id"):
            row[side] = self._body(row[side])
        new = self._insert("interaction", row)
        self._into.executemany(
            "INSERT INTO chunk (interaction_id, position, at_us, size_bytes) VALUES (?, ?, ?, ?)",
            self._source.execute(
                "SELECT ?, position, at_us, size_bytes FROM chunk WHERE interaction_id = ?", (new, interaction_id)
            ),
        )
        for table in _DERIVED:
            for derived in self._rows(table, "interaction_id", interaction_id):
                self._insert(table, derived | {"interaction_id": new})
        self._into.executemany(
            "INSERT INTO said (rowid, prompt, text, reasoning, tool_calls) VALUES (?, ?, ?, ?, ?)",
            self._source.execute(
                "SELECT ?, prompt, text, reasoning, tool_calls FROM said WHERE rowid = ?", (new, interaction_id)
            ),
        )

    def _body(self, body_id: object) -> int | None:
        """The row here of a body there; it is copied where it is not here yet."""
        if not isinstance(body_id, int):
            return None
        if body_id not in self._bodies:
            digest, size = self._source.execute(
                "SELECT digest, size_bytes FROM body WHERE id = ?", (body_id,)
            ).fetchone()
            known = self._into.execute("SELECT id FROM body WHERE digest = ?", (digest,)).fetchone()
            self._bodies[body_id] = known[0] if known else self._copied(body_id, digest, size)
        return self._bodies[body_id]

    def _copied(self, body_id: int, digest: str | None, size: int) -> int:
        new = self._insert("body", {"digest": digest, "size_bytes": size})
        found = new_digest()
        for position, piece in enumerate(read_pieces(self._source, body_id)):
            found.update(piece)
            self._insert("piece", {"body_id": new, "position": position, "bytes": piece})
        if digest not in (None, found.hexdigest()):
            # What is damaged there must not come to be trusted here.
            raise CassetteDamaged(
                f"{self._path} is damaged: body {body_id} is not what was recorded; nothing was merged"
            )
        return new

    def _row(self, table: str, row_id: int) -> dict[str, object]:
        (found,) = self._rows(table, "id", row_id)
        return found

    def _rows(self, table: str, column: str, value: int) -> list[dict[str, object]]:
        cursor = self._source.execute(f"SELECT * FROM {table} WHERE {column} = ?", (value,))  # noqa: S608 - names are ours
        names = [facts[0] for facts in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def _insert(self, table: str, values: Mapping[str, object]) -> int:
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        cursor = self._into.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values()))  # noqa: S608 - names are ours
        return cursor.lastrowid or 0
