"""A fresh stand-in for each test, and clients that speak to it: httpx, and a raw socket that sees every byte."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from wiretape.addons.standin import StandIn

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Reply:
    """One answer as its bytes came over a socket.

    Attributes:
        status: of the status line.
        headers: name in lower case to value; of repeated ones the last.
        body: everything after the head, chunk frames included.
        chunks: the contents of the chunk frames that came whole.
        terminated: the terminating chunk came.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    chunks: list[bytes] = field(default_factory=list[bytes])
    terminated: bool = False

    @property
    def text(self) -> str:
        """The chunks' contents, joined and decoded."""
        return b"".join(self.chunks).decode()


def parse(raw: bytes) -> Reply:
    """The reply that some bytes hold."""
    head, _, body = raw.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    reply = Reply(int(status.split()[1]), headers, body)
    rest = body if headers.get("transfer-encoding") == "chunked" else b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        if size == b"0":
            reply.terminated = rest == b"\r\n"
            break
        if len(rest) < int(size, 16) + 2:
            break
        reply.chunks.append(rest[: int(size, 16)])
        rest = rest[int(size, 16) + 2 :]
    return reply


class Raw:
    """Speaks HTTP over a socket, byte by byte."""

    def __init__(self, port: int) -> None:
        self.port = port

    def connect(self) -> socket.socket:
        """A connection of one's own."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def exchange(self, request: bytes) -> bytes:
        """Send, and read until the other side closes."""
        with self.connect() as connection:
            connection.sendall(request)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def ask(self, words: str, **body: Any) -> Reply:
        """Ask for a turn with scenario words in its prompt, on a connection of its own."""
        sent = json.dumps({"inputs": [{"role": "user", "content": words}], **body}).encode()
        return parse(self.exchange(post("/v1/model/response", sent)))

    def get(self, target: str, *headers: str) -> Reply:
        """Get something on a connection of its own."""
        return parse(self.exchange(lines(f"GET {target} HTTP/1.1", "Host: api.test", "Connection: close", *headers)))


def lines(*head: str) -> bytes:
    """A request's head."""
    return "".join(f"{line}\r\n" for line in (*head, "")).encode()


def post(path: str, body: bytes, *headers: str) -> bytes:
    """A request with a JSON body that ends its connection."""
    length = f"Content-Length: {len(body)}"
    return lines(f"POST {path} HTTP/1.1", "Host: api.test", "Connection: close", length, *headers) + body


@pytest.fixture
def standin() -> Iterator[StandIn]:
    """A stand-in that does not dawdle."""
    with StandIn(frame_delay_ms=0) as running:
        yield running


@pytest.fixture
def client(standin: StandIn) -> Iterator[httpx.Client]:
    """An httpx client with the stand-in as its base URL."""
    with httpx.Client(base_url=standin.url, trust_env=False, timeout=30) as made:
        yield made


@pytest.fixture
def raw(standin: StandIn) -> Raw:
    """A raw socket client."""
    return Raw(standin.port)


def turn(words: str = "Hello!", **body: Any) -> dict[str, Any]:
    """The body of a request for a turn."""
    return {"inputs": [{"role": "user", "content": words}], **body}
