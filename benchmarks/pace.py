"""How well both engines keep a recording's time: ten events, 100 ms apart, plain and through TLS, alone and many.

Run with `python benchmarks/pace.py`. An error is how much later (or earlier) than recorded an event is read by a client
in another process, both on loopback.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.matching import match_key
from wiretape.store.interaction import Request, ResponseHead
from wiretape.store.recording import SessionWriter
from wiretape.store.sessions import Description

if TYPE_CHECKING:
    from collections.abc import Generator

EVENTS = 10
GAP_US = 100_000
FIRST_BYTE_US = 50_000
API = "api.aitronos.com"
_MOMENT = "2025-01-01T00:00:00.000000Z"


class Served(msgspec.Struct, frozen=True):
    """A replay that serves."""

    port: int
    bundle: str


def due_us(event: int) -> int:
    """When event *event* came in the recording."""
    return FIRST_BYTE_US + GAP_US * (event + 1)


def record(path: Path) -> None:
    """Make a cassette with the stream."""
    new = Description(name="default", upstream=f"https://{API}", started_at=_MOMENT, recorder="benchmark")
    writer = SessionWriter.begin(path, new, "replace")
    request = Request(method="GET", scheme="https", host=API, port=443, target="/v1/stream")
    take = writer.interaction(request, "api", _MOMENT)
    take.request_done(match_key(canonical(request, "api")), redacted=False)
    headers = ((b"content-type", b"text/event-stream"), (b"transfer-encoding", b"chunked"))
    take.response_head(ResponseHead(status=200, reason="OK", headers=headers), FIRST_BYTE_US, redacted=False)
    for event in range(EVENTS):
        take.chunk(b'data: {"event":"response.content_delta","delta":"%d"}\n\n' % event, due_us(event))
    take.finish("complete", due_us(EVENTS - 1))
    writer.end(_MOMENT)


@contextlib.contextmanager
def replaying(path: Path, pace: str, engine: str) -> Generator[Served]:
    """The command, as a process."""
    ready = path.with_name(f"ready-{engine}-{pace}.json")
    command = [
        sys.executable,
        "-m",
        "wiretape",
        "replay",
        "-c",
        str(path),
        "--listen",
        "127.0.0.1:0",
        "--engine",
        engine,
    ]
    with subprocess.Popen(
        [*command, "--ready-file", str(ready), "--pace", pace], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        process.stderr.readline()  # it comes when requests are served
        facts = json.loads(ready.read_text())
        yield Served(int(facts["url"].rpartition(":")[2]), facts["ca_bundle"])
        process.send_signal(signal.SIGINT)


async def watch(served: Served, *, tls: bool) -> tuple[list[float], float]:
    """Read the stream once; says how long after the request each event came, and its end, in seconds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    if tls:
        writer.write(f"CONNECT {API}:443 HTTP/1.1\r\nHost: {API}:443\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        await writer.start_tls(ssl.create_default_context(cafile=served.bundle), server_hostname=API)
    began = time.perf_counter()
    writer.write(f"GET /v1/stream HTTP/1.1\r\nHost: {API}\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    times: list[float] = []
    for _ in range(EVENTS):
        size = int(await reader.readuntil(b"\r\n"), 16)
        await reader.readexactly(size + 2)
        times.append(time.perf_counter() - began)
    await reader.readuntil(b"0\r\n\r\n")
    over = time.perf_counter() - began
    writer.close()
    return times, over


def errors_ms(times: list[float], speed: float) -> list[float]:
    """How far each event was from its moment."""
    return [abs(at - due_us(event) / 1_000_000 / speed) * 1000 for event, at in enumerate(times)]


def tell(name: str, errors: list[float], over: float) -> None:
    """One line of the table."""
    errors.sort()
    late = errors[min(len(errors) * 95 // 100, len(errors) - 1)]
    print(
        f"{name:<34} error median {statistics.median(errors):6.2f} ms   p95 {late:6.2f} ms   max {errors[-1]:6.2f} ms"
        f"   whole stream {over * 1000:8.1f} ms"
    )


async def alone(served: Served, name: str, speed: float, rounds: int, *, tls: bool = False) -> None:
    """One client at a time."""
    errors: list[float] = []
    over = 0.0
    for _ in range(rounds):
        times, over = await watch(served, tls=tls)
        errors += errors_ms(times, speed)
    tell(name, errors, over)


async def together(served: Served, count: int, *, tls: bool) -> None:
    """Many clients at once."""
    found = await asyncio.gather(*(watch(served, tls=tls) for _ in range(count)))
    errors = [error for times, _ in found for error in errors_ms(times, 1.0)]
    tell(f"recorded, {count} streams{', TLS' if tls else ''}", errors, max(over for _, over in found))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--streams", type=int, default=200)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pace.cassette"
        record(path)
        for engine in ("direct", "mitmproxy"):
            print(f"-- {engine}")
            with replaying(path, "recorded", engine) as served:
                asyncio.run(watch(served, tls=True))  # makes the certificate
                asyncio.run(alone(served, "recorded", 1.0, given.rounds))
                asyncio.run(alone(served, "recorded, TLS", 1.0, given.rounds, tls=True))
                if engine == "direct":
                    asyncio.run(together(served, given.streams, tls=False))
                    asyncio.run(together(served, given.streams, tls=True))
            with replaying(path, "4x", engine) as served:
                asyncio.run(alone(served, "4x", 4.0, given.rounds))
            with replaying(path, "instant", engine) as served:
                totals = [asyncio.run(watch(served, tls=False))[1] for _ in range(20)]
                print(f"{'instant':<34} whole stream, median {statistics.median(totals) * 1000:.2f} ms")


if __name__ == "__main__":
    main()
