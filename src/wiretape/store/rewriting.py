"""What is stored of a session written anew where somebody finds something in it that should not be there.

Nothing of what was there before is left in the file: the writer's connection has `PRAGMA secure_delete` on, bodies that
nobody holds any more are deleted, readings and the index of words are made anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

from wiretape.store import derived, heads, queries, sessions
from wiretape.store.bodies import PIECE_BYTES, cut, new_digest, read_pieces
from wiretape.store.rows import headers_to_json

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from wiretape.store.interaction import Headers, Request, ResponseHead


class Cut(Protocol):
    """Some of a body: its bytes, when its chunk came, whether that is the chunk of the bytes before."""

    @property
    def data(self) -> bytes: ...  # noqa: D102
    @property
    def at_us(self) -> int: ...  # noqa: D102
    @property
    def goes_on(self) -> bool: ...  # noqa: D102


class Passing(Protocol):
    """A body on its way from what it was to what it will be."""

    @property
    def changed(self) -> bool: ...  # noqa: D102
    def feed(self, data: bytes, at_us: int) -> Sequence[Cut]: ...  # noqa: D102
    def end(self) -> Sequence[Cut]: ...  # noqa: D102
    def fitted(self, headers: Headers) -> Headers: ...  # noqa: D102


class Keying(Protocol):
    """A match key in the making."""

    def add(self, data: bytes) -> None: ...  # noqa: D102
    def key(self) -> str | None: ...  # noqa: D102


class Rewriter(Protocol):
    """Says what is to be stored instead; what it leaves alone it gives back as it was."""

    def request(self, request: Request) -> Request: ...  # noqa: D102
    def response(self, head: ResponseHead) -> ResponseHead: ...  # noqa: D102
    def trailers(self, trailers: Headers) -> Headers: ...  # noqa: D102
    def body(self, headers: Headers, *, asked: Request, answer: bool) -> Passing: ...  # noqa: D102
    def keying(self, request: Request, identity: str) -> Keying: ...  # noqa: D102
    def text(self, text: str) -> str: ...  # noqa: D102


def rewrite(connection: sqlite3.Connection, session_id: int, rewriter: Rewriter, upto: int | None = None) -> int:
    """Write the interactions of a session anew, up to the position *upto*; says how many were changed.

    Bodies that other sessions hold, too, stay as they are there. To be called inside a transaction.
    """
    rows = connection.execute(
        "SELECT id, identity, match_key, problem FROM interaction WHERE session_id = ? AND position <= ?"
        " ORDER BY position",
        (session_id, 2**62 if upto is None else upto),
    ).fetchall()
    changed = 0
    for interaction_id, identity, key, problem in rows:
        one = _Rewriting(connection, interaction_id, rewriter)
        one.request(identity, keyed=key is not None)
        one.response()
        one.problem(problem)
        if one.changed:
            changed += 1
            connection.execute("UPDATE interaction SET redacted = 1 WHERE id = ?", (interaction_id,))
            if connection.execute("SELECT 1 FROM seal WHERE interaction_id = ?", (interaction_id,)).fetchone():
                heads.seal(connection, interaction_id)
            derived.write(connection, interaction_id, derived.read(derived.stored(connection, interaction_id)))
    if changed:
        # Deleted words would stay in the index until it happens to be merged.
        connection.execute("INSERT INTO said (said) VALUES ('rebuild')")
    return changed


class _Rewriting:
    """One interaction being written anew."""

    def __init__(self, connection: sqlite3.Connection, interaction_id: int, rewriter: Rewriter) -> None:
        self.changed = False
        self._connection = connection
        self._id = interaction_id
        self._rewriter = rewriter
        self._asked: Request | None = None

    def request(self, identity: str, *, keyed: bool) -> None:
        stored = queries.request(self._connection, self._id)
        self._asked = stored.head
        head = self._rewriter.request(stored.head)
        body = self._body(stored.head.headers, stored.body_id, answer=False)
        if body is not None:
            head = msgspec.structs.replace(head, headers=body.fitted(head.headers))
        if body is None and head == stored.head:
            return
        body_id = stored.body_id if body is None else body.id
        self._update("target = ?, request_headers = ?", head.target, headers_to_json(head.headers))
        if body is not None:
            self._update("request_body_id = ?, request_bytes = ?", body.id, body.size)
            sessions.remove_bodies(self._connection, [stored.body_id])
        if keyed:
            making = self._rewriter.keying(head, identity)
            for piece in read_pieces(self._connection, body_id):
                making.add(piece)
            self._update("match_key = ?", making.key())

    def response(self) -> None:
        stored = queries.response(self._connection, self._id)
        if stored.head is None:
            return
        head, trailers = self._rewriter.response(stored.head), self._rewriter.trailers(stored.trailers)
        body = self._body(stored.head.headers, stored.body_id, answer=True)
        if body is not None:
            head = msgspec.structs.replace(head, headers=body.fitted(head.headers))
            self._update(
                "response_body_id = ?, response_bytes = ?, chunk_count = ?", body.id, body.size, len(body.chunks)
            )
            self._connection.execute("DELETE FROM chunk WHERE interaction_id = ?", (self._id,))
            self._connection.executemany(
                "INSERT INTO chunk (interaction_id, position, at_us, size_bytes) VALUES (?, ?, ?, ?)",
                [(self._id, position, at_us, size) for position, (at_us, size) in enumerate(body.chunks)],
            )
            sessions.remove_bodies(self._connection, [stored.body_id])
        if head != stored.head:
            self._update("reason = ?, response_headers = ?", head.reason, headers_to_json(head.headers))
        if trailers != stored.trailers:
            self._update("response_trailers = ?", headers_to_json(trailers))

    def problem(self, problem: str | None) -> None:
        text = None if problem is None else self._rewriter.text(problem)
        if text != problem:
            self._update("problem = ?", text)

    def _body(self, headers: Headers, body_id: int | None, *, answer: bool) -> _NewBody | None:
        """The body as it will be; None where it stays as it is."""
        if body_id is None:
            return None
        assert self._asked is not None
        arrivals = list(self._arrivals(answer=answer))
        # Looked at first: most bodies stay, and are not to be written for that.
        if not self._pass(self._rewriter.body(headers, asked=self._asked, answer=answer), body_id, arrivals, None):
            return None
        passing = self._rewriter.body(headers, asked=self._asked, answer=answer)
        body = _NewBody(self._connection, passing)
        self._pass(passing, body_id, arrivals, body)
        body.finish()
        return body

    def _pass(self, passing: Passing, body_id: int, arrivals: list[tuple[int, int]], body: _NewBody | None) -> bool:
        pieces = read_pieces(self._connection, body_id)
        for data, at_us in _recut(pieces, arrivals):
            cuts = passing.feed(data, at_us)
            if body is not None:
                body.add(cuts)
            elif passing.changed:
                return True
        cuts = passing.end()
        if body is not None:
            body.add(cuts)
        return passing.changed

    def _arrivals(self, *, answer: bool) -> Iterator[tuple[int, int]]:
        if answer:
            yield from self._connection.execute(
                "SELECT at_us, size_bytes FROM chunk WHERE interaction_id = ? ORDER BY position", (self._id,)
            )

    def _update(self, what: str, *values: object) -> None:
        self.changed = True
        self._connection.execute(f"UPDATE interaction SET {what} WHERE id = ?", (*values, self._id))  # noqa: S608 - ours


class _NewBody:
    """A body being written.

    Attributes:
        id: its row; None where it is empty.
        size: its bytes.
        chunks: when each of its chunks came, and its bytes.
    """

    def __init__(self, connection: sqlite3.Connection, passing: Passing) -> None:
        self.id: int | None = None
        self.size = 0
        self.chunks: list[tuple[int, int]] = []
        self._connection = connection
        self._passing = passing
        self._held = bytearray()
        self._digest = new_digest()
        self._pieces = 0

    def fitted(self, headers: Headers) -> Headers:
        """*headers* as they fit it."""
        return self._passing.fitted(headers)

    def add(self, cuts: Iterable[Cut]) -> None:
        """The next of it."""
        for part in cuts:
            if part.goes_on and self.chunks:
                at_us, size = self.chunks[-1]
                self.chunks[-1] = at_us, size + len(part.data)
            else:
                self.chunks.append((part.at_us, len(part.data)))
            self.size += len(part.data)
            self._held += part.data
            while len(self._held) >= PIECE_BYTES:
                self._write(PIECE_BYTES)

    def finish(self) -> None:
        """All was added."""
        if self._held:
            self._write(len(self._held))
        if self.id is None:
            return
        digest = self._digest.hexdigest()
        known = self._connection.execute("SELECT id FROM body WHERE digest = ?", (digest,)).fetchone()
        if known is not None:
            self._connection.execute("DELETE FROM body WHERE id = ?", (self.id,))
            self.id = int(known[0])
            return
        self._connection.execute(
            "UPDATE body SET digest = ?, size_bytes = ? WHERE id = ?", (digest, self.size, self.id)
        )

    def _write(self, size: int) -> None:
        if self.id is None:
            self.id = self._connection.execute("INSERT INTO body DEFAULT VALUES").lastrowid
        piece = bytes(self._held[:size])
        del self._held[:size]
        self._digest.update(piece)
        self._connection.execute(
            "INSERT INTO piece (body_id, position, bytes) VALUES (?, ?, ?)", (self.id, self._pieces, piece)
        )
        self._pieces += 1


def _recut(pieces: Iterable[bytes], arrivals: list[tuple[int, int]]) -> Iterator[tuple[bytes, int]]:
    """A body in the chunks in which it came; without any, in its pieces."""
    if not arrivals:
        yield from ((piece, 0) for piece in pieces)
        return
    yield from zip(cut(iter(pieces), (size for _, size in arrivals)), (at_us for at_us, _ in arrivals), strict=True)
