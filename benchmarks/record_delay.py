"""How much later a client gets each event of a stream because it is being recorded, over a direct connection.

An origin in this process stamps the moment it writes each event, a raw client the moment it reads it; in between is
nothing, or `wiretape record` as a process of its own. Bounded: rounds of ten events, 100 ms apart, on loopback.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

EVENTS, GAP_SECONDS, ROUNDS = 10, 0.1, 3


class Origin:
    """A server that answers every request with the same slow stream, and remembers when it wrote what."""

    def __init__(self) -> None:
        self.written: list[float] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            client, _ = self._server.accept()
            threading.Thread(target=self._answer, args=(client,), daemon=True).start()

    def _answer(self, client: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while client.recv(65536):
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            self.written = []
            for number in range(EVENTS):
                event = b"data: %d\n\n" % number
                self.written.append(time.perf_counter())
                client.sendall(b"%x\r\n%s\r\n" % (len(event), event))
                time.sleep(GAP_SECONDS)
            client.sendall(b"0\r\n\r\n")


def delays(origin: Origin, port: int) -> list[float]:
    """Milliseconds from the writing of each event to its reading."""
    read: list[float] = []
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"GET /v1/model/response HTTP/1.1\r\nHost: x\r\n\r\n")
        got = b""
        while b"\r\n0\r\n\r\n" not in got:
            got += client.recv(65536)
            now = time.perf_counter()
            read += [now] * (got.count(b"data: ") - len(read))
    return [1000 * (after - before) for before, after in zip(origin.written, read, strict=True)]


def main() -> None:
    """Measure in turn, direct and recorded."""
    origin = Origin()
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready"
        command = [sys.executable, "-m", "wiretape", "record", "-c", f"{folder}/x.cassette", "--listen", "127.0.0.1:0"]
        command += ["--upstream", f"http://127.0.0.1:{origin.port}", "--ready-file", str(ready)]
        environment = {**os.environ, "WIRETAPE_HOME": folder}
        with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment) as proxy:
            assert proxy.stderr is not None
            proxy.stderr.readline()
            port = int(json.loads(ready.read_text())["url"].rpartition(":")[2])
            delays(origin, port)
            direct: list[list[float]] = []
            recorded: list[list[float]] = []
            for _ in range(ROUNDS):
                direct.append(delays(origin, origin.port))
                recorded.append(delays(origin, port))
            proxy.terminate()
    for name, rounds in (("direct", direct), ("recorded", recorded)):
        flat = sorted(delay for one in rounds for delay in one)
        first = statistics.median(one[0] for one in rounds)
        print(
            f"{name:>9}: median {statistics.median(flat):.2f} ms, worst {flat[-1]:.2f} ms, first event {first:.2f} ms"
        )
    extra = statistics.median(d for one in recorded for d in one) - statistics.median(d for one in direct for d in one)
    print(f"    extra: median {extra:.2f} ms an event")


if __name__ == "__main__":
    main()
