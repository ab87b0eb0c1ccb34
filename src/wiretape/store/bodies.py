"""Writing a body whose end is not known yet: pieces as they come, the digest at the end, each distinct body once."""

from __future__ import annotations

import hashlib
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator

    from wiretape.store.writer import Writer

# SQLite holds at most 1 GB in one value, and a piece is what a reader has in memory at a time.
PIECE_BYTES = 1024 * 1024

type Arrivals = list[tuple[bytes, int]]
"""Bytes and when they came, in microseconds since the interaction began."""


def new_digest() -> hashlib.blake2b:
    """What makes `body.digest` of a body's bytes."""
    return hashlib.blake2b(digest_size=32)


class BodyWriter:
    """One body on its way into the cassette.

    `add` and `closing` are called by the proxy's thread, the rest by the writer's.
    """

    def __init__(self, writer: Writer, arrived: Callable[[sqlite3.Connection, int, Arrivals], None]) -> None:
        """Begin a body.

        Args:
            writer: the cassette's.
            arrived: called with the body's row and what has just been written of it.
        """
        self._writer = writer
        self._arrived = arrived
        self._waiting: deque[tuple[bytes, int]] = deque()
        self._drain_is_due = False
        self._closing = False
        self._id: int | None = None
        self._digest = new_digest()
        self._size = 0
        self._pieces = 0

    def add(self, data: bytes, at_us: int = 0) -> None:
        """Take *data*; waits where too many bytes wait to be written already."""
        self._writer.reserve(len(data))
        self._waiting.append((data, at_us))
        if not self._drain_is_due:
            self._drain_is_due = True
            self._writer.submit(self._drain, urgent=False)

    def closing(self) -> None:
        """Say that `finish` is about to be submitted, so that a short body is not written twice."""
        self._closing = True

    def finish(self, connection: sqlite3.Connection) -> int | None:
        """Write what is left and say which row holds the whole body; None where it is empty."""
        arrivals = self._take()
        if self._id is None and not arrivals:
            return None
        for data, _ in arrivals:
            self._digest.update(data)
        digest = self._digest.hexdigest()
        self._size += sum(len(data) for data, _ in arrivals)
        known = connection.execute("SELECT id FROM body WHERE digest = ?", (digest,)).fetchone()
        if known is not None:
            self._arrived(connection, known[0], arrivals)
            if self._id is not None:
                connection.execute("DELETE FROM body WHERE id = ?", (self._id,))
            return int(known[0])
        self._write(connection, arrivals)
        self._mend(connection)
        connection.execute("UPDATE body SET digest = ?, size_bytes = ? WHERE id = ?", (digest, self._size, self._id))
        return self._id

    def _drain(self, connection: sqlite3.Connection) -> None:
        self._drain_is_due = False
        if self._closing:
            return  # `finish` comes next and may find the whole body known already
        arrivals = self._take()
        for data, _ in arrivals:
            self._digest.update(data)
        self._size += sum(len(data) for data, _ in arrivals)
        self._write(connection, arrivals)
        connection.execute("UPDATE body SET size_bytes = ? WHERE id = ?", (self._size, self._id))

    def _take(self) -> Arrivals:
        arrivals: Arrivals = []
        while self._waiting:
            arrivals.append(self._waiting.popleft())
        self._writer.release(sum(len(data) for data, _ in arrivals))
        return arrivals

    def _write(self, connection: sqlite3.Connection, arrivals: Arrivals) -> None:
        if self._id is None:
            self._id = connection.execute("INSERT INTO body DEFAULT VALUES").lastrowid
            assert self._id is not None
        for piece in _pieces(data for data, _ in arrivals):
            connection.execute(
                "INSERT INTO piece (body_id, position, bytes) VALUES (?, ?, ?)", (self._id, self._pieces, piece)
            )
            self._pieces += 1
        self._arrived(connection, self._id, arrivals)

    def _mend(self, connection: sqlite3.Connection) -> None:
        """Put a short body that came slowly into one piece."""
        if self._pieces < 2 or self._size > PIECE_BYTES:  # noqa: PLR2004 - one piece is one already
            return
        whole = b"".join(read_pieces(connection, self._id))
        connection.execute("DELETE FROM piece WHERE body_id = ?", (self._id,))
        connection.execute("INSERT INTO piece (body_id, position, bytes) VALUES (?, 0, ?)", (self._id, whole))


def read_pieces(connection: sqlite3.Connection, body_id: int | None) -> Iterator[bytes]:
    """A body's bytes, a piece at a time; nothing for None."""
    rows = connection.execute("SELECT bytes FROM piece WHERE body_id = ? ORDER BY position", (body_id,))
    for (piece,) in rows:
        yield piece


def cut(pieces: Iterator[bytes], sizes: Iterable[int]) -> Iterator[bytes]:
    """A body, given in *pieces*, in parts of these *sizes*, which are no more than it holds."""
    held, at = b"", 0
    for size in sizes:
        # What is held is cut by position: cutting off its front would copy a megabyte for every small part.
        while len(held) - at < size:
            held, at = held[at:] + next(pieces), 0
        yield held[at : at + size]
        at += size


def _pieces(parts: Iterable[bytes]) -> Iterator[bytes]:
    """*parts* joined and cut into pieces of at most `PIECE_BYTES`."""
    gathered: list[bytes] = []
    size = 0
    for part in parts:
        view = memoryview(part)
        while size + len(view) >= PIECE_BYTES:
            room = PIECE_BYTES - size
            yield b"".join([*gathered, view[:room]])
            gathered, size, view = [], 0, view[room:]
        if view:
            gathered.append(bytes(view))
            size += len(view)
    if gathered:
        yield b"".join(gathered)
