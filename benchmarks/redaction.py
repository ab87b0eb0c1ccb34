"""What redaction costs: a key in replay with it, a recording with it, hostile bodies.

Run with `python benchmarks/redaction.py`. Ratios are against something else of the same run: a bare decode of the same
body, a key without redaction, a walk over the same bytes, a recording whose bodies pass as they come.
"""

from __future__ import annotations

import json
import tempfile
import time
import timeit
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import msgspec

from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.matching import match_key
from wiretape.proxy.decide.recorder import Recorder
from wiretape.proxy.decide.redact import Memory, Redactor
from wiretape.proxy.decide.redaction.bodies import Body
from wiretape.proxy.decide.redaction.redactor import Numbered
from wiretape.store.interaction import Request, ResponseHead
from wiretape.store.recording import SessionWriter
from wiretape.store.sessions import Description

if TYPE_CHECKING:
    from collections.abc import Callable

AT = "2026-01-02T03:04:05.000006Z"
ROUNDS = 7
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
        request, memory = asked(body), Memory()
        decode = best(lambda body=body: msgspec.json.decode(body)) if body else 0.0  # type: ignore[misc]
        full = best(lambda: match_key(canonical(request, "api", memory=memory)))  # noqa: B023
        with patch("wiretape.proxy.decide.canonical.classed", _first):
            bare = best(lambda: match_key(canonical(request, "api")))  # noqa: B023
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
            with (
                patch("wiretape.proxy.decide.redaction.asked.redacted", _first),
                patch("wiretape.proxy.decide.recorder.Passing", _Straight),
                patch.object(Redactor, "headers", _second),
                patch.object(Redactor, "target", _second),
                patch("wiretape.proxy.decide.canonical.classed", _first),
            ):
                took = _recording(answer, kind)
            times["without"] = min(times.get("without", took), took)
        line(f"recording, {name}, an exchange", times["with"], times["without"], "without")


def _first(it: object, *_: object) -> object:
    """What stands for a function that changes nothing."""
    return it


def _second(_: object, it: object, *__: object) -> object:
    """The same, for a method."""
    return it


class _Straight:
    """What a body passes through where nothing is looked for."""

    unpacked = changed = False
    grown = 0

    def __init__(self, *_: object) -> None:
        from wiretape.proxy.decide.redaction.ledger import Cut

        self._cut = Cut

    def feed(self, data: bytes, at_us: int) -> list[object]:
        """The same."""
        return [self._cut(data, at_us, goes_on=False)]

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
    keys()
    streams()
    recordings()
