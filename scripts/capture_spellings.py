"""Captures how clients spell the same calls, byte by byte, for tests that match them with each other.

Each client makes the calls of `tests/data/spellings/calls.json` to a loopback socket, the Python ones in a throw-away
environment with the versions named here, and what arrives is kept as `tests/data/spellings/CLIENT/CALL.http`. Run it
again to add a client or a version: `python scripts/capture_spellings.py [CLIENT...]`.
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import venv
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER = Path(__file__).parent.parent / "tests" / "data" / "spellings"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


class Client(NamedTuple):
    """A client: its program, and what pip installs for it; None for a program that Node runs."""

    program: str
    packages: tuple[str, ...] | None


CLIENTS = {
    "httpx-0.25": Client("with_httpx.py", ("httpx==0.25.2",)),
    "httpx-0.28": Client("with_httpx.py", ("httpx==0.28.1",)),
    "requests-2.32": Client("with_requests.py", ("requests==2.32.5",)),
    "aitronos-sdk-5.0": Client("with_sdk.py", ("aitronos-sdk==5.0.0", "httpx==0.28.1")),
    "node-20": Client("with_node.mjs", None),
}


class Listener:
    """Answers every request alike, and keeps it."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # A closed socket does not wake who waits for it; a connection that says nothing does.
        socket.create_connection(("127.0.0.1", self.port)).close()
        self._thread.join()
        self._server.close()

    def _serve(self) -> None:
        while True:
            connection, _ = self._server.accept()
            with connection:
                request = _read(connection)
                if not request:
                    return
                self.requests.append(request)
                connection.sendall(ANSWER)


def _read(connection: socket.socket) -> bytes:
    data = b""
    while not _is_whole(data):
        more = connection.recv(65536)
        if not more:
            return data
        data += more
    return data


def _is_whole(data: bytes) -> bool:
    head, blank, body = data.partition(b"\r\n\r\n")
    if not blank:
        return False
    if re.search(rb"(?im)^transfer-encoding: *chunked", head):
        return body.endswith(b"0\r\n\r\n")
    length = re.search(rb"(?im)^content-length: *(\d+)", head)
    return len(body) >= int(length[1] if length else 0)


def _python(packages: Sequence[str], folder: Path) -> str:
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
    return python


def _told(request: bytes, port: int) -> bytes:
    """*request* without what is this machine's alone."""
    head, blank, body = request.partition(b"\r\n\r\n")
    head = head.replace(b"127.0.0.1:%d" % port, b"127.0.0.1:8787")
    head = re.sub(rb"(?im)^(x-fern-platform: *)[^\r]+", rb"\1linux/6.1.0", head)
    return head + blank + body


def capture(name: str) -> None:
    """Write down what the client called *name* sends."""
    client = CLIENTS[name]
    with tempfile.TemporaryDirectory() as folder, Listener() as listener:
        program = "node" if client.packages is None else _python(client.packages, Path(folder))
        line = [
            program,
            str(FOLDER / "clients" / client.program),
            str(FOLDER / "calls.json"),
            f"http://127.0.0.1:{listener.port}",
        ]
        said = subprocess.run(line, check=True, capture_output=True, text=True).stdout
    calls = [line.split()[0] for line in said.splitlines()]
    shutil.rmtree(FOLDER / name, ignore_errors=True)
    (FOLDER / name).mkdir()
    for call, request in zip(calls, listener.requests, strict=True):
        (FOLDER / name / f"{call}.http").write_bytes(_told(request, listener.port))
    print(f"{name}: {', '.join(calls)}")


if __name__ == "__main__":
    for chosen in sys.argv[1:] or CLIENTS:
        capture(chosen)
