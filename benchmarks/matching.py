"""What matching costs: canonical form and key of usual requests, the explanation of a miss, the search for the nearest.

Run with `python benchmarks/matching.py`. Each line tells the best of several rounds and its ratio to a bare
`msgspec.json.decode` of the same body.
"""

from __future__ import annotations

import json
import time
import timeit
from typing import TYPE_CHECKING

import msgspec

from wiretape.proxy.decide.canonical import Canonical, canonical
from wiretape.proxy.decide.difference import differences
from wiretape.proxy.decide.matching import match_key
from wiretape.proxy.decide.nearest import nearest
from wiretape.proxy.decide.rules import NO_RULES, Rules
from wiretape.store.interaction import Request

if TYPE_CHECKING:
    from collections.abc import Callable

HEADERS = (
    (b"Host", b"api.aitronos.com"),
    (b"Accept", b"*/*"),
    (b"Accept-Encoding", b"gzip, deflate"),
    (b"Connection", b"keep-alive"),
    (b"User-Agent", b"aitronos/4.5.8"),
    (b"X-Fern-Language", b"Python"),
    (b"X-Fern-Runtime", b"python/3.13.0"),
    (b"X-Fern-Platform", b"linux/6.18.44"),
    (b"x-api-key", b"REDACTED-key"),
    (b"content-type", b"application/json"),
    (b"Content-Length", b"512"),
)
ROUNDS = 7


def conversation(turns: int, topic: str = "Bern") -> dict[str, object]:
    """The body of a model call with a conversation behind it."""
    talk = [
        {"role": "user" if n % 2 else "assistant", "content": f"Grüezi! What is the weather in {topic} on day {n}?"}
        for n in range(turns)
    ]
    return {
        "inputs": [{"role": "system", "content": "You help customers of a Swiss bank. Answer briefly."}, *talk],
        "organization_id": "org_1234567890",
        "model": "gpt-4o",
        "thread_id": "thrd_abc123",
        "stream": True,
        "temperature": 0.7,
        "metadata": {"trace": "abc", "tenant": 7},
    }


def compact(body: object) -> bytes:
    """JSON as httpx 0.28 spells it."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()


def request(body: bytes = b"", target: str = "/v1/model/response", method: str = "POST") -> Request:
    """A call of the SDK."""
    return Request(
        method=method, scheme="https", host="api.aitronos.com", port=443, target=target, headers=HEADERS, body=body
    )


def best(call: Callable[[], object]) -> float:
    """Nanoseconds per call, the best of several rounds."""
    timer = timeit.Timer(call)
    number = max(timer.autorange()[0] // 4, 1)
    return min(timer.repeat(ROUNDS, number)) / number * 1e9


def line(name: str, cost: float, unit: float | None = None) -> None:
    """One line of the table."""
    ratio = "" if unit is None else f"{cost / unit:8.1f} x decode"
    print(f"{name:<46}{cost:>14,.0f} ns{ratio}")


def keys() -> None:
    """Canonical form and key, by kind of request."""
    rules = Rules(("$.metadata.trace", "$.inputs[*].id"), (), ())
    half = conversation(3)
    bodies = {
        "JSON, compact": (compact(half), NO_RULES),
        "JSON, spaced and escaped": (json.dumps(half).encode(), NO_RULES),
        "JSON, two ignored paths": (compact(half), rules),
        "JSON, long conversation": (compact(conversation(160)), NO_RULES),
        "JSON, very long conversation": (compact(conversation(16_000)), NO_RULES),
    }
    for name, (body, chosen) in bodies.items():
        asked = request(body)
        unit = best(lambda body=body: msgspec.json.decode(body))  # type: ignore[misc]
        line(f"{name}, {len(body):,} bytes", best(lambda: match_key(canonical(asked, "api", chosen))), unit)  # noqa: B023 - called before the next turn
    line("GET with a query", best(lambda: match_key(canonical(request(target="/v1/threads?limit=5&skip=0"), "api"))))
    upload = (
        b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\n'
        + b"x" * 1_000_000
        + b"\r\n--b--\r\n"
    )
    line("multipart, 1 MB", best(lambda: match_key(canonical(request(upload), "api"))))


def hostile() -> None:
    """Bodies that are made to be slow, a megabyte each."""
    size = 1_000_000
    bodies = {
        "1 MB of [": b"[" * size,
        "1 MB of nested arrays": b"[" * (size // 2) + b"]" * (size // 2),
        "1 MB of empty arrays": b"[" + b"[]," * (size // 3) + b"[]]",
        "1 MB of keys": b"{" + b",".join(b'"%d":1' % n for n in range(size // 10)) + b"}",
        "1 MB of one key": b"{" + b",".join([b'"a":1'] * (size // 6)) + b"}",
        "1 MB of 1e3": b"[" + b",".join([b"1e3"] * (size // 4)) + b"]",
        "1 MB of digits": b"0." + b"1" * size,
    }
    for name, body in bodies.items():
        line(name, best(lambda body=body: match_key(canonical(request(body), "api"))))  # type: ignore[misc]


def explanations() -> None:
    """The differences of two requests, and the nearest of many."""
    one = canonical(request(compact(conversation(160))), "api")
    longer = compact(conversation(160)).replace(
        b'{"role":"user"', b'{"role":"tool","content":"sunny"},{"role":"user"', 1
    )
    other = canonical(request(longer), "api")
    line("differences, long conversation", best(lambda: differences(one, other)))
    for name, target in (("one path", "/v1/model/response"), ("all paths apart", "/v1/threads/{}/messages")):
        forms: list[tuple[int, Canonical]] = [
            (n, canonical(request(compact(conversation(3, f"town {n}")), target.format(n)), "api"))
            for n in range(100_000)
        ]
        asked = canonical(request(compact(conversation(3, "Basel"))), "api")
        start = time.perf_counter()
        nearest(asked, forms)
        line(f"nearest of 100,000 candidates, {name}", (time.perf_counter() - start) * 1e9)


if __name__ == "__main__":
    keys()
    hostile()
    explanations()
