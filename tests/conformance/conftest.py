"""One recording of awkward answers, and both engines replaying it: what a raw socket reads of each is compared."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Final, Protocol, Self

import msgspec
import pytest

from wiretape.addons.standin import StandIn
from wiretape.proxy.decide.modes import Mode, WhenSpent
from wiretape.proxy.run import Run
from wiretape.proxy.runs import Runs
from wiretape.proxy.serve.clock import Clock
from wiretape.proxy.serve.threaded import ThreadedReplay
from wiretape.proxy.serve.trials import with_trials
from wiretape.proxy.settings import Listen, Settings, parse_hosts
from wiretape.store.aitronos.hosts import DEFAULT_UPSTREAM

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping
    from pathlib import Path

API: Final = ("api.aitronos.com", 443)
ENGINES: Final = ("mitmproxy", "direct")
_PATIENCE_SECONDS = 60.0

# Answers of an upstream that is not the API, by path; it hangs up after each.
ODD: Final = {
    b"/case": b"HTTP/1.1 299 Very  odd\r\nx-lower: 1\r\nX-UPPER: 2\r\nX-Dup: a\r\nx-dup: b\r\nX-Dup: a\r\nX-None:\r\n"
    b"CONTENT-LENGTH: 3\r\n\r\nabc",
    b"/no-reason": b"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok",
    b"/old": b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the end",
    b"/latin": b"HTTP/1.1 200 OK\r\nX-Latin: caf\xe9\r\nContent-Length: 0\r\n\r\n",
    b"/chunked": b"HTTP/1.1 200 Fine\r\ntransfer-encoding: Chunked\r\n\r\n1\r\na\r\n2;x=y\r\nbc\r\n0\r\n\r\n",
    b"/close": b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbyes",
    b"/folded": b"HTTP/1.1 200 OK\r\nX-Folded: one\r\n  two\r\nContent-Length: 0\r\n\r\n",
}


class Line:
    """A connection on which every byte is seen."""

    def __init__(
        self,
        port: int,
        tunnel: tuple[str, int] | None = None,
        bundle: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Connect to a proxy; with a *tunnel*, asked for with *headers*, through it with TLS, trusting *bundle*."""
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_SECONDS)
        self._held = b""
        if tunnel is not None:
            name = f"{tunnel[0]}:{tunnel[1]}"
            more = "".join(f"{key}: {value}\r\n" for key, value in (headers or {}).items())
            self._socket.sendall(f"CONNECT {name} HTTP/1.1\r\nHost: {name}\r\n{more}\r\n".encode())
            self.tunnel_answer = self._until(b"\r\n\r\n")
            context = ssl.create_default_context(cafile=bundle)
            self._socket = context.wrap_socket(self._socket, server_hostname=tunnel[0], suppress_ragged_eofs=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def ask(self, request: bytes) -> bytes:
        """Send a request and read its answer to its end, or to the connection's where it has no other."""
        self._socket.sendall(request)
        head = self._until(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        fields = [line.partition(b":") for line in head.lower().split(b"\r\n")[1:]]
        values = {name: value.strip() for name, _, value in fields}
        if request.startswith(b"HEAD ") or status in (204, 304):
            return head
        if b"chunked" in values.get(b"transfer-encoding", b""):
            return head + self._chunks()
        if b"content-length" in values:
            return head + self._take(int(values[b"content-length"]))
        return head + self.rest()

    def rest(self) -> bytes:
        """All that comes until the other side hangs up."""
        while self._more():
            pass
        return self._take(len(self._held))

    def _chunks(self) -> bytes:
        read = b""
        while True:
            size = self._until(b"\r\n")
            read += size
            if not size:
                return read
            read += self._take(int(size, 16) + 2)
            if int(size, 16) == 0:
                return read

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._held and self._more():
            pass
        at = self._held.find(mark)
        return self._take(at + len(mark) if at >= 0 else len(self._held))

    def _take(self, size: int) -> bytes:
        while len(self._held) < size and self._more():
            pass
        taken, self._held = self._held[:size], self._held[size:]
        return taken

    def _more(self) -> bytes:
        with contextlib.suppress(ConnectionResetError):
            data = self._socket.recv(256 * 1024)
            self._held += data
            return data
        return b""


class Proxy(msgspec.Struct, frozen=True):
    """A proxy that serves, whichever."""

    port: int
    bundle: str

    def line(self, *, tunnel: tuple[str, int] | None = None, headers: Mapping[str, str] | None = None) -> Line:
        """A connection to it."""
        return Line(self.port, tunnel, self.bundle, headers)

    def exchange(self, case: Case) -> list[bytes]:
        """What the requests of *case* are answered with; at the end, what comes after a `Connection: close`."""
        with self.line(tunnel=API if case.tunnel else None) as line:
            answers = [line.ask(request) for request in case.requests]
            return [*answers, line.rest()] if b"Connection: close" in case.requests[-1] else answers


class Case(msgspec.Struct, frozen=True):
    """Requests that go over one connection, one after the other."""

    requests: tuple[bytes, ...]
    tunnel: bool = False


def get(target: str, *headers: str, method: str = "GET", host: str = "proxy.test:1234", close: bool = True) -> bytes:
    """A request without a body."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", *headers, *(["Connection: close"] if close else [])]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode()


def ask(words: str, *headers: str, host: str = "proxy.test:1234", close: bool = True, **others: object) -> bytes:
    """A request for a turn, with words of the stand-in's in its prompt."""
    body = json.dumps({"inputs": [{"role": "user", "content": words}], **others}).encode()
    kind = ("Content-Type: application/json", f"Content-Length: {len(body)}")
    return get("/v1/model/response", *kind, *headers, method="POST", host=host, close=close) + body


def _cases(odd: str) -> dict[str, Case]:
    def stream(words: str, *headers: str) -> Case:
        return Case((ask(words, *headers, stream=True),))

    poll = get("/v1/model/response/resp_polled", close=False)
    limited = ask("[[429]]", close=False)
    files = "/v1/organizations/org_1/files/big/download"
    cases = {
        "json": Case((ask("Grüezi"),)),
        "kept alive": Case((ask("one", close=False), ask("two", close=False), ask("three"))),
        "stream": stream("stream"),
        "style A": stream("[[style=A]]"),
        "style B, CRLF": stream("[[style=B]] [[crlf]]"),
        "style C, LF": stream("[[style=C]] [[eol=lf]]"),
        "UTF-8 split over chunks": stream("[[split]]"),
        "gzip": Case((ask("[[gzip]]", "Accept-Encoding: gzip"),)),
        "gzip stream": stream("[[gzip]] stream", "Accept-Encoding: gzip"),
        "until the connection ends": stream("[[framing=close]]"),
        "promised length in pieces": stream("[[framing=length]]"),
        "one event of a megabyte": stream("[[mega]]"),
        "ten thousand events": stream("[[tiny=10000]]"),
        "cut between chunks": stream("[[cut]]"),
        "cut before the first chunk": stream("[[cut]] [[after=0]]"),
        "cut inside a chunk": stream("[[cut=inside]]"),
        "cut short of its length": Case((ask("[[cut=length]] [[after=50]]"),)),
        "stream cut short of its length": stream("[[cut=length]] stream"),
        "reset": stream("[[cut=reset]]"),
        "download": Case((get(f"{files}?bytes=300000"),)),
        "range": Case((get(files, "Range: bytes=5-99"),)),
        "head": Case((get("/v1/models", method="HEAD", close=False), get("/v1/models?after=head"))),
        "204": Case((get("/v1/threads/thrd_1", method="DELETE", close=False), get("/v1/models?after=204"))),
        "304": Case((get("/v1/models", "If-None-Match: *", close=False), get("/v1/models?after=304"))),
        "404": Case((get("/v1/nothing"),)),
        "502 as HTML": Case((ask("[[502]] [[errors=html]]"),)),
        "redirect": Case((get("/v1/health?from=base"),)),
        "redirect, absolute": Case((get(f"http://{API[0]}/v1/health?from=abs", host=API[0]),)),
        "polling": Case((poll, poll, poll)),
        "429 then 200": Case((limited, limited)),
        "absolute": Case((get(f"http://{API[0]}/v1/models?absolute", host=API[0]),)),
        "HTTP/1.0": Case((get("/v1/models?old", close=False).replace(b"HTTP/1.1", b"HTTP/1.0"),)),
        "tunnel": Case((ask("tunnel", host=API[0], close=False), ask("stream", host=API[0], stream=True)), tunnel=True),
        "cut in a tunnel": Case((ask("[[cut]] tunnel", host=API[0], stream=True),), tunnel=True),
        "redirect in a tunnel": Case((get("/v1/health?from=tunnel", host=API[0]),), tunnel=True),
        "continue": Case((ask("continue", "Expect: 100-continue"),)),
    }
    for path in ODD:
        cases[f"odd {path.decode()}"] = Case((get(f"http://{odd}{path.decode()}", host=odd),))
    return cases


CASES: Final = tuple(_cases(""))


class Recording(msgspec.Struct, frozen=True):
    """What was recorded, and what the client saw meanwhile."""

    cassette: Path
    odd: str
    cases: dict[str, Case]
    seen: dict[str, list[bytes]]


class _Odd(socketserver.StreamRequestHandler):
    """Answers from the table."""

    def handle(self) -> None:
        path = self.rfile.readline().split(b" ")[1]
        while self.rfile.readline().strip():
            pass
        self.wfile.write(ODD[path])


@contextlib.contextmanager
def _odd_upstream() -> Generator[str]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Odd) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@contextlib.contextmanager
def _command(home: Path, *arguments: str) -> Generator[Proxy]:
    """The `wiretape` command serving."""
    ready = home / f"ready-{time.monotonic_ns()}.json"
    line = [sys.executable, "-m", "wiretape", *arguments, "--listen", "127.0.0.1:0", "--ready-file", str(ready)]
    with subprocess.Popen(line, stderr=subprocess.PIPE) as process:
        # Its first line comes when it serves, after the file is written.
        assert process.stderr is not None
        said = process.stderr.readline()
        try:
            assert ready.exists(), said + process.stderr.read()
            facts = json.loads(ready.read_text())
            yield Proxy(int(facts["url"].rpartition(":")[2]), facts["ca_bundle"])
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=_PATIENCE_SECONDS)


@pytest.fixture(scope="session")
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home for this worker's certificate authority, in force for its processes and threads."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WIRETAPE_HOME", str(home))
        yield home


class Serve(Protocol):
    """Starts the `wiretape` command, for what it is told."""

    def __call__(self, *arguments: str) -> contextlib.AbstractContextManager[Proxy]:
        """For the length of a `with` block."""
        ...


@pytest.fixture(scope="session")
def serving(own_home: Path) -> Serve:
    """See `Serve`."""
    return lambda *arguments: _command(own_home, *arguments)


@pytest.fixture(scope="session")
def recording(own_home: Path) -> Recording:
    """All cases, recorded once."""
    pytest.importorskip("mitmproxy")
    cassette = own_home / "conformance.cassette"
    with StandIn(frame_delay_ms=0) as standin, _odd_upstream() as odd:
        cases = _cases(odd)
        options = ("-c", str(cassette), "--upstream", standin.url, "--intercept", odd)
        with _command(own_home, "record", *options) as proxy:
            seen = {name: proxy.exchange(case) for name, case in cases.items()}
    return Recording(cassette, odd, cases, seen)


class Start(Protocol):
    """Starts an engine, with cursors of its own, on what was recorded."""

    def __call__(self, engine: str, *, when_spent: str = "miss") -> contextlib.AbstractContextManager[Proxy]:
        """For the length of a `with` block."""
        ...


@contextlib.contextmanager
def _mitmproxy(recording: Recording, when_spent: str) -> Generator[Proxy]:
    options = ["-c", str(recording.cassette), "--intercept", recording.odd, "--when-spent", when_spent]
    with _command(recording.cassette.parent, "replay", *options, "--engine", "mitmproxy") as proxy:
        yield proxy


@contextlib.contextmanager
def _direct(recording: Recording, when_spent: str) -> Generator[Proxy]:
    settings = Settings(
        cassette=recording.cassette,
        mode=Mode.REPLAY,
        hosts=parse_hosts(DEFAULT_UPSTREAM, (), (recording.odd,)),
        listen=Listen(port=0),
        when_spent=WhenSpent(when_spent),
        hosts_named=("--intercept", recording.odd),
    )
    run = with_trials(Run.open(settings, Clock()))
    with ThreadedReplay(Runs(run)) as replay:
        yield Proxy(int(replay.url.rpartition(":")[2]), str(replay.ours.bundle))
    run.close()


@pytest.fixture(scope="session")
def replaying(recording: Recording) -> Start:
    """See `Start`."""

    def start(engine: str, *, when_spent: str = "miss") -> contextlib.AbstractContextManager[Proxy]:
        return _mitmproxy(recording, when_spent) if engine == "mitmproxy" else _direct(recording, when_spent)

    return start


@pytest.fixture(scope="session", params=ENGINES)
def replayed(request: pytest.FixtureRequest, recording: Recording, replaying: Start) -> dict[str, list[bytes]]:
    """What each case is answered with by one engine."""
    with replaying(request.param) as proxy:
        return {name: proxy.exchange(case) for name, case in recording.cases.items()}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes a `case` runs for each."""
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", CASES)
