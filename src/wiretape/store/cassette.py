"""Opening a cassette for reading: stdlib sqlite3 alone, for it must start fast, and nothing of the file is changed."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Self

import msgspec

from wiretape.store import identity, queries
from wiretape.store.bodies import new_digest, read_pieces
from wiretape.store.errors import CassetteDamaged, InteractionMissing, SessionMissing
from wiretape.store.interaction import Response
from wiretape.store.writer import translated

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path
    from types import TracebackType

    from wiretape.store.interaction import Chunk, Interaction, Request, ResponseHead, Session
    from wiretape.store.reading import Reading


# SQLite's integers have no more.
_DIGITS = 18
_OF_READING = ("generation", "model", "thread_id", "response_id", "stop_reason")


class Cassette:
    """A cassette, open for reading.

    Every method raises `CassetteDamaged` where the file does not hold together.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the cassette at *path*.

        Raises:
            CassetteMissing, CassetteForeign, CassetteNewer, CassetteDamaged: see `identity.check`.
        """
        identity.check(path)
        try:
            connection = _connect(path)
        except sqlite3.Error as error:
            raise translated(error, path) from None
        return cls(path, connection)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def sessions(self) -> list[Session]:
        """All sessions, in the order they were begun."""
        with self._reading():
            return queries.sessions(self._connection)

    def session(self, name: str) -> Session:
        """The session called *name*.

        Raises:
            SessionMissing: there is none; the message lists those there are.
        """
        found = self.sessions()
        for session in found:
            if session.name == name:
                return session
        names = ", ".join(repr(session.name) for session in found) or "none at all"
        raise SessionMissing(f"no session {name!r} in {self.path}; it holds {names}")

    def interactions(self, session: str | None = None) -> list[Interaction]:
        """The interactions of *session*, or of all, in the order they arrived.

        Raises:
            SessionMissing: there is no such session.
        """
        conditions = {} if session is None else {"session_id": self.session(session).id}
        with self._reading():
            return [self._filled(found) for found in queries.interactions(self._connection, **conditions)]

    def interaction(self, name: str) -> Interaction:
        """The interaction called *name*: its id, or `SESSION/POSITION`.

        Raises:
            InteractionMissing: there is none.
        """
        session, slash, number = name.rpartition("/")
        if number.isascii() and number.isdigit() and len(number) <= _DIGITS:
            by_position: dict[str, int | str] = {"session_name": session, "position": int(number)}
            with self._reading():
                conditions = by_position if slash else {"interaction_id": int(number)}
                found = queries.interactions(self._connection, **conditions)
                if found:
                    return self._filled(found[0])
        raise InteractionMissing(
            f"no interaction {name!r} in {self.path}; name it by id or as SESSION/POSITION, `wiretape ls` lists them"
        )

    def request(self, interaction_id: int) -> Request:
        """The request of an interaction, body included, secrets replaced as they were before it was stored."""
        with self._reading():
            stored = queries.request(self._connection, interaction_id)
            return msgspec.structs.replace(stored.head, body=self._body(stored.body_id))

    def response_head(self, interaction_id: int) -> ResponseHead | None:
        """The head of an answer, None where none came."""
        with self._reading():
            return queries.response(self._connection, interaction_id).head

    def response(self, interaction_id: int) -> Response | None:
        """The answer of an interaction, body included; None where none came."""
        with self._reading():
            stored = queries.response(self._connection, interaction_id)
            if stored.head is None:
                return None
            return Response(head=stored.head, body=self._body(stored.body_id), trailers=stored.trailers)

    def response_pieces(self, interaction_id: int) -> Iterator[bytes]:
        """The body of an answer, a piece of at most 1 MiB at a time."""
        with self._reading():
            yield from self._pieces(queries.response(self._connection, interaction_id).body_id)

    def chunks(self, interaction_id: int) -> list[Chunk]:
        """The chunks of an answer, in the order they arrived."""
        with self._reading():
            return queries.chunks(self._connection, interaction_id)

    def answers(self, session_id: int, match_key: str) -> list[int]:
        """The interactions of a session that can answer a request with *match_key*, in the order they arrived."""
        with self._reading():
            return queries.answers(self._connection, session_id, match_key)

    def reading_details(self, interaction_id: int) -> bytes:
        """What was understood of an answer, as the JSON of a `Reading`."""
        with self._reading():
            details = queries.reading_details(self._connection, interaction_id)
            return details or msgspec.json.encode(self._read_now(interaction_id))

    def _filled(self, found: Interaction) -> Interaction:
        """*found*, read now where its recorder was killed before it could."""
        if found.status is None or found.kind is not None:
            return found
        reading = self._read_now(found.id)
        found.kind = reading.kind
        for name in _OF_READING:
            setattr(found, name, getattr(reading, name))
        return found

    def _read_now(self, interaction_id: int) -> Reading:
        from wiretape.store import derived

        return derived.read(derived.stored(self._connection, interaction_id))

    def _body(self, body_id: int | None) -> bytes:
        return b"".join(self._pieces(body_id))

    def _pieces(self, body_id: int | None) -> Iterator[bytes]:
        digest, _ = queries.digest_and_size(self._connection, body_id)
        found, held = new_digest(), b""
        # A piece behind, so that the last one is given only when all are known to be what was recorded.
        for piece in read_pieces(self._connection, body_id):
            found.update(piece)
            if held:
                yield held
            held = piece
        if digest is not None and found.hexdigest() != digest:
            raise CassetteDamaged(f"{self.path} is damaged: body {body_id} is not what was recorded; record it again")
        if held:
            yield held

    @contextlib.contextmanager
    def _reading(self) -> Generator[None]:
        try:
            yield
        except (sqlite3.Error, ValueError) as error:
            raise translated(error, self.path) from error


def _connect(path: Path) -> sqlite3.Connection:
    """Open read-only; as an unchanging file where that fails because SQLite wants to write (WAL, read-only folder)."""
    address = path.resolve().as_uri()
    try:
        return _tried(f"{address}?mode=ro")
    except sqlite3.OperationalError:
        if path.with_name(path.name + "-wal").exists():
            raise
        return _tried(f"{address}?mode=ro&immutable=1")


def _tried(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=10)
    try:
        connection.execute("SELECT 1 FROM session LIMIT 1").fetchone()
        connection.execute("SELECT 1 FROM interaction LIMIT 1").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection
