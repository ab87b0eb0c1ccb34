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
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path
    from types import TracebackType

    from wiretape.store.auditing import Audit
    from wiretape.store.interaction import Chunk, Interaction, Request, ResponseHead, Session
    from wiretape.store.reading import Reading


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
        """Open the cassette at *path*; an older one is read in a temporary copy.

        Raises:
            CassetteMissing, CassetteForeign, CassetteNewer, CassetteDamaged: see `identity.check`.
        """
        identity.check(path)
        try:
            connection = _current(path, _connect(path))
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
        with self._reading():
            # A test suite keeps thousands of sessions in a cassette, and asks for one of them at a time.
            found = queries.sessions(self._connection, name)
        if found:
            return found[0]
        names = ", ".join(repr(session.name) for session in self.sessions()) or "none at all"
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
        with self._reading():
            found = queries.named(self._connection, name)
            if found is not None:
                return self._filled(found)
        raise InteractionMissing(
            f"no interaction {name!r} in {self.path}; name it by id or as SESSION/POSITION, `wiretape ls` lists them"
        )

    def request(self, interaction_id: int) -> Request:
        """The request of an interaction, body included, secrets replaced as they were before it was stored."""
        with self._reading():
            stored = queries.request(self._connection, interaction_id)
            return msgspec.structs.replace(stored.head, body=self._body(stored.body_id))

    def request_head(self, interaction_id: int) -> Request:
        """The request of an interaction without its body."""
        with self._reading():
            return queries.request(self._connection, interaction_id).head

    def request_beginning(self, interaction_id: int) -> Request:
        """The request of an interaction with no more of its body than the first piece, at most 1 MiB."""
        with self._reading():
            stored = queries.request(self._connection, interaction_id)
            return msgspec.structs.replace(stored.head, body=next(self._pieces(stored.body_id), b""))

    def request_pieces(self, interaction_id: int) -> Iterator[bytes]:
        """The body of a request, a piece of at most 1 MiB at a time."""
        with self._reading():
            yield from self._pieces(queries.request(self._connection, interaction_id).body_id)

    def outlines(
        self, session_id: int, after: int = 0, *, short_bytes: int, start_bytes: int, headers: bool = False
    ) -> Iterator[queries.Outline]:
        """The requests of a session in short, in the order they arrived.

        Args:
            session_id: the session's row.
            after: only those behind this position.
            short_bytes: a body no longer than this is read whole.
            start_bytes: of a longer one, so much of its beginning.
            headers: whether to read them, too.
        """
        with self._reading():
            yield from queries.outlines(
                self._connection,
                session_id,
                after,
                short_bytes=short_bytes,
                start_bytes=start_bytes,
                headers=headers,
            )

    def response_head(self, interaction_id: int) -> ResponseHead | None:
        """The head of an answer, None where none came."""
        with self._reading():
            return self._response(interaction_id).head

    def response(self, interaction_id: int) -> Response | None:
        """The answer of an interaction, body included; None where none came."""
        with self._reading():
            stored = self._response(interaction_id)
            if stored.head is None:
                return None
            return Response(head=stored.head, body=self._body(stored.body_id), trailers=stored.trailers)

    def stored_response(self, interaction_id: int) -> queries.StoredResponse:
        """The answer of an interaction without its body, which `body_pieces` gives."""
        with self._reading():
            return self._response(interaction_id)

    def body_pieces(self, body_id: int | None) -> Iterator[bytes]:
        """A body, a piece of at most 1 MiB at a time."""
        with self._reading():
            yield from self._pieces(body_id)

    def chunks(self, interaction_id: int) -> list[Chunk]:
        """The chunks of an answer, in the order they arrived."""
        with self._reading():
            return queries.chunks(self._connection, interaction_id)

    def answers(self, session_id: int, match_key: str) -> list[int]:
        """The interactions of a session that can answer a request with *match_key*, in the order they arrived."""
        with self._reading():
            return queries.answers(self._connection, session_id, match_key)

    def identities(self, session_id: int) -> list[str]:
        """Whose requests a session holds: `api`, and the names of other hosts."""
        return self.looked(lambda connection: queries.identities(connection, session_id))

    def reading_details(self, interaction_id: int) -> bytes:
        """What was understood of an answer, as the JSON of a `Reading`."""
        with self._reading():
            details = queries.reading_details(self._connection, interaction_id)
            return details or msgspec.json.encode(self._read_now(interaction_id))

    def looked[T](self, look: Callable[[sqlite3.Connection], T]) -> T:
        """What *look*, of the store, finds by a connection that cannot write."""
        with self._reading():
            return look(self._connection)

    def audit(self) -> Audit:
        """What looks the cassette over."""
        from wiretape.store.auditing import Audit

        return Audit(self._connection, self.path)

    def _response(self, interaction_id: int) -> queries.StoredResponse:
        stored = queries.response(self._connection, interaction_id)
        if not stored.intact:
            raise CassetteDamaged(
                f"{self.path} is damaged: the heads of interaction {interaction_id} are not what was recorded; "
                "record it again"
            )
        return stored

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
        if body_id is None:
            return
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


def _current(path: Path, connection: sqlite3.Connection) -> sqlite3.Connection:
    """*connection*, or one to a copy of today's format."""
    try:
        # The file's first bytes may be older than what its WAL says.
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        identity.check_version(path, version)
        if version == identity.USER_VERSION:
            return connection
        from wiretape.store.older import migrated_copy

        copy = migrated_copy(connection)
    except BaseException:
        connection.close()
        raise
    connection.close()
    return copy


def _connect(path: Path) -> sqlite3.Connection:
    """Open read-only; as an unchanging file where that fails because SQLite wants to write (WAL, read-only folder).

    A change that was killed amid its writing is taken back first.
    """
    address = path.resolve().as_uri()
    try:
        return _tried(f"{address}?mode=ro")
    except sqlite3.OperationalError:
        if path.with_name(path.name + "-wal").exists():
            raise
        if path.with_name(path.name + "-journal").exists():
            _tried(f"{address}?mode=rw").close()
            return _tried(f"{address}?mode=ro")
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
