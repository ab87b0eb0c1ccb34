"""The statements that write one interaction's rows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import msgspec

from wiretape.store import heads

if TYPE_CHECKING:
    import sqlite3

    from wiretape.store.bodies import Arrivals
    from wiretape.store.interaction import Ended, Headers, Request, ResponseHead


GOES_ON: Final = -1
"""The time of what belongs to the same chunk as the bytes before it."""

_HEADERS = msgspec.json.Decoder(list[tuple[str, str]])


class Outcome(msgspec.Struct, frozen=True):
    """How an interaction ended, when (microseconds since it began), and what went wrong."""

    ended: Ended
    duration_us: int
    problem: str | None


def headers_to_json(headers: Headers) -> str:
    """Header pairs as JSON; Latin-1 maps every byte to the character of its number, so nothing is lost."""
    return json.dumps([[n.decode("latin-1"), v.decode("latin-1")] for n, v in headers], ensure_ascii=False)


def headers_from_json(text: str | None) -> Headers:
    """The inverse of `headers_to_json`; no headers for None.

    Raises:
        ValueError: *text* is something else.
    """
    return tuple([(n.encode("latin-1"), v.encode("latin-1")) for n, v in _HEADERS.decode(text or "[]")])


class InteractionRow:
    """One row of `interaction` and its chunks; called in the writer's thread, inside a transaction."""

    def __init__(self, session_id: int, position: int) -> None:
        self.id = 0
        self._session_id = session_id
        self._position = position
        self._size = 0
        self._chunks = 0
        self._finished = False

    def insert(self, connection: sqlite3.Connection, request: Request, identity: str, started_at: str) -> None:
        """The request's head has come."""
        self.id = int(
            connection.execute(
                "INSERT INTO interaction (session_id, position, identity, method, scheme, host, port, target,"
                " request_http_version, request_headers, started_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    self._session_id,
                    self._position,
                    identity,
                    request.method,
                    request.scheme,
                    request.host,
                    request.port,
                    request.target,
                    request.http_version,
                    headers_to_json(request.headers),
                    started_at,
                ),
            ).lastrowid
            or 0
        )

    def request_arrived(self, connection: sqlite3.Connection, body_id: int, arrivals: Arrivals) -> None:
        """Some of the request's body is in *body_id*."""
        connection.execute(
            "UPDATE interaction SET request_body_id = ?, request_bytes = request_bytes + ? WHERE id = ?",
            (body_id, sum(len(data) for data, _ in arrivals), self.id),
        )

    def request_again(self, connection: sqlite3.Connection, request: Request) -> None:
        """The request's headers, as they fit the body that was stored."""
        connection.execute(
            "UPDATE interaction SET request_headers = ? WHERE id = ?", (headers_to_json(request.headers), self.id)
        )
        self._changed(connection)

    def request_done(self, connection: sqlite3.Connection, match_key: str | None, *, redacted: bool) -> None:
        """All of the request has come."""
        connection.execute(
            "UPDATE interaction SET match_key = ?, redacted = max(redacted, ?) WHERE id = ?",
            (match_key, redacted, self.id),
        )

    def response_head(
        self, connection: sqlite3.Connection, head: ResponseHead, first_byte_us: int, *, redacted: bool
    ) -> None:
        """The response's head has come."""
        connection.execute(
            "UPDATE interaction SET status = ?, reason = ?, response_http_version = ?, response_headers = ?,"
            " first_byte_us = ?, redacted = max(redacted, ?) WHERE id = ?",
            (
                head.status,
                head.reason,
                head.http_version,
                headers_to_json(head.headers),
                first_byte_us,
                redacted,
                self.id,
            ),
        )
        self._changed(connection)

    def response_arrived(self, connection: sqlite3.Connection, body_id: int, arrivals: Arrivals) -> None:
        """Some of the response's body is in *body_id*, each arrival a chunk, or the rest of the one before."""
        fresh: list[list[int]] = []
        for data, at_us in arrivals:
            if at_us != GOES_ON:
                fresh.append([at_us, len(data)])
            elif fresh:
                fresh[-1][1] += len(data)
            else:
                connection.execute(
                    "UPDATE chunk SET size_bytes = size_bytes + ? WHERE interaction_id = ? AND position = ?",
                    (len(data), self.id, self._chunks - 1),
                )
        connection.executemany(
            "INSERT INTO chunk (interaction_id, position, at_us, size_bytes) VALUES (?, ?, ?, ?)",
            [(self.id, self._chunks + n, at_us, size) for n, (at_us, size) in enumerate(fresh)],
        )
        self._chunks += len(fresh)
        self._size += sum(len(data) for data, _ in arrivals)
        connection.execute(
            "UPDATE interaction SET response_body_id = ?, response_bytes = ?, chunk_count = ? WHERE id = ?",
            (body_id, self._size, self._chunks, self.id),
        )

    def finish(self, connection: sqlite3.Connection, outcome: Outcome, trailers: Headers) -> None:
        """The interaction is over."""
        connection.execute(
            "UPDATE interaction SET ended = ?, duration_us = ?, problem = ?, response_trailers = ? WHERE id = ?",
            (
                outcome.ended,
                outcome.duration_us,
                outcome.problem,
                headers_to_json(trailers) if trailers else None,
                self.id,
            ),
        )
        heads.seal(connection, self.id)
        self._finished = True

    def _changed(self, connection: sqlite3.Connection) -> None:
        """A head was written; of an upload that goes on behind its answer, the request's may come after the end."""
        if self._finished:
            heads.seal(connection, self.id)
