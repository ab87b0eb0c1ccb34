"""What redaction costs: a key in replay with it, a recording with it, hostile bodies.

Run with `python benchmarks/redaction.py`. Ratios are against something else of the same run: a bare decode of the same
body, a key without redaction, a walk over the same bytes, a recording whose bodies pass as they come.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import timeit
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from unittest.mock import patch

import msgspec

from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.matching import match_key
from wiretape.proxy.decide.recorder import Recorder
from wiretape.proxy.decide.redact import Memory, Redactor
from wiretape.proxy.decide.redaction.bodies import Body
from wiretape.proxy.decide.redaction.ledger import Cut
from wiretape.proxy.decide.redaction.passing import described
from wiretape.proxy.decide.redaction.redactor import Numbered
from wiretape.store.interaction import Request, ResponseHead
from wiretape.store.recording import SessionWriter
from wiretape.store.sessions import Description

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from wiretape.store.interaction import Headers

AT = "2026-01-02T03:04:05.000006Z"
ROUNDS = 7
PAIRS, BLOCKS, BLOCK = 9, 40, 10
HEADERS = (
    (b"Host", b"api.aitronos.com"),
    (b"Accept", b"*/*"),
    (b"Accept-Encoding", b"gzip, deflate"),
    (b"Connection", b"keep-alive"),
    (b"User-Agent", b"aitronos/4.5.8"),
    (b"X-Fern-Language", b"Python"),
    (b"X-Fern-Runtime", b"python/3.13.0"),
    (b"X-Fern-Platform", b"linux/6.18.44"),
    (b"x-api-key", b"ak_0123456789012345678901234567890123456789"),
    (b"content-type", b"application/json"),
    (b"Content-Length", b"1024"),
)


def conversation(turns: int) -> dict[str, object]:
    """The body of a model call with a conversation behind it."""
    talk = [
        {"role": "user" if n % 2 else "assistant", "content": f"Grüezi! What is the weather in Bern on day {n}?"}
        for n in range(turns)
    ]
    return {"inputs": talk, "organization_id": "org_1234567890", "model": "gpt-4o", "max_completion_tokens": 500}


def asked(body: bytes) -> Request:
    """A call of the SDK."""
    target = "/v1/model/response"
    return Request(method="POST", scheme="https", host="h", port=443, target=target, headers=HEADERS, body=body)


def best(call: Callable[[], object]) -> float:
    """Nanoseconds per call, the best of several rounds."""
    timer = timeit.Timer(call)
    number = max(timer.autorange()[0] // 4, 1)
    return min(timer.repeat(ROUNDS, number)) / number * 1e9


def line(name: str, cost: float, reference: float, what: str) -> None:
    """One line of the table."""
    print(f"{name:<44}{cost:>14,.0f} ns{cost / reference:>9.2f} x {what}")


def keys() -> None:
    """A request's key with redaction and without, in a replay that has seen the client's credentials."""
    bodies = {
        "1 KB without secrets": json.dumps(conversation(10), separators=(",", ":"), ensure_ascii=False).encode(),
        "1 KB, spaced and escaped": json.dumps(conversation(9)).encode(),
        "1 KB with a password": json.dumps({**conversation(9), "password": "hunter2"}).encode(),
        "30 KB without secrets": json.dumps(conversation(300), ensure_ascii=False).encode(),
        "nothing (GET)": b"",
    }
    for name, body in bodies.items():
        # Equal bytes that are not the same: what was looked at a moment ago is known.
        turns = itertools.cycle([asked(body), asked(bytes(bytearray(body)))])
        memory = Memory()
        decode = best(lambda body=body: msgspec.json.decode(body)) if body else 0.0  # type: ignore[misc]
        full = best(lambda: match_key(canonical(next(turns), "api", memory=memory)))  # noqa: B023 - called before the next turn
        with patch("wiretape.proxy.decide.canonical.read", _read):
            bare = best(lambda: match_key(canonical(next(turns), "api")))  # noqa: B023 - called before the next turn
        line(f"key, {name} ({len(body)} bytes)", full, bare, "a key without")
        line("    redaction alone", full - bare, decode or bare, "decode" if decode else "a key without")


def streams() -> None:
    """Bodies of a megabyte on their way into a cassette, beside a bare walk over their pieces."""
    frame = b'data: {"event":"response.content_delta","delta":"Hello there"}\n\n'
    size = 1_000_000
    kinds = {
        "event stream": (b"text/event-stream", frame, frame * (size // len(frame))),
        "JSON": (b"application/json", b"", json.dumps(conversation(size // 80)).encode()),
        "JSON full of secrets": (
            b"application/json",
            b"",
            json.dumps([{"token": "abcdefghijklmnop"}] * (size // 32)).encode(),
        ),
        "text": (b"text/plain", b"", b"word after word, " * (size // 17)),
        "binary": (b"application/octet-stream", b"", bytes(range(256)) * (size // 256)),
        "one long word": (b"text/plain", b"", b"x" * size),
        "brackets": (b"application/json", b"", b"[" * size),
        "quotes": (b"application/json", b"", b'"' * size),
        "backslashes": (b"application/json", b"", b'{"a":"' + b"\\" * size),
        "line ends": (b"text/event-stream", b"", b"\n\r" * (size // 2)),
        "beginnings of tokens": (b"text/plain", b"", b"eyJ" * (size // 3)),
        "beginnings of queries": (b"text/plain", b"", b"?token" * (size // 6)),
    }
    for name, (kind, _, body) in kinds.items():
        pieces = [body[start : start + 16_384] for start in range(0, size, 16_384)]
        walk = best(lambda pieces=pieces: [bytes(memoryview(piece)) for piece in pieces])  # type: ignore[misc]

        def run(pieces: list[bytes] = pieces, kind: bytes = kind) -> None:
            redactor = Redactor()
            redactor.memory.learn(b"ak_0123456789012345678901234567890123456789", "key")
            stream = Body(kind, redactor.scope(), Numbered(redactor, answer=True))
            for piece in pieces:
                stream.feed(piece)
            stream.end()

        start = time.perf_counter()
        run()
        cost = (time.perf_counter() - start) * 1e9
        line(f"1 MB, {name}", cost, walk, "a walk over it")


def recordings() -> None:
    """Whole recordings of small exchanges, with redaction and with bodies left as they come."""
    for name, answer in {
        "JSON": b'{"text":"' + b"word " * 300 + b'"}',
        "stream": b'data: {"delta":"word"}\n\n' * 60,
    }.items():
        times: dict[str, float] = {}
        kind = b"text/event-stream" if name == "stream" else b"application/json"
        for _ in range(3):
            took = _recording(answer, kind)
            times["with"] = min(times.get("with", took), took)
            with unredacted():
                took = _recording(answer, kind)
            times["without"] = min(times.get("without", took), took)
        line(f"recording, {name}, an exchange", times["with"], times["without"], "without")


@contextlib.contextmanager
def unredacted() -> Generator[None]:
    """Have this process record what comes as it comes."""
    with (
        patch("wiretape.proxy.decide.redaction.asked.passes_whole", _passes),
        patch("wiretape.proxy.decide.recorder.Passing", _Straight),
        patch.object(Redactor, "headers", _second),
        patch.object(Redactor, "target", _second),
        patch.object(Redactor, "reason", _reason),
        patch("wiretape.proxy.decide.canonical.read", _read),
    ):
        yield


def recorders() -> None:
    """`wiretape record` as two processes, with redaction and without: a client asks now the one, now the other.

    So whatever else the machine does slows down both alike. Two processes that do the same differ by some percent, too:
    there are several pairs.
    """
    answers = {
        "JSON": (b"application/json", [json.dumps(conversation(15)).encode()]),
        "stream": (b"text/event-stream", [b'data: {"event":"response.content_delta","delta":"Hello"}\n\n'] * 20),
    }
    for name, (kind, pieces) in answers.items():
        with _origin(kind, pieces) as port:
            pairs = [_pair(port) for _ in range(PAIRS)]
        for at, what in enumerate((f"wiretape record, {name}, an exchange", "    its CPU time")):
            cost, bare = (statistics.median([pair[which][at] for pair in pairs]) for which in (0, 1))
            line(what, cost, bare, "without redaction")
            ratios = sorted(pair[0][at] / pair[1][at] for pair in pairs)
            print(f"        pair by pair: {' '.join(f'{ratio:.2f}' for ratio in ratios)}")


def _pair(port: int) -> list[tuple[float, float]]:
    """Of a recorder with redaction and one without: how long an exchange took, and its CPU time, in nanoseconds."""
    with _recorder(port, "as it is") as redacting, _recorder(port, "plain") as plain:
        both = redacting, plain
        for recorder in both:
            _ask(recorder, BLOCK * 20)
        used = [_computed(recorder.pid) for recorder in both]
        times: list[list[float]] = [[], []]
        for turn in range(BLOCKS):
            for at in (0, 1) if turn % 2 else (1, 0):
                times[at] += _ask(both[at], BLOCK)
        used = [_computed(recorder.pid) - was for recorder, was in zip(both, used, strict=True)]
        return [(statistics.median(times[at]) * 1e9, used[at] / (BLOCK * BLOCKS) * 1e9) for at in (0, 1)]


@contextlib.contextmanager
def _origin(kind: bytes, pieces: list[bytes]) -> Generator[int]:
    """An upstream that answers whatever it is asked with the same chunks."""
    server = socket.create_server(("127.0.0.1", 0))
    head = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\n" % kind
    if len(pieces) == 1:
        answer = head + b"Content-Length: %d\r\n\r\n%s" % (len(pieces[0]), pieces[0])
    else:
        framed = b"".join([b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces])
        answer = head + b"Transfer-Encoding: chunked\r\n\r\n" + framed + b"0\r\n\r\n"

    def serve(client: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while data := client.recv(65536):
            if data.endswith(b"}"):
                client.sendall(answer)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield int(server.getsockname()[1])
    server.close()


class _Recorder(NamedTuple):
    """A recorder that runs, and a connection to it."""

    pid: int
    client: socket.socket


@contextlib.contextmanager
def _recorder(upstream: int, how: str) -> Generator[_Recorder]:
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready"
        options = ["-c", f"{folder}/x.cassette", "--listen", "127.0.0.1:0", "--ready-file", str(ready)]
        command = [sys.executable, __file__, how, "record", *options, "--upstream", f"http://127.0.0.1:{upstream}"]
        home = {**os.environ, "WIRETAPE_HOME": str(Path(tempfile.gettempdir()) / "wiretape-benchmark")}
        home["PYTHONHASHSEED"] = "0"
        with _on_one_processor():
            process = subprocess.Popen(command, stderr=subprocess.PIPE, env=home)
        with process:
            assert process.stderr is not None
            process.stderr.readline()
            port = int(json.loads(ready.read_text())["url"].rpartition(":")[2])
            with socket.create_connection(("127.0.0.1", port)) as client:
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                yield _Recorder(process.pid, client)
            process.terminate()


@contextlib.contextmanager
def _on_one_processor() -> Generator[None]:
    """Have what is started in here run on one processor, the same each time."""
    known = sys.platform == "linux"
    every = os.sched_getaffinity(0) if known else set[int]()
    if len(every) > 1:
        os.sched_setaffinity(0, {min(every)})
    yield
    if known:
        os.sched_setaffinity(0, every)


def _ask(recorder: _Recorder, count: int) -> list[float]:
    """How many seconds each of so many exchanges took."""
    body = json.dumps(conversation(10)).encode()
    fields = b"".join([b"%s: %s\r\n" % pair for pair in HEADERS if pair[0] != b"Content-Length"])
    request = b"POST /v1/model/response HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n%s" % (fields, len(body), body)
    found: list[float] = []
    for _ in range(count):
        start = time.perf_counter()
        recorder.client.sendall(request)
        got = b""
        while not (got.endswith((b"0\r\n\r\n", b"}")) and b"\r\n\r\n" in got and got.count(b"{") == got.count(b"}")):
            got += recorder.client.recv(65536)
        found.append(time.perf_counter() - start)
    return found


def _computed(pid: int) -> float:
    """Seconds of CPU time of a process, all its threads together."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def _read(request: Request, *_: object) -> tuple[Request, bytes, bytes]:
    """What a key needs of a request's headers, redaction or not."""
    content_type, encoding, _length = described(request.headers)
    return request, content_type, encoding


def _reason(_: object, head: ResponseHead) -> str:
    return head.reason


def _passes(*_: object) -> bool:
    return True


def _second(_: object, it: object, *__: object) -> object:
    """What stands for a method that changes nothing."""
    return it


class _Straight:
    """What a body passes through where nothing is looked for."""

    unpacked = changed = False
    grown = 0

    def __init__(self, headers: Headers, *_: object) -> None:
        self.frames = self if described(headers)[0] == b"text/event-stream" else None

    def passes(self, _: bytes) -> bool:
        """All does."""
        return True

    def feed(self, data: bytes, at_us: int) -> list[object]:
        """The same."""
        return [Cut(data, at_us, goes_on=False)]

    def end(self) -> list[object]:
        """Nothing."""
        return []


def _recording(answer: bytes, kind: bytes, count: int = 1500) -> float:
    body = json.dumps(conversation(10)).encode()
    head = ResponseHead(status=200, reason="OK", headers=((b"Content-Type", kind),))
    request = asked(b"")
    with tempfile.TemporaryDirectory() as folder:
        new = Description(name="x", upstream="https://h", started_at=AT, recorder="benchmark")
        writer = SessionWriter.begin(Path(folder) / "x.cassette", new, "replace")
        recorder = Recorder(writer, Redactor())
        start = time.perf_counter()
        future: Future[None] = Future()
        for n in range(count):
            take = recorder.begin(request, "api", AT)
            take.request_data(body)
            take.request_end()
            take.response_head(head, 1)
            for at in range(0, len(answer), 500):
                take.response_data(answer[at : at + 500], at)
            future = take.end("complete", n)
        future.result()
        took = time.perf_counter() - start
        writer.end(AT)
    return took / count * 1e9


if __name__ == "__main__":
    if len(sys.argv) > 1:
        from wiretape.cli.main import main

        with unredacted() if sys.argv[1] == "plain" else contextlib.nullcontext():
            sys.exit(main(sys.argv[2:]))
    keys()
    streams()
    recordings()
    recorders()
