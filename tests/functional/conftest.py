"""The real binary as a process, the stand-in as its upstream, and clients that none of us wrote."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from wiretape.addons.standin import StandIn

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

_PATIENCE_SECONDS = 60


class Done(msgspec.Struct, frozen=True):
    """How a command ended."""

    code: int
    out: str
    err: str


class Proxy(msgspec.Struct, frozen=True):
    """A proxy that serves."""

    url: str
    bundle: str
    process: Any

    def end(self, number: signal.Signals = signal.SIGINT) -> Done:
        """End it as a person would, or otherwise."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=_PATIENCE_SECONDS)
        return Done(self.process.returncode, out, err)


class Scripted(msgspec.Struct, frozen=True):
    """What an upstream of the test's own says to a request; more than one piece come as chunks."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)
    pieces: tuple[bytes, ...] = (b"{}",)

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)


class Upstream(ThreadingHTTPServer):
    """An API that says what it was told to say: by a request's header `X-Call`, by that and its path, by its path."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Saying)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.answers: dict[str, Scripted] = {}
        self.hits = 0
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def stop(self) -> None:
        """From now on nobody listens."""
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Saying(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def handle_one_request(self) -> None:
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            setattr(self, f"do_{method}", self._say)
        super().handle_one_request()

    def _say(self) -> None:
        server = self.server
        assert isinstance(server, Upstream)
        server.hits += 1
        self._read()
        path = self.path.partition("?")[0]
        answers, call = server.answers, self.headers.get("X-Call", "")
        answer = answers.get(call) or answers.get(f"{call} {path}") or answers[path]
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        chunked = len(answer.pieces) > 1
        self.send_header(*(("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(len(answer.body)))))
        self.end_headers()
        for piece in answer.pieces:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
            self.wfile.flush()
        if chunked:
            self.wfile.write(b"0\r\n\r\n")

    def _read(self) -> None:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            while size := int(self.rfile.readline(), 16):
                self.rfile.read(size + 2)
            self.rfile.readline()
        self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has there
        """Nobody reads it."""


class Wiretape:
    """The `wiretape` command of this environment, in a folder of its own."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        self.cassette = folder / "x.cassette"
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")},
            "WIRETAPE_HOME": str(home),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }

    def __call__(self, *arguments: object, env: dict[str, str] | None = None, cassette: bool = True) -> Done:
        """Run a command to its end."""
        done = subprocess.run(
            self._line(arguments, cassette=cassette),
            cwd=self.folder,
            env={**self.environment, **(env or {})},
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def python(self, command: str, script: str, *options: object, env: dict[str, str] | None = None) -> Done:
        """Run `wiretape COMMAND OPTIONS -- python SCRIPT`."""
        path = self.folder / "client.py"
        path.write_text(script)
        return self(command, *options, "--", sys.executable, path, env=env)

    @contextlib.contextmanager
    def serving(self, command: str, *options: object, env: dict[str, str] | None = None) -> Generator[Proxy]:
        """Serve in the background; what is left running at the end is killed."""
        ready = self.folder / f"ready-{command}-{len(list(self.folder.iterdir()))}.json"
        process = subprocess.Popen(
            self._line((command, "--listen", "127.0.0.1:0", "--ready-file", ready, *options), cassette=True),
            cwd=self.folder,
            env={**self.environment, **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            # Its first line on stderr comes when it serves, after the file is written.
            assert process.stderr is not None
            first = process.stderr.readline()
            assert ready.exists(), first + process.stderr.read()
            facts = json.loads(ready.read_text())
            assert facts["pid"] == process.pid
            yield Proxy(facts["url"], facts["ca_bundle"], process)
        finally:
            process.kill()
            process.communicate()

    def json(self, *arguments: object) -> Any:
        """What a command prints as JSON."""
        done = self(*arguments, "--json")
        assert done.code == 0, done.err
        return json.loads(done.out)

    def _line(self, arguments: Sequence[object], *, cassette: bool) -> list[str]:
        words = [str(word) for word in arguments]
        named = ["-c", str(self.cassette)] if cassette else []
        return [sys.executable, "-m", "wiretape", words[0], *named, *words[1:]]


class Recorded:
    """Cassettes that were recorded once, for tests that replay or change a copy of one.

    Attributes:
        standin: the API that they were recorded from; it goes on listening, and counts what reaches it.
    """

    def __init__(self, folder: Path, home: Path, standin: StandIn) -> None:
        self.standin = standin
        self._folder = folder
        self._home = home
        self._cassettes: dict[str, Path] = {}

    def copy(self, script: str, wiretape: Wiretape) -> Wiretape:
        """Give *wiretape* what a run of *script* in Python is recorded as."""
        if script not in self._cassettes:
            folder = self._folder / str(len(self._cassettes))
            folder.mkdir()
            recorder = Wiretape(folder, self._home)
            done = recorder.python("record", script, "--upstream", self.standin.url)
            assert done.code == 0, done.err
            self._cassettes[script] = recorder.cassette
        shutil.copy(self._cassettes[script], wiretape.cassette)
        return wiretape


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One certificate authority for all tests of a worker."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def wiretape(tmp_path: Path, home: Path) -> Wiretape:
    """The command."""
    return Wiretape(tmp_path, home)


@pytest.fixture
def standin() -> Iterator[StandIn]:
    """The API, which counts what reaches it."""
    with StandIn() as served:
        yield served


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Iterator[Recorded]:
    """What was recorded once."""
    with StandIn() as served:
        yield Recorded(tmp_path_factory.mktemp("recorded"), home, served)


@pytest.fixture(scope="module")
def make_wiretape(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Callable[[], Wiretape]:
    """Makes commands with a folder each, for what a module's tests share."""
    return lambda: Wiretape(tmp_path_factory.mktemp("shared"), home)


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    """An API that says what it is told to."""
    served = Upstream()
    yield served
    served.stop()


@pytest.fixture(scope="session")
def make_answer() -> Callable[..., Scripted]:
    """Makes what it says."""
    return Scripted
