"""Writing one session: what the proxy sees of each interaction, handed to the writer's thread in that order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from wiretape.store import derived, rewriting, sessions
from wiretape.store.bodies import BodyWriter
from wiretape.store.errors import CassetteUnwritable
from wiretape.store.opening import leave_plain, open_writer
from wiretape.store.rows import GOES_ON, InteractionRow, Outcome

if TYPE_CHECKING:
    import sqlite3
    from concurrent.futures import Future
    from pathlib import Path

    from wiretape.store.errors import WiretapeError
    from wiretape.store.interaction import Ended, Headers, Request, ResponseHead
    from wiretape.store.rewriting import Rewriter
    from wiretape.store.sessions import Begin, Description, Opened
    from wiretape.store.sharing import Writers
    from wiretape.store.writer import Writer


class SessionWriter:
    """Writes one session of one cassette. Its methods return at once; the futures resolve after the commit.

    Attributes:
        opened: the session's row and names.
    """

    def __init__(self, writer: Writer, opened: Opened, *, shared: bool = False) -> None:
        self.opened = opened
        self._writer = writer
        self._shared = shared
        self._position = opened.position

    @classmethod
    def begin(cls, path: Path, new: Description, how: Begin, writers: Writers | None = None) -> Self:
        """Open the cassette at *path*, which is made where there is none, and begin the session.

        Args:
            path: the cassette.
            new: what the session is called and why.
            how: see `sessions.begin`.
            writers: who has the cassette open for other sessions too, and closes it.

        Raises:
            WiretapeError: see `opening.open_writer` and `sessions.begin`.
        """
        if writers is not None:
            writer = writers.of(path)
            opened = writer.submit(lambda connection: sessions.begin(connection, new, how)).result()
            return cls(writer, opened, shared=True)
        writer = open_writer(path)
        try:
            return cls(writer, writer.submit(lambda connection: sessions.begin(connection, new, how)).result())
        except BaseException:
            writer.close()
            leave_plain(path)
            raise

    @property
    def failure(self) -> WiretapeError | None:
        """The first thing that could not be written, None while all is well."""
        return self._writer.failure

    def interaction(self, request: Request, identity: str, started_at: str) -> InteractionWriter:
        """Take the next position for *request*, whose body comes in pieces."""
        self._position += 1
        row = InteractionRow(self.opened.id, self._position)
        self._writer.submit(lambda connection: row.insert(connection, request, identity, started_at), urgent=False)
        return InteractionWriter(self._writer, row, request)

    def flush(self) -> None:
        """Wait until all that was handed over is in the cassette, as far as it can be written."""
        self._writer.submit(lambda _: None).exception()

    def note_placeholders(self, count: int) -> None:
        """Remember the highest placeholder number, so that a later recording goes on above it."""

        def run(connection: sqlite3.Connection) -> None:
            connection.execute("UPDATE session SET placeholder_count = ? WHERE id = ?", (count, self.opened.id))

        self._writer.submit(run, urgent=False)

    def rewrite(self, rewriter: Rewriter, interactions: int | None = None) -> int:
        """Have what was written written anew; says how many interactions were changed.

        Args:
            rewriter: says what is to stand there instead.
            interactions: how many of this recording at most, from its first on, and all from before it; None for all.

        Raises:
            WiretapeError: it could not be written.
        """
        upto = None if interactions is None else self.opened.position + interactions
        return self._writer.submit(
            lambda connection: rewriting.rewrite(connection, self.opened.id, rewriter, upto)
        ).result()

    def end(self, ended_at: str, problem: str | None = None) -> str:
        """End the session, well or with a *problem*, close the cassette and say the name the session now bears.

        Raises:
            WiretapeError: the end could not be written.
        """

        def run(connection: sqlite3.Connection) -> str:
            if problem is None:
                return sessions.end_well(connection, self.opened.id, ended_at)
            return sessions.end_badly(connection, self.opened, ended_at, problem)

        future = self._writer.submit(run)
        if self._shared:
            future.exception()
        else:
            self._writer.close()
            leave_plain(self._writer.path)
        if not self._writer.path.exists():
            raise CassetteUnwritable(
                f"{self._writer.path} was removed while it was recorded into; what it held is lost"
            )
        return future.result()


class InteractionWriter:
    """Writes one interaction: the request's body, the response's head, its chunks, its end.

    Called from one thread, the proxy's. What has come is in the cassette after `writer.GATHER_SECONDS` at the latest.
    """

    def __init__(self, writer: Writer, row: InteractionRow, request: Request) -> None:
        self._writer = writer
        self._row = row
        self._request = request
        self._head: ResponseHead | None = None
        self._request_body = BodyWriter(writer, row.request_arrived)
        self._response_body = BodyWriter(writer, row.response_arrived)
        self._asked = _Copy()
        self._answered = _Copy()

    def request_piece(self, data: bytes) -> None:
        """Add *data* to the request's body."""
        self._asked.add(data)
        self._request_body.add(data)

    def request_again(self, request: Request) -> None:
        """The request's head once more, as it fits the body that was written."""
        self._request = request
        self._writer.submit(lambda connection: self._row.request_again(connection, request), urgent=False)

    def request_done(self, match_key: str | None, *, redacted: bool) -> None:
        """The request has arrived whole; None as *match_key* for one that nothing may match."""
        self._request_body.closing()

        def run(connection: sqlite3.Connection) -> None:
            self._request_body.finish(connection)
            self._row.request_done(connection, match_key, redacted=redacted)

        self._writer.submit(run, urgent=False)

    def response_head(self, head: ResponseHead, first_byte_us: int, *, redacted: bool) -> None:
        """The response's head has arrived, *first_byte_us* after the interaction began; a later one replaces it."""
        self._head = head
        self._writer.submit(lambda c: self._row.response_head(c, head, first_byte_us, redacted=redacted), urgent=False)

    def chunk(self, data: bytes, at_us: int) -> None:
        """A piece of the response's body has arrived; waits where too many unwritten bytes have piled up."""
        self._answered.add(data)
        self._response_body.add(data, at_us)

    def chunk_goes_on(self, data: bytes) -> None:
        """More of the piece that `chunk` was given last."""
        self._answered.add(data)
        self._response_body.add(data, GOES_ON)

    def finish(
        self, ended: Ended, duration_us: int, *, problem: str | None = None, trailers: Headers = ()
    ) -> Future[None]:
        """The interaction is over; the future resolves when all of it is committed."""
        self._response_body.closing()

        def run(connection: sqlite3.Connection) -> None:
            self._response_body.finish(connection)
            self._row.finish(connection, Outcome(ended, duration_us, problem), trailers)

        future = self._writer.submit(run)
        # What it means can wait until the client has its answer.
        self._writer.submit(lambda connection: self._derive(connection, ended), urgent=False)
        return future

    def _derive(self, connection: sqlite3.Connection, ended: Ended) -> None:
        asked, answered = self._asked.whole(), self._answered.whole()
        found = derived.read(derived.Exchange(self._request, asked, self._head, answered, ended))
        derived.write(connection, self._row.id, found)


class _Copy:
    """The bytes of a body kept for its reading, as long as they are not too many."""

    def __init__(self) -> None:
        self._parts: list[bytes] | None = []
        self._size = 0

    def add(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > derived.READING_BYTES:
            self._parts = None
        if self._parts is not None:
            self._parts.append(data)

    def whole(self) -> bytes | None:
        return None if self._parts is None else b"".join(self._parts)
