"""What a reading costs, relative to `json.loads` of the same body: the typed decode alone, and the whole of `read()`.

    python benchmarks/reading.py [ROUNDS]

A round times each candidate for a while, all candidates in turn, so that a busy machine slows all of them alike. The
whole reading does much more than decode: it finds the route, reads the request and the headers, recognises the family,
and reports every unknown field; the request alone is about as large as the answer.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from wiretape.store.aitronos import g2a, g3
from wiretape.store.interaction import Request, ResponseHead
from wiretape.store.reading import read
from wiretape.store.sse import events_of

if TYPE_CHECKING:
    from collections.abc import Callable

SEEDS = Path(__file__).parent.parent / "tests" / "store" / "aitronos" / "seeds"
JSON = (
    (b"content-type", b"application/json"),
    (b"x-request-id", b"req_1"),
    (b"date", b"Wed, 21 Oct 2026 07:28:00 GMT"),
)
SSE = ((b"content-type", b"text/event-stream"),)
ASKED = b'{"inputs":[{"role":"user","content":"Hello!"}],"organization_id":"org_1","model":"gpt-4o"}'
TARGET_RATIO = 0.5
ROUND_SECONDS = 0.02

REQUEST = Request(
    method="POST", scheme="https", host="api.aitronos.com", port=443, target="/v1/model/response", body=ASKED
)


class Case(NamedTuple):
    """One body, with the ways of reading it; the first is the measure of the others."""

    name: str
    ways: dict[str, Callable[[], object]]


def main(rounds: int) -> int:
    """Measures and prints; 1 where a typed decode misses its target."""
    missed = 0
    print(f"{'body':16}{'way':14}{'min µs':>10}{'median µs':>12}{'ratio (min)':>13}{'ratio (median)':>16}")
    for case in cases():
        spans = measured(case, rounds)
        (low, middle), *_ = spans.values()
        for way, (least, median) in spans.items():
            ratio = median / middle
            missed += way == "typed decode" and ratio >= TARGET_RATIO
            print(f"{case.name:16}{way:14}{least:10.2f}{median:12.2f}{least / low:13.2f}{ratio:16.2f}")
    print(f"typed decode under {TARGET_RATIO} of json.loads: {'no' if missed else 'yes'}")
    return 1 if missed else 0


def cases() -> list[Case]:
    """The seed answers, and a stream of a thousand deltas."""
    return [_json_case(path) for path in sorted(SEEDS.glob("*.json"))] + [_stream_case()]


def measured(case: Case, rounds: int) -> dict[str, tuple[float, float]]:
    """Way → least and median microseconds of one call, over the rounds."""
    spans: dict[str, list[float]] = {way: [] for way in case.ways}
    counts = {way: _calls(call) for way, call in case.ways.items()}
    for _ in range(rounds):
        for way, call in case.ways.items():
            spans[way].append(_span(call, counts[way]))
    return {way: (min(span), statistics.median(span)) for way, span in spans.items()}


def _calls(call: Callable[[], object]) -> int:
    """How many calls fill a round."""
    call()
    return max(1, int(ROUND_SECONDS / (_span(call, 3) / 1e6)))


def _span(call: Callable[[], object], count: int) -> float:
    start = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - start) / count * 1e6


def _json_case(path: Path) -> Case:
    # As the API sends it: compact, UTF-8.
    body = json.dumps(json.loads(path.read_bytes()), separators=(",", ":"), ensure_ascii=False).encode()
    decode = msgspec.json.Decoder(g2a.Answer if path.stem.startswith("g2a") else g3.Answer).decode
    head = ResponseHead(status=200, reason="OK", headers=JSON)
    return Case(
        path.stem,
        {
            "json.loads": lambda: json.loads(body),
            "typed decode": lambda: decode(body),
            "read()": lambda: read(REQUEST, head, body),
        },
    )


def _stream_case() -> Case:
    deltas = [b'{"event":"response.content_delta","delta":"word %d "}' % n for n in range(1000)]
    body = b"".join(b"id: %d\ndata: %b\n\n" % (n, delta) for n, delta in enumerate(deltas)) + b"data: [DONE]\n\n"
    head = ResponseHead(status=200, reason="OK", headers=SSE)
    return Case(
        "1000 deltas",
        {
            "json.loads": lambda: [json.loads(delta) for delta in deltas],
            "SSE frames": lambda: events_of(body),
            "read()": lambda: read(REQUEST, head, body),
        },
    )


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 15))
