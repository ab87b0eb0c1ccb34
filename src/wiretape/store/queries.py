"""The statements that read a cassette."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wiretape.store import owner
from wiretape.store.interaction import Chunk, Interaction, Request, ResponseHead, Session
from wiretape.store.rows import headers_from_json

if TYPE_CHECKING:
    import sqlite3

    from wiretape.store.interaction import Headers


_INTERACTIONS = """
SELECT interaction.id, session.name, interaction.position, identity, match_key, method, scheme, host, port, target,
    status, kind, ended, interaction.problem, redacted, request_bytes, response_bytes, chunk_count,
    interaction.started_at, first_byte_us, duration_us, generation, model, thread_id, response_id, stop_reason,
    session.state, session.owner
FROM interaction
JOIN session ON session.id = session_id
LEFT JOIN reading ON reading.interaction_id = interaction.id
"""
_CONDITIONS = {
    "session_id": "session_id",
    "session_name": "session.name",
    "position": "interaction.position",
    "interaction_id": "interaction.id",
}


class StoredRequest(NamedTuple):
    """An interaction's request, and where its body lies."""

    head: Request
    body_id: int | None


class StoredResponse(NamedTuple):
    """An interaction's response, None as head where none came, and where its body lies."""

    head: ResponseHead | None
    trailers: Headers
    body_id: int | None
    ended: str | None


def sessions(connection: sqlite3.Connection) -> list[Session]:
    """All sessions; one whose recorder is dead reads as incomplete."""
    rows = connection.execute(
        "SELECT id, name, state, problem, replaces, upstream, started_at, ended_at, rules, owner,"
        " (SELECT count(*) FROM interaction WHERE session_id = session.id) FROM session ORDER BY id"
    )
    return [_session(row) for row in rows]


def _session(row: tuple[object, ...]) -> Session:
    *facts, who, count = row
    session = Session(*facts, count)  # type: ignore[arg-type, call-arg]
    if session.state != "recording" or owner.alive(None if who is None else str(who)):
        return session
    session.state = "incomplete"
    session.problem = "its recorder was killed"
    return session


def interactions(connection: sqlite3.Connection, **conditions: int | str) -> list[Interaction]:
    """The interactions that meet all *conditions*, with the columns of their readings.

    Args:
        connection: open for reading.
        conditions: names of `_CONDITIONS` and the values they shall have.
    """
    # Only what is asked for stands in the statement, so that it finds its index.
    where = " AND ".join(f"{_CONDITIONS[name]} = :{name}" for name in conditions) or "1"
    rows = connection.execute(f"{_INTERACTIONS} WHERE {where} ORDER BY session_id, interaction.position", conditions)
    living: dict[str | None, bool] = {}
    return [_interaction(row, living) for row in rows]


def _interaction(row: tuple[object, ...], living: dict[str | None, bool]) -> Interaction:
    *facts, state, who = row
    found = Interaction(*facts)  # type: ignore[arg-type]
    found.redacted = bool(found.redacted)
    if found.ended is None:
        key = None if who is None else str(who)
        if key not in living:
            living[key] = state == "recording" and owner.alive(key)
        if not living[key]:
            found.ended = "interrupted"
    return found


def request(connection: sqlite3.Connection, interaction_id: int) -> StoredRequest:
    """The request of an interaction."""
    *facts, headers, body_id = connection.execute(
        "SELECT method, scheme, host, port, target, request_http_version, request_headers, request_body_id"
        " FROM interaction WHERE id = ?",
        (interaction_id,),
    ).fetchone()
    method, scheme, host, port, target, version = facts
    head = Request(
        method=method,
        scheme=scheme,
        host=host,
        port=port,
        target=target,
        http_version=version,
        headers=headers_from_json(headers),
    )
    return StoredRequest(head, body_id)


def response(connection: sqlite3.Connection, interaction_id: int) -> StoredResponse:
    """The response of an interaction."""
    status, reason, version, headers, trailers, body_id, ended = connection.execute(
        "SELECT status, reason, response_http_version, response_headers, response_trailers, response_body_id,"
        " ended FROM interaction WHERE id = ?",
        (interaction_id,),
    ).fetchone()
    head = None
    if status is not None:
        head = ResponseHead(status=status, reason=reason, http_version=version, headers=headers_from_json(headers))
    return StoredResponse(head, headers_from_json(trailers), body_id, ended)


def chunks(connection: sqlite3.Connection, interaction_id: int) -> list[Chunk]:
    """The chunks of an answer."""
    rows = connection.execute(
        "SELECT at_us, size_bytes FROM chunk WHERE interaction_id = ? ORDER BY position", (interaction_id,)
    )
    return [Chunk(*row) for row in rows]


def answers(connection: sqlite3.Connection, session_id: int, match_key: str) -> list[int]:
    """The interactions that answer a key: those with a response's head. 101 is none: what follows it is not HTTP."""
    rows = connection.execute(
        "SELECT id FROM interaction WHERE session_id = ? AND match_key = ? AND status IS NOT NULL AND status <> 101"
        " ORDER BY position",
        (session_id, match_key),
    )
    return [row[0] for row in rows]


def reading_details(connection: sqlite3.Connection, interaction_id: int) -> bytes | None:
    """The JSON of an answer's reading."""
    row = connection.execute("SELECT details FROM reading WHERE interaction_id = ?", (interaction_id,)).fetchone()
    return None if row is None else str(row[0]).encode()


def digest_and_size(connection: sqlite3.Connection, body_id: int | None) -> tuple[str | None, int]:
    """A body's digest (None where its end never came) and size."""
    row = connection.execute("SELECT digest, size_bytes FROM body WHERE id = ?", (body_id,)).fetchone()
    return (None, 0) if row is None else (row[0], row[1])
