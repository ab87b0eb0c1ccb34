"""The tables of a cassette, as migrations.

Comments stand inside the statements, so that `sqlite3 X .schema` reads like documentation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlite_utils import Database, Migrations

from wiretape.store.identity import APPLICATION_ID, USER_VERSION

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

MIGRATIONS = Migrations("wiretape")

_M001 = (
    """CREATE TABLE session (
    -- One named run of a client against the proxy. A cassette holds many.
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,             -- NAME~2 while NAME is being recorded again beside the old one
    replaces TEXT,                         -- the name this session takes over when its recording ends well
    state TEXT NOT NULL CHECK (state IN ('recording', 'complete', 'incomplete')),
    problem TEXT,                          -- why it is incomplete
    upstream TEXT NOT NULL,                -- where requests for the API went
    started_at TEXT NOT NULL,              -- ISO-8601, UTC
    ended_at TEXT,
    rules TEXT NOT NULL CHECK (json_valid(rules)),  -- what the match keys leave out and add
    placeholder_count INTEGER NOT NULL DEFAULT 0,   -- the highest number in REDACTED-token-3
    owner TEXT,                            -- host, process and its start, while someone records
    recorder TEXT NOT NULL                 -- name and version of the program that recorded
) STRICT""",
    """CREATE TABLE body (
    -- The bytes of a request or a response as they crossed the wire, each distinct body once.
    id INTEGER PRIMARY KEY,
    digest TEXT UNIQUE,                    -- BLAKE2b-256 in hex; NULL while the bytes still arrive
    size_bytes INTEGER NOT NULL DEFAULT 0
) STRICT""",
    """CREATE TABLE piece (
    -- A body's bytes, in pieces of at most 1 MiB, to be put together in the order of position.
    body_id INTEGER NOT NULL REFERENCES body (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    UNIQUE (body_id, position)
) STRICT""",
    """CREATE TABLE interaction (
    -- One request and what came back.
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given to another interaction again
    session_id INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,             -- arrival order in the session, from 1
    match_key TEXT,                        -- equal keys mean the same request; NULL until the request has arrived
    identity TEXT NOT NULL,                -- 'api' for all of the API's hosts, else the host
    method TEXT NOT NULL,
    scheme TEXT NOT NULL,                  -- scheme, host and port as the client meant them
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    target TEXT NOT NULL,                  -- path and query as sent
    request_http_version TEXT NOT NULL,
    request_headers TEXT NOT NULL CHECK (json_valid(request_headers)),    -- [[name, value], ...] in order, Latin-1
    request_body_id INTEGER REFERENCES body (id),                         -- NULL: no body
    request_bytes INTEGER NOT NULL DEFAULT 0,
    status INTEGER,                        -- NULL: no answer came; such an interaction never answers a replay
    reason TEXT,
    response_http_version TEXT,
    response_headers TEXT CHECK (response_headers IS NULL OR json_valid(response_headers)),
    response_trailers TEXT CHECK (response_trailers IS NULL OR json_valid(response_trailers)),
    response_body_id INTEGER REFERENCES body (id),
    response_bytes INTEGER NOT NULL DEFAULT 0,
    chunk_count INTEGER NOT NULL DEFAULT 0,
    kind TEXT CHECK (kind IN ('json', 'sse', 'stream', 'websocket', 'text', 'binary', 'empty')), -- from the reading
    ended TEXT CHECK (ended IN ('complete', 'client_disconnect', 'upstream_error')),  -- NULL: going on, or interrupted
    problem TEXT,                          -- what went wrong on the wire
    redacted INTEGER NOT NULL DEFAULT 0 CHECK (redacted IN (0, 1)),       -- 1: a secret was replaced
    started_at TEXT NOT NULL,              -- ISO-8601, UTC: the request's head arrived
    first_byte_us INTEGER,                 -- from started_at to the response's head, microseconds
    duration_us INTEGER,                   -- from started_at to the response's end
    UNIQUE (session_id, position)
) STRICT""",
    "CREATE INDEX interaction_by_key ON interaction (session_id, match_key, position)",
    "CREATE INDEX interaction_by_request_body ON interaction (request_body_id)",
    "CREATE INDEX interaction_by_response_body ON interaction (response_body_id)",
    """CREATE TABLE chunk (
    -- One piece of a response as it arrived; the bytes are the body's, in this order.
    interaction_id INTEGER NOT NULL REFERENCES interaction (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    at_us INTEGER NOT NULL,                -- from the interaction's started_at, microseconds
    size_bytes INTEGER NOT NULL,
    PRIMARY KEY (interaction_id, position)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE reading (
    -- What was understood of an answer. Derived from the bytes; `wiretape reindex` makes it anew.
    interaction_id INTEGER PRIMARY KEY REFERENCES interaction (id) ON DELETE CASCADE,
    generation TEXT,                       -- of the API: G0, G1, G2a, G2b, G3, G4
    family TEXT,                           -- of the route: responses, threads, files, ...
    operation TEXT,
    model TEXT,
    thread_id TEXT,
    response_id TEXT,
    stop_reason TEXT,
    text TEXT,
    reasoning TEXT,
    refusal TEXT,
    usage_input INTEGER,
    usage_output INTEGER,
    usage_reasoning INTEGER,
    usage_total INTEGER,
    usage_cache_read INTEGER,
    usage_cache_creation INTEGER,
    usage_unit TEXT,
    error_code TEXT,
    error_message TEXT,
    problem TEXT,                          -- why the bytes were not understood; they are kept all the same
    details TEXT NOT NULL CHECK (json_valid(details))  -- all that was understood
) STRICT""",
    """CREATE TABLE tool_call (
    -- A tool that the model called, put together from the answer or its stream.
    interaction_id INTEGER NOT NULL REFERENCES interaction (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    call_id TEXT,
    name TEXT,
    arguments TEXT,                        -- as the model wrote them, usually JSON
    result TEXT,
    PRIMARY KEY (interaction_id, position)
) STRICT, WITHOUT ROWID""",
    "CREATE VIRTUAL TABLE said USING fts5 (prompt, text, reasoning, tool_calls)",
    """CREATE TRIGGER said_forgets AFTER DELETE ON interaction BEGIN
    DELETE FROM said WHERE rowid = old.id;
END""",
    """CREATE VIEW conversation AS
    -- What was asked and answered, one line an interaction, for people.
    SELECT interaction.id, session.name AS session, interaction.position, interaction.started_at, interaction.method,
        interaction.scheme || '://' || interaction.host || ':' || interaction.port || interaction.target AS url,
        interaction.status,
        interaction.kind, interaction.ended, reading.model, said.prompt, reading.text, reading.stop_reason,
        reading.usage_total, reading.error_message
    FROM interaction
    JOIN session ON session.id = interaction.session_id
    LEFT JOIN reading ON reading.interaction_id = interaction.id
    LEFT JOIN said ON said.rowid = interaction.id
    ORDER BY interaction.session_id, interaction.position""",
)


_M002 = (
    """CREATE TABLE seal (
    -- A digest of an interaction's heads, made at its end, so that a changed status or header is noticed.
    interaction_id INTEGER PRIMARY KEY REFERENCES interaction (id) ON DELETE CASCADE,
    digest TEXT NOT NULL                   -- BLAKE2b-128 in hex; interactions of older cassettes have none
) STRICT""",
)


def _run(db: Database, statements: tuple[str, ...]) -> None:
    for statement in statements:
        db.conn.execute(statement)


@MIGRATIONS()
def m001_first_tables(db: Database) -> None:
    """Sessions, interactions, bodies in pieces, chunks, readings, what was said."""
    _run(db, _M001)


@MIGRATIONS()
def m002_seals(db: Database) -> None:
    """Digests of heads. Those of interactions that are there are not made: nobody knows what was recorded."""
    _run(db, _M002)


_STEPS: tuple[Callable[[Database], None], ...] = (m001_first_tables, m002_seals)

assert len(_STEPS) == USER_VERSION


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the cassette behind *connection* to the newest schema; does nothing where it is there already."""
    database = Database(connection)
    MIGRATIONS.apply(database)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {USER_VERSION}")
