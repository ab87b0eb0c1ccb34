"""The statements that read a cassette."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from wiretape.store import owner
from wiretape.store.heads import COLUMNS, seal_of
from wiretape.store.interaction import Chunk, Interaction, Request, ResponseHead, Session
from wiretape.store.rows import headers_from_json

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

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
_RESPONSE = f"""
SELECT {COLUMNS}, digest, response_body_id, response_bytes, first_byte_us, duration_us
FROM interaction LEFT JOIN seal ON interaction_id = id WHERE id = ?
"""  # noqa: S608 - ours
# SQLite's integers have no more.
_DIGITS = 18
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
    """An interaction's response, None as head where none came; where its body lies, and how it came (microseconds).

    Attributes:
        intact: False where the heads are not those that were sealed.
    """

    head: ResponseHead | None
    trailers: Headers
    body_id: int | None
    ended: str | None
    size: int
    first_byte_us: int | None
    duration_us: int | None
    intact: bool


def sessions(connection: sqlite3.Connection, name: str | None = None) -> list[Session]:
    """All sessions, or the one called *name*; one whose recorder is dead reads as incomplete."""
    rows = connection.execute(
        "SELECT id, name, state, problem, replaces, upstream, started_at, ended_at, rules, placeholder_count, owner,"
        " (SELECT count(*) FROM interaction WHERE session_id = session.id) FROM session"
        " WHERE :name IS NULL OR name = :name ORDER BY id",
        {"name": name},
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


def named(connection: sqlite3.Connection, name: str) -> Interaction | None:
    """The interaction called *name*: its id, or `SESSION/POSITION`; None where there is none."""
    session, slash, number = name.rpartition("/")
    if not (number.isascii() and number.isdigit() and len(number) <= _DIGITS):
        return None
    by_position: dict[str, int | str] = {"session_name": session, "position": int(number)}
    found = interactions(connection, **(by_position if slash else {"interaction_id": int(number)}))
    return found[0] if found else None


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


class Outline(msgspec.Struct, frozen=True, gc=False):
    """A recorded request in short, for going through very many.

    Attributes:
        headers: as JSON; None where they were not asked for.
        start: the beginning of the body, or all of it.
    """

    id: int
    position: int
    identity: str
    method: str
    scheme: str
    host: str
    port: int
    target: str
    headers: str | None
    start: bytes


def outlines(
    connection: sqlite3.Connection, session_id: int, after: int, *, short_bytes: int, start_bytes: int, headers: bool
) -> Iterator[Outline]:
    """The requests of a session behind the position *after*, in their order.

    Of a body longer than *short_bytes* no more than its first *start_bytes* are read.
    """
    rows = connection.execute(
        "SELECT interaction.id, interaction.position, identity, method, scheme, host, port, target,"
        " CASE WHEN :headers THEN request_headers END,"
        " CASE WHEN request_bytes <= :short THEN bytes END, piece.rowid"
        " FROM interaction LEFT JOIN piece ON body_id = request_body_id AND piece.position = 0"
        " WHERE session_id = :session AND interaction.position > :after ORDER BY interaction.position",
        {"headers": headers, "short": short_bytes, "session": session_id, "after": after},
    )
    for *facts, whole, row in rows:
        start = _start(connection, row, start_bytes) if whole is None and row is not None else whole
        yield Outline(*facts, start=start or b"")  # type: ignore[misc] # pyright: ignore[reportCallIssue]


def _start(connection: sqlite3.Connection, row: int, size: int) -> bytes:
    # An expression in the statement would have SQLite read the whole value.
    with connection.blobopen("piece", "bytes", row, readonly=True) as piece:
        return piece.read(size)


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
    row = connection.execute(_RESPONSE, (interaction_id,)).fetchone()
    *sealed, digest, body_id, size, first_byte_us, duration_us = row
    status, reason, version, headers, trailers, ended = sealed[-6:]
    intact = digest is None or digest == seal_of(sealed)
    head = None
    if status is not None:
        head = ResponseHead(status=status, reason=reason, http_version=version, headers=headers_from_json(headers))
    return StoredResponse(head, headers_from_json(trailers), body_id, ended, size, first_byte_us, duration_us, intact)


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


def identities(connection: sqlite3.Connection, session_id: int) -> list[str]:
    """Whose requests a session holds: `api`, and the names of other hosts."""
    rows = connection.execute("SELECT DISTINCT identity FROM interaction WHERE session_id = ?", (session_id,))
    return [row[0] for row in rows]


def reading_details(connection: sqlite3.Connection, interaction_id: int) -> bytes | None:
    """The JSON of an answer's reading."""
    row = connection.execute("SELECT details FROM reading WHERE interaction_id = ?", (interaction_id,)).fetchone()
    return None if row is None else str(row[0]).encode()


def digest_and_size(connection: sqlite3.Connection, body_id: int | None) -> tuple[str | None, int]:
    """A body's digest (None where its end never came) and size."""
    row = connection.execute("SELECT digest, size_bytes FROM body WHERE id = ?", (body_id,)).fetchone()
    return (None, 0) if row is None else (row[0], row[1])
