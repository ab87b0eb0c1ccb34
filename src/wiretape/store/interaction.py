"""The words of the store as structs: request, response, chunk, interaction, session. Bytes and ordered header pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import msgspec

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

USUAL_PORTS: Final[Mapping[str, int]] = {"http": 80, "https": 443}
"""The ports that an address need not name, by its scheme."""

type Headers = tuple[tuple[bytes, bytes], ...]
"""Header pairs in the order, the case and the number in which they crossed the wire."""

type Ended = Literal["complete", "client_disconnect", "upstream_error"]
"""How an interaction came to its end; an interrupted one has none (None)."""

type SessionState = Literal["recording", "complete", "incomplete"]


def address(scheme: str, host: str, port: int) -> str:
    """`scheme://host:port`, the port left out where it is the scheme's own."""
    name = f"[{host}]" if ":" in host else host
    return f"{scheme}://{name}" if port == USUAL_PORTS.get(scheme) else f"{scheme}://{name}:{port}"


def timestamp(moment: dt.datetime) -> str:
    """A moment in UTC as a cassette tells it: ISO-8601 with microseconds and `Z`."""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request as the client meant it, not as a proxy passed it on.

    Attributes:
        method: as sent, upper case by convention.
        scheme: `http` or `https`.
        host: the host the client meant, without port.
        port: the port the client meant.
        target: path and query as sent, never empty.
        http_version: `HTTP/1.1`, `HTTP/2.0`, …
        headers: ordered pairs, names in their case.
        body: the bytes as on the wire, content-encoding included.
    """

    method: str
    scheme: str
    host: str
    port: int
    target: str
    http_version: str = "HTTP/1.1"
    headers: Headers = ()
    body: bytes = b""

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def url(self) -> str:
        """The request's address, the port left out where it is the scheme's own."""
        return address(self.scheme, self.host, self.port) + self.target


class ResponseHead(msgspec.Struct, frozen=True, kw_only=True):
    """The head of an answer: what is known before its first body byte."""

    status: int
    reason: str
    http_version: str = "HTTP/1.1"
    headers: Headers = ()


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """One answer: its head, its body as on the wire, its trailers (HTTP/2 only)."""

    head: ResponseHead
    body: bytes = b""
    trailers: Headers = ()


class Chunk(msgspec.Struct, frozen=True):
    """One piece of a response as it arrived.

    Attributes:
        at_us: microseconds since the request's first byte.
        size: bytes.
    """

    at_us: int
    size: int


def header(headers: Headers, name: bytes) -> bytes | None:
    """The first value of *name* (lower case) among *headers*, or None where there is none."""
    for key, value in headers:
        if key.lower() == name:
            return value
    return None


class Session(msgspec.Struct):
    """One named run of a client against the proxy, as `wiretape sessions` lists it.

    Attributes:
        rules: what keys are made by and what is redacted, as JSON.
        placeholders: how many secrets placeholders stand for: the highest number of one.
        interactions: how many it has.
    """

    id: int
    name: str
    state: SessionState
    problem: str | None
    replaces: str | None
    upstream: str
    started_at: str
    ended_at: str | None
    rules: str
    placeholders: int
    interactions: int


class Interaction(msgspec.Struct):
    """One request and what came back, as `wiretape ls` lists it: all but the headers and the bytes.

    Attributes:
        ended: `complete`, `client_disconnect`, `upstream_error`, `interrupted`; None while it is going on.
        kind: `json`, `sse`, `stream` (framed otherwise), `websocket`, `text`, `binary`, `empty`; None: no answer.
        generation: this and what follows are of the reading, None where it has none.
    """

    id: int
    session: str
    position: int
    identity: str
    match_key: str | None
    method: str
    scheme: str
    host: str
    port: int
    target: str
    status: int | None
    kind: str | None
    ended: Ended | Literal["interrupted"] | None
    problem: str | None
    redacted: bool
    request_bytes: int
    response_bytes: int
    chunk_count: int
    started_at: str
    first_byte_us: int | None
    duration_us: int | None
    generation: str | None
    model: str | None
    thread_id: str | None
    response_id: str | None
    stop_reason: str | None

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def url(self) -> str:
        """The address as the client meant it."""
        return address(self.scheme, self.host, self.port) + self.target
