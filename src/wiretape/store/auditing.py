"""The statements that look a cassette over: all that a session holds in few passes, each body read once."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from wiretape.store import derived, queries
from wiretape.store.bodies import new_digest, read_pieces
from wiretape.store.heads import COLUMNS, seal_of
from wiretape.store.interaction import Request
from wiretape.store.rows import headers_from_json
from wiretape.store.writer import translated

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

_KEPT = """
SELECT interaction.id, position, identity, match_key, method, scheme, host, port, target, request_http_version,
    request_headers, request_body_id, request_bytes, status, response_headers, response_trailers, response_body_id,
    response_bytes, chunk_count, ended, kind, reason, response_http_version, digest
FROM interaction LEFT JOIN seal ON interaction_id = interaction.id WHERE session_id = ? ORDER BY position
"""
_CHUNKS = """
SELECT interaction_id, count(*), sum(size_bytes), max(position) + 1 FROM chunk
WHERE interaction_id IN (SELECT id FROM interaction WHERE session_id = ?) GROUP BY interaction_id
"""
_BODY = """
SELECT digest, size_bytes, bytes FROM body LEFT JOIN piece ON body_id = id WHERE id = ? ORDER BY position
"""
_ORPHANS = """
SELECT id FROM body WHERE NOT EXISTS (SELECT 1 FROM interaction WHERE request_body_id = body.id)
    AND NOT EXISTS (SELECT 1 FROM interaction WHERE response_body_id = body.id) ORDER BY id
"""


_SEALED = COLUMNS.split(", ")


class Kept(NamedTuple):
    """One interaction as its row has it; headers are JSON still."""

    id: int
    position: int
    identity: str
    match_key: str | None
    method: str
    scheme: str
    host: str
    port: int
    target: str
    request_http_version: str
    request_headers: str
    request_body_id: int | None
    request_bytes: int
    status: int | None
    response_headers: str | None
    response_trailers: str | None
    response_body_id: int | None
    response_bytes: int
    chunk_count: int
    ended: str | None
    kind: str | None
    reason: str | None
    response_http_version: str | None
    seal: str | None

    @property
    def intact(self) -> bool:
        """Whether its heads are those that were sealed, or were never sealed."""
        return self.seal is None or self.seal == seal_of([getattr(self, name) for name in _SEALED])

    def request(self) -> Request:
        """Its request, without the body.

        Raises:
            ValueError: its headers are not what a recorder writes.
        """
        return Request(
            method=self.method,
            scheme=self.scheme,
            host=self.host,
            port=self.port,
            target=self.target,
            http_version=self.request_http_version,
            headers=headers_from_json(self.request_headers),
        )

    def heads(self) -> None:
        """Read what is JSON of it.

        Raises:
            ValueError: its headers are not what a recorder writes.
        """
        for text in (self.request_headers, self.response_headers, self.response_trailers):
            headers_from_json(text)


class Chunks(NamedTuple):
    """How many chunks an answer has, how many bytes they are, and the number behind the last one's."""

    number: int = 0
    size_bytes: int = 0
    behind: int = 0


NO_CHUNKS = Chunks()


class Audit:
    """Looks a cassette over by the connection of whoever has it open.

    Every method raises `CassetteDamaged` where SQLite cannot read on.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self.path = path
        self._connection = connection
        self._bodies: dict[int, tuple[int, str | None]] = {}

    def hold(self) -> None:
        """See the cassette as it is now from here on, whatever others write."""
        with self._reading():
            self._connection.execute("BEGIN")

    def kept(self, session_id: int) -> Iterator[Kept]:
        """The interactions of a session, in the order they arrived."""
        with self._reading():
            for row in self._connection.execute(_KEPT, (session_id,)):
                yield Kept(*row)

    def chunks(self, session_id: int) -> dict[int, Chunks]:
        """The chunks of a session's answers, by interaction; one without a body has none."""
        with self._reading():
            rows = self._connection.execute(_CHUNKS, (session_id,))
            return {interaction_id: Chunks(*facts) for interaction_id, *facts in rows}

    def answers(self, session_id: int, match_key: str) -> list[int]:
        """The interactions that can answer *match_key*, in the order they arrived."""
        with self._reading():
            return queries.answers(self._connection, session_id, match_key)

    def pieces(self, body_id: int | None) -> Iterator[bytes]:
        """A body's bytes, unchecked, a piece at a time; nothing for None."""
        with self._reading():
            yield from read_pieces(self._connection, body_id)

    def body(self, body_id: int | None) -> tuple[int, str | None]:
        """How many bytes a body has, and what is wrong with it; it is read whole, once."""
        if body_id is None:
            return 0, None
        found = self._bodies.get(body_id)
        if found is None:
            with self._reading():
                found = self._bodies[body_id] = self._read(body_id)
        return found

    def orphans(self) -> list[int]:
        """The bodies that no interaction holds."""
        with self._reading():
            return [row[0] for row in self._connection.execute(_ORPHANS)]

    def is_stale(self, kept: Kept) -> bool:
        """Whether an answer is read otherwise now than it was when it was recorded, or was never read."""
        if kept.status is None:
            return False
        with self._reading():
            found = derived.read(derived.stored(self._connection, kept.id))
            details = queries.reading_details(self._connection, kept.id)
        return details is None or kept.kind != found.kind or details != msgspec.json.encode(found)

    def unsound(self) -> list[str]:
        """What does not hold together in the file, as SQLite sees it."""
        with self._reading():
            verdicts = [str(row[0]) for row in self._connection.execute("PRAGMA quick_check(20)")]
            rows = self._connection.execute("PRAGMA foreign_key_check").fetchall()
        found = [" ".join(verdict.split()) for verdict in verdicts if verdict != "ok"]
        # Rows of some tables have no number of their own, and would all say the same.
        lost = {
            f"{table} {row or ''}".strip() + f" points to a row of {parent}": None for table, row, parent, _ in rows
        }
        return found + [f"{what} that is not there" for what in lost]

    def _read(self, body_id: int) -> tuple[int, str | None]:
        found, size = new_digest(), 0
        digest, expected = None, -1
        for digest, expected, piece in self._connection.execute(_BODY, (body_id,)):  # noqa: B007 - the last ones count
            found.update(piece or b"")
            size += len(piece or b"")
        if expected < 0:
            return 0, "is missing"
        if size != expected:
            return size, f"holds {size} bytes of {expected}"
        # A body whose end never came has no digest.
        return size, None if digest in (None, found.hexdigest()) else "is not what was recorded"

    @contextlib.contextmanager
    def _reading(self) -> Generator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise translated(error, self.path) from error
