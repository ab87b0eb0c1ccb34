"""What a miss costs: the request compared with sessions of 1 to 100 000 interactions, at first and later.

Run with `python benchmarks/misses.py`. Every size is measured in a process of its own, so that its memory is its own;
the later miss is the slowest of five, each for another prompt.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from wiretape.proxy.comparison import Recordings
from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.matching import match_key
from wiretape.proxy.decide.routing import Hosts, parse_upstream
from wiretape.proxy.decide.rules import NO_RULES
from wiretape.store.cassette import Cassette
from wiretape.store.interaction import Request, ResponseHead
from wiretape.store.recording import SessionWriter
from wiretape.store.sessions import Description

AT = "2026-01-02T03:04:05.000006Z"
SIZES = (1, 100, 10_000, 100_000)
LATER = 5
HEAD = ResponseHead(status=200, reason="OK", headers=((b"Content-Type", b"application/json"),))
HEADERS = tuple(
    (name, b"x" * 24)
    for name in (b"Host", b"Accept", b"Accept-Encoding", b"Connection", b"User-Agent", b"X-Fern-Runtime", b"x-api-key")
)
TARGETS = {
    "one path, all bodies different": "/v1/model/response",
    "all paths different": "/v1/threads/thrd_{}/messages",
    "one path, long conversations": "/v1/model/response",
}


def request(kind: str, number: int, word: str) -> Request:
    """A model call, about 500 bytes; 10 KB where the conversation is long."""
    turns = 100 if "long" in kind else 3
    talk = [{"role": "user", "content": f"Grüezi! What is the weather in {word} on day {n}?"} for n in range(turns)]
    body = {
        "inputs": [{"role": "system", "content": "You help customers of a Swiss bank. Answer briefly."}, *talk],
        "organization_id": "org_1234567890",
        "model": "gpt-4o",
        "stream": True,
        "metadata": {"trace": f"t{number}", "tenant": 7},
    }
    return Request(
        method="POST",
        scheme="https",
        host="api.aitronos.com",
        port=443,
        target=TARGETS[kind].format(number),
        headers=(*HEADERS, (b"content-type", b"application/json")),
        body=json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode(),
    )


def write(path: Path, kind: str, count: int) -> None:
    """A session of *count* interactions."""
    upstream = "https://api.aitronos.com"
    new = Description(name="default", upstream=upstream, started_at=AT, recorder="benchmark")
    writer = SessionWriter.begin(path, new, "replace")
    for number in range(count):
        asked = request(kind, number, f"town {number}")
        interaction = writer.interaction(asked, "api", AT)
        interaction.request_piece(asked.body)
        interaction.request_done(match_key(canonical(asked, "api")), redacted=False)
        interaction.response_head(HEAD, 1_000, redacted=False)
        interaction.chunk(b'{"success":true}', 1_000)
        interaction.finish("complete", 1_000)
    writer.end(AT)


def resident() -> int:
    """Kilobytes that this process has in memory."""
    return int(subprocess.run(["ps", "-o", "rss=", "-p", str(os.getpid())], check=True, capture_output=True).stdout)


def measure(path: Path, kind: str) -> None:
    """Print seconds of the first and of a later miss, and kilobytes that they took."""
    upstream = parse_upstream("https://api.aitronos.com")
    with Cassette.open(path) as cassette:
        recordings = Recordings(cassette, cassette.session("default").id, Hosts(upstream=upstream), NO_RULES)
        before = resident()
        took: list[float] = []
        for number in range(1 + LATER):
            asked = request(kind, 7, f"Basel {number}")
            start = time.perf_counter()
            assert recordings.nearest(asked, "api")
            took.append(time.perf_counter() - start)
        grown = resident() - before
    print(json.dumps([took[0], max(took[1:]), grown]))


def main() -> None:
    """Print the table."""
    print(f"{'':<34}{'recorded':>10}{'first miss':>14}{'later miss':>14}{'memory':>12}")
    with tempfile.TemporaryDirectory() as folder:
        for kind in TARGETS:
            for count in SIZES:
                path = Path(folder) / f"{count}.cassette"
                write(path, kind, count)
                line = [sys.executable, __file__, "--measure", str(path), kind]
                told = subprocess.run(line, check=True, capture_output=True).stdout
                first, later, grown = msgspec.json.decode(told, type=tuple[float, float, float])
                print(f"{kind:<34}{count:>10,}{first:>12.3f} s{later:>12.3f} s{grown / 1024:>9.1f} MB", flush=True)
                path.unlink()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(Path(sys.argv[2]), sys.argv[3])
    else:
        main()
