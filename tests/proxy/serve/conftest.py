"""The direct engine over a cassette of the test's own, and a raw socket that sees every byte it says."""

from __future__ import annotations

import contextlib
import socket
import time
from typing import TYPE_CHECKING, Self

import msgspec
import pytest

from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.matching import match_key
from wiretape.proxy.decide.modes import Mode, WhenSpent
from wiretape.proxy.decide.pace import INSTANT
from wiretape.proxy.run import Run
from wiretape.proxy.runs import Runs
from wiretape.proxy.serve.clock import Clock
from wiretape.proxy.serve.threaded import ThreadedReplay
from wiretape.proxy.settings import Listen, Settings
from wiretape.store.interaction import Request, ResponseHead
from wiretape.store.recording import SessionWriter
from wiretape.store.sessions import Description

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from pathlib import Path

    from tests.conftest import Scribe
    from wiretape.proxy.decide.pace import Pace
    from wiretape.proxy.summary import Summary
    from wiretape.store.interaction import Ended, Headers

_AT = "2026-01-02T03:04:05.000006Z"
_PATIENCE_SECONDS = 30.0


class Said(msgspec.Struct, frozen=True):
    """One recorded exchange; its chunks came at the times given, in microseconds, or ten milliseconds apart."""

    target: str = "/v1/x"
    method: str = "GET"
    asked: bytes = b""
    kind: bytes = b""
    chunks: Sequence[bytes] = (b"hello",)
    headers: Headers = ()
    status: int = 200
    reason: str = "OK"
    version: str = "HTTP/1.1"
    ended: Ended = "complete"
    times: Sequence[int] = ()
    first_byte_us: int = 1000
    ended_us: int | None = None
    length: bool = True


class Raw:
    """A connection on which every byte is seen."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Send."""
        self.socket.sendall(data)

    def read(self, size: int) -> bytes:
        """Exactly so many bytes, or fewer where the other side hangs up."""
        read = bytearray()
        while len(read) < size and (data := self.socket.recv(size - len(read))):
            read += data
        return bytes(read)

    def until(self, mark: bytes) -> bytes:
        """All up to and including *mark*."""
        read = b""
        while not read.endswith(mark) and (data := self.socket.recv(1)):
            read += data
        return read

    def rest(self) -> bytes:
        """All that comes until the other side hangs up."""
        return b"".join(iter(lambda: self.socket.recv(1 << 16), b""))

    def answer(self) -> tuple[bytes, bytes]:
        """Head and body of an answer with a Content-Length."""
        head = self.until(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        return head, self.read(length)


class Replay:
    """An engine that serves, and what it said at the terminal.

    Attributes:
        run: the run that it serves.
    """

    def __init__(self, run: Run, grace_seconds: float) -> None:
        self.run = run
        self.lines: list[str] = []
        self.served = ThreadedReplay(Runs(run), self.lines.append, grace_seconds=grace_seconds)
        self.served.start()
        self.port = int(self.served.url.rpartition(":")[2])

    def raw(self) -> Raw:
        """A connection."""
        return Raw(self.port)

    def exchange(self, data: bytes) -> bytes:
        """Send, say that this was all, and read until the other side hangs up."""
        with self.raw() as raw:
            raw.send(data)
            raw.socket.shutdown(socket.SHUT_WR)
            return raw.rest()

    def emptied(self) -> None:
        """Wait until nobody is connected any more."""
        patience = time.monotonic() + _PATIENCE_SECONDS
        while self.served.connections:
            assert time.monotonic() < patience, "a connection stays open"
            time.sleep(0.001)

    def end(self) -> Summary:
        """Stop, and say what became of the run."""
        self.served.stop()
        return self.run.close()


class Shelf:
    """Records, and replays what it recorded.

    Attributes:
        upstream: where the API was while recording.
    """

    def __init__(self, scribe: Scribe) -> None:
        self.upstream = "https://api.aitronos.com"
        self._scribe = scribe

    @property
    def path(self) -> Path:
        """The cassette."""
        return self._scribe.path

    def record(self, *exchanges: Said) -> Self:
        """Put a session there."""
        new = Description(name="default", upstream=self.upstream, started_at=_AT, recorder="test")
        writer = SessionWriter.begin(self.path, new, "replace")
        for said in exchanges:
            request = Request(
                method=said.method,
                scheme="https",
                host="api.aitronos.com",
                port=443,
                target=said.target,
                headers=((b"Content-Type", said.kind),) if said.kind else (),
                body=said.asked,
            )
            length = ((b"Content-Length", str(sum(map(len, said.chunks))).encode()),) if said.length else ()
            interaction = writer.interaction(request, "api", _AT)
            if said.asked:
                interaction.request_piece(said.asked)
            interaction.request_done(match_key(canonical(request, "api")), redacted=False)
            head = ResponseHead(
                status=said.status, reason=said.reason, http_version=said.version, headers=(*said.headers, *length)
            )
            interaction.response_head(head, said.first_byte_us, redacted=False)
            times = said.times or range(said.first_byte_us, 10**9, 10_000)
            last = said.first_byte_us
            for chunk, last in zip(said.chunks, times, strict=False):
                interaction.chunk(chunk, last)
            interaction.finish(said.ended, last if said.ended_us is None else said.ended_us)
        writer.end(_AT)
        return self

    @contextlib.contextmanager
    def replay(
        self, pace: Pace = INSTANT, *, when_spent: WhenSpent = WhenSpent.REPEAT, grace_seconds: float = 1.0
    ) -> Generator[Replay]:
        """Serve it for the length of a `with` block."""
        settings = Settings(
            cassette=self.path, mode=Mode.REPLAY, listen=Listen(port=0), when_spent=when_spent, pace=pace
        )
        replay = Replay(Run.open(settings, Clock()), grace_seconds)
        try:
            yield replay
        finally:
            replay.end()


@pytest.fixture(scope="session")
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One certificate authority for all tests of a worker."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def shelf(scribe: Scribe, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """A cassette to fill and to replay."""
    monkeypatch.setenv("WIRETAPE_HOME", str(own_home))
    return Shelf(scribe)


@pytest.fixture
def said() -> type[Said]:
    """Makes exchanges."""
    return Said


@pytest.fixture
def replay(shelf: Shelf) -> Iterator[Replay]:
    """An engine over two answers: `/v1/x` says hello, `/v1/stream` says it in three chunks."""
    chunked = ((b"Transfer-Encoding", b"chunked"),)
    shelf.record(Said(), Said("/v1/stream", chunks=(b"one", b"two", b"three"), headers=chunked, length=False))
    with shelf.replay() as served:
        yield served


@pytest.fixture
def get() -> Callable[..., bytes]:
    """Makes requests without a body."""

    def made(target: str = "/v1/x", *headers: str, method: str = "GET", version: str = "HTTP/1.1") -> bytes:
        lines = [f"{method} {target} {version}", "Host: proxy.test:1234", *headers, "", ""]
        return "\r\n".join(lines).encode()

    return made
