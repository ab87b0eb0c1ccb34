"""The words of the store as structs: request, response, chunk, interaction, session. Bytes and ordered header pairs."""

from __future__ import annotations

from typing import Literal

import msgspec

type Headers = tuple[tuple[bytes, bytes], ...]
"""Header pairs in the order, the case and the number in which they crossed the wire."""

type Ended = Literal["complete", "client_disconnect", "upstream_error"]
"""How an interaction came to its end; an interrupted one has none (None)."""

type SessionState = Literal["recording", "complete", "incomplete"]


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
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = {"http": 80, "https": 443}.get(self.scheme)
        port = "" if self.port == usual else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.target}"


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
