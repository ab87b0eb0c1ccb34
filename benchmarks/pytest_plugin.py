"""What the pytest plugin costs: a test's session, the start of a suite, and the same with pytest-recording.

Usage: python benchmarks/pytest_plugin.py [--peer]    (--peer installs pytest-recording into a throw-away environment)
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import Any

from wiretape.addons.testing import a_cassette, exchange

TESTS, REQUESTS, STARTS = 200, 10, 9

# How long each test takes from its first hook to its last, whoever does what in between.
CLOCK = """
import json, time
began, took = {}, []
def pytest_runtest_logstart(nodeid): began[nodeid] = time.perf_counter()
def pytest_runtest_logfinish(nodeid): took.append(time.perf_counter() - began[nodeid])
def pytest_unconfigure(): open("took.json", "w").write(json.dumps(took))
"""
BARE = f"""
import pytest
@pytest.mark.parametrize("n", range({TESTS}))
def test_it(n): pass
"""
OPENED = f"""
import pytest
@pytest.mark.parametrize("n", range({TESTS}))
def test_it(wiretape, n): wiretape.url
"""
ASKING = f"""
import httpx, pytest
CLIENT = httpx.Client()
@pytest.mark.parametrize("n", range({TESTS}))
def test_it(wiretape, n):
    for turn in range({REQUESTS}): assert CLIENT.get(f"{{wiretape.url}}/v1/{{turn}}").json() == {{"turn": turn}}
"""
PEER = f"""
import httpx, pytest
CLIENT = httpx.Client()
@pytest.mark.vcr
@pytest.mark.parametrize("n", range({TESTS}))
def test_it(n):
    for turn in range({REQUESTS}):
        assert CLIENT.get(f"http://api.example.com/v1/{{turn}}").json() == {{"turn": turn}}
"""


def run(python: str, folder: Path, *arguments: str) -> tuple[float, list[float]]:
    """How long a run took, and each of its tests."""
    # Compiled files are kept, as where wiretape is installed, whatever this machine is set to.
    environment = {k: v for k, v in os.environ.items() if k not in ("CI", "PYTHONDONTWRITEBYTECODE")}
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPYCACHEPREFIX": str(folder.parent / "compiled")}
    began = time.perf_counter()
    done = subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    took = time.perf_counter() - began
    assert done.returncode == 0, done.stdout + done.stderr
    return took, json.loads((folder / "took.json").read_text())


def project(parent: Path, name: str, text: str, sessions: int = 0) -> Path:
    """A folder with a module of tests, and a cassette of so many sessions."""
    folder = parent / name
    folder.mkdir()
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "conftest.py").write_text(CLOCK)
    (folder / "test_it.py").write_text(text)
    if sessions:
        (folder / "cassettes").mkdir()
        asked = [exchange("GET", f"/v1/{turn}", response={"turn": turn}) for turn in range(REQUESTS)]
        a_cassette(folder / "cassettes" / "test_it.cassette", {f"test_it[{n}]": asked for n in range(sessions)})
    return folder


def per_test(parent: Path) -> None:
    """Milliseconds for each test."""
    plugin = ("-p", "wiretape.addons.pytest_plugin", "--wiretape=replay")
    for sessions in (TESTS, 5 * TESTS):
        bare, opened, asking = (
            statistics.median(run(sys.executable, project(parent, f"{kind}{sessions}", text, sessions), *plugin)[1])
            for kind, text in (("bare", BARE), ("opened", OPENED), ("asking", ASKING))
        )
        print(f"cassette of {sessions} sessions, {sessions * REQUESTS} interactions; median of {TESTS} tests:")
        print(f"  an empty test                     {1e3 * bare:7.2f} ms")
        print(f"  with a session, opened and closed {1e3 * opened:7.2f} ms")
        print(f"  and {REQUESTS} requests by httpx         {1e3 * asking:7.2f} ms")


def start(parent: Path) -> None:
    """How much longer a run of one test takes, as the median of differences side by side."""
    plugin = ("-p", "wiretape.addons.pytest_plugin", "--wiretape=replay")
    # A suite that speaks HTTP has imported somebody who does.
    idle = project(parent, "idle", "import httpx\ndef test_it(): pass\n")
    for sessions in (1, 5 * TESTS):
        used = project(parent, f"used{sessions}", "import httpx\ndef test_it(wiretape): wiretape.url\n", sessions)
        run(sys.executable, used, *plugin)
        loaded: list[float] = []
        opened: list[float] = []
        for _ in range(STARTS):
            without = run(sys.executable, idle)[0]
            loaded.append(run(sys.executable, idle, *plugin)[0] - without)
            opened.append(run(sys.executable, used, *plugin)[0] - without)
        print(f"start of a run, beyond pytest's own ({sessions} sessions in the cassette):")
        print(f"  installed, not used       {1e3 * statistics.median(loaded):7.0f} ms")
        print(f"  used by the first test    {1e3 * statistics.median(opened):7.0f} ms")


def peer(parent: Path) -> None:
    """The same tests by pytest-recording."""
    folder = parent / "environment"
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    install = [python, "-m", "pip", "install", "-q", "pytest-recording", "httpx"]
    if subprocess.run(install, capture_output=True, check=False).returncode:
        print("pytest-recording cannot be installed here")
        return
    tests = project(parent, "peer", PEER)
    cassettes = tests / "cassettes" / "test_it"
    cassettes.mkdir(parents=True)
    interactions = "".join(
        f'- request: {{body: "", headers: {{}}, method: GET, uri: "http://api.example.com/v1/{turn}"}}\n'
        f"  response:\n    body: {{string: '{{\"turn\": {turn}}}'}}\n"
        "    headers: {Content-Type: [application/json]}\n    status: {code: 200, message: OK}\n"
        for turn in range(REQUESTS)
    )
    for n in range(TESTS):
        (cassettes / f"test_it[{n}].yaml").write_text(f"interactions:\n{interactions}version: 1\n")
    took = run(python, tests, "-p", "pytest_recording.plugin", "--record-mode=none")[1]
    print(f"pytest-recording, {REQUESTS} requests by httpx: {1e3 * statistics.median(took):7.2f} ms a test")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", action="store_true")
    options: Any = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        parent = Path(name)
        per_test(parent)
        start(parent)
        if options.peer:
            peer(parent)


if __name__ == "__main__":
    main()
