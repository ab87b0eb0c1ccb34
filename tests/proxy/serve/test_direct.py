"""The direct engine as a program: a whole run, what it imports, what it needs of the machine, where it never goes."""

from __future__ import annotations

import ast
import hashlib
import json
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wiretape.proxy import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.proxy.serve.conftest import Said, Shelf

    type Get = Callable[..., bytes]

HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
PIECE = bytes(range(256)) * 256
# What every replay imports by `direct`, and what serves the other engine only.
OF_THE_OTHER_ENGINE = {"chaining.py"}

PROGRAM = """
import json, sys
from pathlib import Path
from wiretape.proxy.decide.modes import Mode, WhenSpent
from wiretape.proxy.runs import exit_code
from wiretape.proxy.serve.direct.engine import DIRECT
from wiretape.proxy.serve.wholerun import serve_run
from wiretape.proxy.settings import Listen, Settings

cassette, ready, *command = sys.argv[1:]
settings = Settings(
    cassette=Path(cassette), mode=Mode.REPLAY, listen=Listen(port=0), ready_file=Path(ready), when_spent=WhenSpent.MISS
)
try:
    say = lambda line: print(line, file=sys.stderr, flush=True)
    code, summaries = serve_run(settings, say, command, lambda _: DIRECT)
finally:
    print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
sys.exit(exit_code(summaries, code))
"""


class Program:
    """A process that replays."""

    def __init__(self, shelf: Shelf) -> None:
        self.ready = shelf.path.with_name("ready.json")
        self._line = [sys.executable, "-c", PROGRAM, str(shelf.path), str(self.ready)]
        self.process: subprocess.Popen[str] | None = None

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command against it."""
        return subprocess.run([*self._line, *command], capture_output=True, text=True, timeout=60, check=False)

    def start(self) -> dict[str, Any]:
        """Serve until it is told to end; says what the ready file says."""
        self.process = subprocess.Popen(self._line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        self.process.stderr.readline()  # it comes when requests are served
        found: dict[str, Any] = json.loads(self.ready.read_text())
        return found

    def end(self, number: signal.Signals) -> tuple[int, str, str]:
        """End it; says its exit code and what it printed."""
        assert self.process is not None
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err

    def grown(self) -> int:
        """The most memory it has had so far, in bytes."""
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024


@pytest.fixture
def program(shelf: Shelf) -> Iterator[Program]:
    """The process; what is left of it at the end is killed."""
    made = Program(shelf)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.process.kill()
        made.process.communicate()


class TestAWholeRun:
    def test_with_a_command(self, shelf: Shelf, said: type[Said], program: Program) -> None:
        """It finds the API by its environment; its exit code is the run's."""
        shelf.record(said())
        script = "import urllib.request as u, os; print(u.urlopen(os.environ['WIRETAPE_URL'] + '/v1/x').read())"
        done = program.run(sys.executable, "-c", script)
        assert done.stdout.startswith("b'hello'\n")
        assert done.returncode == 0
        assert program.run(sys.executable, "-c", "raise SystemExit(7)").returncode == 7

    def test_with_a_miss(self, shelf: Shelf, said: type[Said], program: Program) -> None:
        """The run fails although the command is content."""
        shelf.record(said())
        script = (
            "import http.client, os; h = http.client.HTTPConnection(os.environ['WIRETAPE_URL'][7:]);"
            "h.request('GET', '/v1/y'); print(h.getresponse().status)"
        )
        done = program.run(sys.executable, "-c", script)
        assert done.stdout.startswith("424\n")
        assert "not recorded: GET https://api.aitronos.com/v1/y" in done.stderr
        assert done.returncode == 1

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_until_a_signal(self, shelf: Shelf, said: type[Said], program: Program, number: signal.Signals) -> None:
        """A normal end, with clients still connected."""
        shelf.record(said())
        facts = program.start()
        with socket.create_connection(("127.0.0.1", int(facts["url"].rpartition(":")[2]))) as client:
            client.sendall(b"GET /v1/x HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(len(HELLO), socket.MSG_WAITALL) == HELLO
            assert program.end(number)[0] == 0

    def test_without_a_session(self, shelf: Shelf, said: type[Said], program: Program) -> None:
        """What is wrong is raised before anything is served."""
        shelf.record(said())
        shelf.path.write_text("no cassette")
        done = program.run()
        assert "CassetteForeign" in done.stderr
        assert not program.ready.exists()


class TestImports:
    def test_nothing_heavy(self, shelf: Shelf, said: type[Said], program: Program) -> None:
        """Neither mitmproxy nor what only recording and looking need, though TLS and misses were served."""
        shelf.record(said())
        facts = program.start()
        script = (
            "import urllib.request as u, ssl, sys; p = u.ProxyHandler({'https': sys.argv[1]});"
            "o = u.build_opener(p, u.HTTPSHandler(context=ssl.create_default_context(cafile=sys.argv[2])));"
            "print(o.open('https://api.aitronos.com/v1/x').read());"
            "o.addheaders = []; o.open('https://api.aitronos.com/v1/y')"
        )
        asked = subprocess.run(
            [sys.executable, "-c", script, facts["proxy"], facts["ca_bundle"]],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert asked.stdout == "b'hello'\n"
        assert "HTTP Error 424" in asked.stderr
        code, out, _ = program.end(signal.SIGINT)
        assert code == 1
        imported = set(json.loads(out))
        assert {"httptools", "cryptography", "wiretape"} <= imported
        assert imported.isdisjoint({"mitmproxy", "sqlite_utils", "rich", "typer", "h11", "requests", "httpx"})

    def test_no_way_out(self) -> None:
        """No file of the engine names a way to connect to anything: replay cannot touch the network."""
        ways = {
            "connect", "connect_ex", "create_connection", "create_unix_connection", "open_connection", "sock_connect",
            "open_unix_connection", "create_datagram_endpoint", "sendto", "urlopen", "HTTPConnection",
        }  # fmt: skip
        files = [path for path in Path(serve.__file__).parent.rglob("*.py") if path.name not in OF_THE_OTHER_ENGINE]
        assert len(files) > 20
        for path in files:
            for node in ast.walk(ast.parse(path.read_text())):
                name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
                assert name not in ways, f"{path.name}: {name}"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell how much memory is used")
class TestMemory:
    LIMIT = 40 * 1024 * 1024
    COUNT = 1000

    def test_a_long_download(self, shelf: Shelf, said: type[Said], program: Program, get: Get) -> None:
        """Passes through in constant memory, though the client is slow at first."""
        shelf.record(said(chunks=[PIECE] * self.COUNT))
        facts = program.start()
        before = program.grown()
        with socket.create_connection(("127.0.0.1", int(facts["url"].rpartition(":")[2])), timeout=60) as client:
            client.sendall(get("/v1/x", "Connection: close"))
            digest, size = hashlib.sha256(), 0
            while data := client.recv(1 << 20):
                digest.update(data[max(0, data.find(b"\r\n\r\n") + 4) :] if not size else data)
                size += len(data)
        assert size > self.COUNT * len(PIECE)
        assert digest.digest() == hashlib.sha256(PIECE * self.COUNT).digest()
        assert program.grown() - before < self.LIMIT

    def test_a_long_upload(self, shelf: Shelf, said: type[Said], program: Program, get: Get) -> None:
        """Of bytes, which are digested as they come."""
        shelf.record(said(method="POST", asked=PIECE * self.COUNT))
        facts = program.start()
        before = program.grown()
        with socket.create_connection(("127.0.0.1", int(facts["url"].rpartition(":")[2])), timeout=60) as client:
            client.sendall(get("/v1/x", f"Content-Length: {self.COUNT * len(PIECE)}", method="POST"))
            for _ in range(self.COUNT):
                client.sendall(PIECE)
            assert client.recv(len(HELLO), socket.MSG_WAITALL) == HELLO
        assert program.grown() - before < self.LIMIT
