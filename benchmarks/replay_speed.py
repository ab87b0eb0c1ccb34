"""How fast the direct engine replays: requests a second and latency, against a server that always says the same.

Run with `python benchmarks/replay_speed.py`. Servers and the load client are processes of their own on loopback, each
point takes a bounded time. What counts is the ratio to the constant server of the same run: it is what Python, the
event loop and the client allow on this machine.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec

from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.matching import match_key
from wiretape.proxy.decide.modes import Mode
from wiretape.proxy.run import Run
from wiretape.proxy.runs import Runs
from wiretape.proxy.serve.clock import Clock
from wiretape.proxy.serve.direct import loops
from wiretape.proxy.serve.server import ReplayServer
from wiretape.proxy.settings import Listen, Settings
from wiretape.store.interaction import Request, ResponseHead
from wiretape.store.recording import SessionWriter
from wiretape.store.sessions import Description

if TYPE_CHECKING:
    from collections.abc import Generator

SIZES = (100, 10_000)
CONNECTIONS = (1, 16)
_ANSWER_BYTES = 920
_MOMENT = "2025-01-01T00:00:00.000000Z"


def body(number: int) -> bytes:
    """The body of request *number*, half a kilobyte of JSON."""
    words = random.Random(number).choices(["the", "weather", "in", "Bern", "is", "fine"], k=60)
    return json.dumps(
        {"inputs": [{"role": "user", "content": f"{number} {' '.join(words)}"}], "model": "gpt-4o", "n": number}
    ).encode()


def asked(number: int) -> bytes:
    """Request *number* as its bytes."""
    content = body(number)
    head = (
        "POST /v1/model/response HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate\r\n"
        "Connection: keep-alive\r\nUser-Agent: aitronos/4.5.8\r\nX-Fern-Language: Python\r\n"
        "X-Fern-Runtime: python/3.13.0\r\nx-api-key: ak_test_key\r\ncontent-type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def answered(number: int) -> bytes:
    """The body of its answer, always of one length."""
    return json.dumps({"success": True, "n": f"{number:08d}", "response": "x" * _ANSWER_BYTES}).encode()


def record(path: Path, count: int) -> None:
    """Make a cassette of *count* interactions."""
    new = Description(name="default", upstream="https://api.aitronos.com", started_at=_MOMENT, recorder="benchmark")
    writer = SessionWriter.begin(path, new, "replace")
    for number in range(count):
        request = Request(method="POST", scheme="https", host="api.aitronos.com", port=443, target="/v1/model/response")
        take = writer.interaction(request, "api", _MOMENT)
        take.request_piece(body(number))
        key = match_key(canonical(msgspec.structs.replace(request, body=body(number)), "api"))
        take.request_done(key, redacted=False)
        content = answered(number)
        headers = ((b"content-type", b"application/json"), (b"content-length", str(len(content)).encode()))
        take.response_head(ResponseHead(status=200, reason="OK", headers=headers), 1000, redacted=False)
        take.chunk(content, 1000)
        take.finish("complete", 1000)
    writer.end(_MOMENT)


# -- servers ---------------------------------------------------------------------------------------------------------


async def _until_told() -> None:
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    await told.wait()


async def serve_replay(path: Path) -> None:
    """The engine."""
    run = Run.open(Settings(cassette=path, mode=Mode.REPLAY, listen=Listen(port=0)), Clock())
    async with ReplayServer(Runs(run), lambda text: print(text, file=sys.stderr)) as server:
        print(server.url.rpartition(":")[2], flush=True)
        await _until_told()
    run.close()


class _Constant(asyncio.Protocol):
    def __init__(self) -> None:
        content = answered(0)
        self._answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(content), content)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if data.endswith(b"}"):
            self._transport.write(self._answer)


async def serve_constant() -> None:
    """The bound: it reads nothing and knows one answer."""
    listener = await asyncio.get_running_loop().create_server(_Constant, "127.0.0.1", 0)
    print(listener.sockets[0].getsockname()[1], flush=True)
    await _until_told()


# -- load ------------------------------------------------------------------------------------------------------------


class _Client(asyncio.Protocol):
    """Asks, one request after the other, until it is told to stop."""

    def __init__(self, requests: list[bytes], start: int, times: list[float]) -> None:
        self.stopping = False
        self.warm = asyncio.Event()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._requests = requests
        self._at = start
        self._times = times
        self._expected = 0
        self._seen = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def _ask(self) -> None:
        self._at = (self._at + 7919) % len(self._requests)
        self._seen = 0
        self._asked_at = time.perf_counter()
        self._transport.write(self._requests[self._at])

    def data_received(self, data: bytes) -> None:
        if not self._expected:
            if not data.startswith(b"HTTP/1.1 200"):
                self.done.set_exception(RuntimeError(f"not an answer: {data[:200]!r}"))
                return
            self._expected = data.index(b"\r\n\r\n") + 4 + len(answered(0))
        self._seen += len(data)
        if self._seen < self._expected:
            return
        self._times.append(time.perf_counter() - self._asked_at)
        if len(self._times) > len(self._requests):
            self.warm.set()
        if self.stopping:
            self._transport.close()
        else:
            self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if not self.done.done():
            self.done.set_result(None)


async def load(port: int, count: int, connections: int, seconds: float) -> None:
    """Ask for *seconds*, after a warm-up that has every request asked once, and print what came of it."""
    requests = [asked(number) for number in range(count)]
    await _drive(port, requests, connections, None)
    began = time.perf_counter()
    times = await _drive(port, requests, connections, seconds)
    took = time.perf_counter() - began
    times.sort()
    print(json.dumps({"rate": len(times) / took, "p50": times[len(times) // 2], "p99": times[len(times) * 99 // 100]}))


async def _drive(port: int, requests: list[bytes], connections: int, seconds: float | None) -> list[float]:
    loop = asyncio.get_running_loop()
    times: list[float] = []
    clients: list[_Client] = []
    for number in range(connections):
        start = number * len(requests) // connections
        _, client = await loop.create_connection(partial(_Client, requests, start, times), "127.0.0.1", port)
        clients.append(client)
    if seconds is None:
        await asyncio.wait([asyncio.ensure_future(client.warm.wait()) for client in clients])
    await asyncio.sleep(seconds or 0)
    for client in clients:
        client.stopping = True
    await asyncio.gather(*(client.done for client in clients))
    return times


# -- the whole -------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def serving(*arguments: str) -> Generator[tuple[subprocess.Popen[str], int]]:
    """A server as a process, and its port."""
    process = subprocess.Popen([sys.executable, __file__, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process, int(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()


def cpu_seconds(pid: int) -> float:
    """What a process has used of the processor, where the system says so."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(name: str, arguments: list[str], count: int, seconds: float) -> dict[int, float]:
    """Print one server's lines, and say its rates by the number of connections."""
    rates: dict[int, float] = {}
    with serving(*arguments) as (process, port):
        for connections in CONNECTIONS:
            command = [sys.executable, __file__, "load", str(port), str(count), str(connections), str(seconds)]
            before = cpu_seconds(process.pid)
            found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            used = (cpu_seconds(process.pid) - before) / (found["rate"] * seconds) * 1e6
            rates[connections] = found["rate"]
            print(
                f"{name:<28} c={connections:<3} {found['rate']:>9,.0f} req/s   p50 {found['p50'] * 1e6:>7,.0f} µs"
                f"   p99 {found['p99'] * 1e6:>8,.0f} µs   about {used:>5.0f} µs CPU/req"
            )
    return rates


def compare(seconds: float, rounds: int) -> None:
    """Everything, in rounds, and the medians of the ratios."""
    ratios: dict[tuple[int, int], list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            record(Path(folder) / f"{size}.cassette", size)
        for _ in range(rounds):
            bound = measure("constant", ["constant"], SIZES[0], seconds)
            for size in SIZES:
                rates = measure(f"direct, N={size}", ["replay", f"{folder}/{size}.cassette"], size, seconds)
                for connections, rate in rates.items():
                    ratios.setdefault((size, connections), []).append(rate / bound[connections])
    for (size, connections), found in sorted(ratios.items()):
        print(f"N={size:<6} c={connections:<3} {statistics.median(found):.2f} of the constant server")


def main() -> None:
    """Play the part that the arguments name."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="for each point")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("part", nargs="*", help="used by the benchmark itself")
    given = parser.parse_args()
    match given.part:
        case []:
            compare(given.seconds, given.rounds)
        case ["constant"]:
            loops.run(serve_constant())
        case ["replay", path]:
            loops.run(serve_replay(Path(path)))
        case ["load", port, count, connections, seconds]:
            loops.run(load(int(port), int(count), int(connections), float(seconds)))
        case _:
            parser.error("no such part")


if __name__ == "__main__":
    main()
