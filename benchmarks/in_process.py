"""How long a request takes that is answered in process by the httpx transport, against httpx alone.

Run with `python benchmarks/in_process.py`. Every point is measured beside a constant `httpx.MockTransport` in turns:
what httpx itself needs is the reference, the difference is ours. `first` asks for each interaction once, as most suites
do; `again` asks for those that were asked before. The aim is 0.3 ms a request in all, at any number of interactions.
Times are the processor's: nothing here waits, and what else runs on the machine counts less.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from wiretape.addons.httpx import ReplayTransport
from wiretape.addons.testing import a_cassette, exchange

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wiretape.addons.formats.exchange import Exchange

SIZES = (1, 100, 10_000)
AIM_MS = 0.3
_ANSWER = {"success": True, "response": "x" * 920}
_PATH = "/v1/model/response"


def question(number: int) -> dict[str, object]:
    """The body of request *number*, half a kilobyte."""
    words = random.Random(number).choices(["the", "weather", "in", "Bern", "is", "fine"], k=60)
    return {"inputs": [{"role": "user", "content": f"{number} {' '.join(words)}"}], "model": "gpt-4o", "n": number}


def asked(number: int) -> Exchange:
    """Request *number* and its answer."""
    return exchange("POST", _PATH, request=question(number), response={"n": number, **_ANSWER})


def constant() -> httpx.Client:
    """What httpx needs for itself."""
    content = json.dumps({"n": 0, **_ANSWER}).encode()
    kind = {"content-type": "application/json"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=kind, content=content))
    return httpx.Client(transport=transport, base_url="https://api.aitronos.com")


def took(client: httpx.Client, numbers: Sequence[int], bodies: Sequence[bytes]) -> float:
    """Milliseconds for each of the requests *numbers*."""
    kind = {"content-type": "application/json"}
    began = time.process_time()
    for number in numbers:
        answer = client.post(_PATH, content=bodies[number], headers=kind)
        assert answer.status_code == 200
    return (time.process_time() - began) * 1000 / len(numbers)


def measure(path: Path, size: int, requests: int, rounds: int) -> dict[str, tuple[float, float]]:
    """The medians of what ours and the constant one take, in milliseconds: for `first` and `again`."""
    bodies = [json.dumps(question(number)).encode() for number in range(size)]
    found: dict[str, list[tuple[float, float]]] = {"first": [], "again": []}
    with constant() as reference:
        took(reference, [0] * 200, bodies)
        for turn in range(rounds):
            order = random.Random(turn).sample(range(size), min(size, requests))
            with httpx.Client(
                transport=ReplayTransport(path, when_spent="repeat"), base_url="https://api.aitronos.com"
            ) as ours:
                # Python imports and compiles at the very first; that is not the cassette's.
                took(ours, [order[0]] * 20, bodies)
                if size > 1:
                    found["first"].append((took(ours, order[1:], bodies), took(reference, order[1:], bodies)))
                again = [random.Random(turn).choice(order) for _ in range(requests)]
                found["again"].append((took(ours, again, bodies), took(reference, again, bodies)))
    return {
        name: (statistics.median(mine for mine, _ in pairs), statistics.median(other for _, other in pairs))
        for name, pairs in found.items()
        if pairs
    }


def main() -> None:
    """Measure, print, and say whether the aim is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1000, help="for each point, at most")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            path = a_cassette(Path(folder) / f"{size}.cassette", {"default": [asked(n) for n in range(size)]})
            for name, (ours, reference) in measure(path, size, given.requests, given.rounds).items():
                missed += ours > AIM_MS
                print(
                    f"N={size:<6} {name}   {ours:.3f} ms   MockTransport {reference:.3f} ms"
                    f"   {ours / reference:.2f} of it, {ours - reference:.3f} ms more"
                )
    print(f"{missed} points take more than {AIM_MS} ms" if missed else f"all take less than {AIM_MS} ms")


if __name__ == "__main__":
    main()
