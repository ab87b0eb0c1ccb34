"""A whole suite: recorded once by several workers, replayed in random orders, and compared to the byte.

Usage: python benchmarks/pytest_suite.py [--tests 1000] [--requests 10] [--workers 4] [--orders 3]

The API is the stand-in, which never says the same twice, so a test that sees what it saw before has it from the
cassette. Needs pytest-xdist and pytest-randomly.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from wiretape.addons.standin import StandIn
from wiretape.store.cassette import Cassette

MODULES = 10

TESTS = """
import hashlib, json, os, pathlib
import httpx, pytest

@pytest.mark.parametrize("n", range({count}))
def test_it(wiretape, n):
    seen = hashlib.sha256()
    with httpx.Client(base_url=wiretape.url, timeout=60, trust_env=False) as client:
        for turn in range({requests}):
            body = {{"inputs": [{{"role": "user", "content": f"question {{n % 7}}"}}], "stream": turn % 3 == 0}}
            answer = client.post("/v1/model/response", json=body)
            seen.update(b"%d" % answer.status_code + answer.content)
            seen.update(repr(sorted(answer.headers.multi_items())).encode())
    with pathlib.Path(os.environ["SEEN"], f"{{__name__}}-{{n}}").open("w") as file:
        file.write(seen.hexdigest())
"""


def run(folder: Path, name: str, options: Any, *arguments: str) -> dict[str, str]:
    """Run the suite, and say what each test saw."""
    seen = folder / name
    seen.mkdir()
    environment = {k: v for k, v in os.environ.items() if k != "CI"} | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    plugins = [word for plugin in ("wiretape.addons.pytest_plugin", "xdist") for word in ("-p", plugin)]
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *plugins, f"-n{options.workers}", *arguments],
        cwd=folder,
        env={**environment, "SEEN": str(seen)},
        capture_output=True,
        text=True,
        check=False,
    )
    took = time.perf_counter() - began
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    told = re.search(r"^((?:replayed|recorded) .*)$", done.stdout, re.MULTILINE)
    print(f"{name}: {took:.1f} s; {told[1] if told else done.stdout[-300:]}")
    return {path.name: path.read_text() for path in seen.iterdir()}


def main() -> None:
    """Record, replay, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, usual in (("tests", 1000), ("requests", 10), ("workers", 4), ("orders", 3)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    options: Any = parser.parse_args()
    each = max(1, options.tests // MODULES)
    with tempfile.TemporaryDirectory() as name, StandIn(frame_delay_ms=0) as standin:
        folder = Path(name)
        settings = f"wiretape_upstream = {standin.url}\nwiretape_strict = true\nwiretape_cassettes = module\n"
        (folder / "pytest.ini").write_text("[pytest]\n" + settings)
        for number in range(MODULES):
            text = TESTS.format(count=each, requests=options.requests)
            (folder / f"test_{number}.py").write_text(text)
        recorded = run(folder, "recording", options)
        hits = standin.hits
        assert len(recorded) == each * MODULES
        assert hits == each * MODULES * options.requests, hits
        different = 0
        for seed in range(options.orders):
            again = run(folder, f"order-{seed}", options, "-p", "pytest_randomly", f"--randomly-seed={seed}")
            different += sum(again.get(test) != seen for test, seen in recorded.items())
        assert standin.hits == hits, "a replay reached the API"
        files = [path for path in (folder / "cassettes").iterdir() if path.suffix == ".cassette"]
        size = sum(path.stat().st_size for path in files)
        sessions = 0
        for path in files:
            with Cassette.open(path) as cassette:
                sessions += len(cassette.sessions())
        print(f"{len(files)} cassettes, {sessions} sessions, {size / 1e6:.1f} MB; differences: {different}")
        assert not different


if __name__ == "__main__":
    main()
