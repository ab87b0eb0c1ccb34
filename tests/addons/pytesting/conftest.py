"""Runs pytest as people do, in a process and a folder of its own, with our plugin and those that a test names."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from wiretape.addons.standin import StandIn
from wiretape.addons.testing import a_cassette, exchange
from wiretape.store.cassette import Cassette

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wiretape.addons.formats.exchange import Exchange

_SAID = Path(__file__).parent / "said"
_PATIENCE_SECONDS = 100
_COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped|xfailed|xpassed|rerun|deselected|warnings?)\b")

ASKING = '''
import http.client, json, os
from urllib.parse import urlsplit

def ask(url, method="GET", body=None):
    """The status of an answer and its JSON, without a library that takes long to import."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    try:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        path = parts.path + ("?" + parts.query if parts.query else "")
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")
    finally:
        connection.close()
'''


class Done(msgspec.Struct, frozen=True):
    """How a run of pytest ended.

    Attributes:
        code: its exit code.
        out: what it wrote.
        counts: how many tests passed, failed, …
        report: what `--wiretape-report` says.
    """

    code: int
    out: str
    counts: dict[str, int]
    report: dict[str, Any]

    @property
    def ours(self) -> str:
        """What stands under our own heading, before the closing lines."""
        found = re.search(r"^=+ wiretape =+\n(.*?)^(?:=|\d)", self.out, re.DOTALL | re.MULTILINE)
        return found[1].rstrip("\n") + "\n" if found else ""


class Project:
    """A folder with tests."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.lower().endswith("_proxy") and not name.startswith(("PYTEST_", "WIRETAPE_", "CI"))
        }
        # Named one by one, so that what else is installed makes no difference.
        self.environment |= {"WIRETAPE_HOME": str(home), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "COLUMNS": "120"}
        self.ini()
        self.write("asking.py", ASKING)

    def write(self, name: str, text: str) -> Path:
        """Write a file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return path

    def ini(self, **settings: object) -> None:
        """Set what stands in the ini file."""
        lines = [f"{name} = {value}" for name, value in settings.items()]
        self.write("pytest.ini", "\n".join(["[pytest]", "pythonpath = .", "filterwarnings = error", *lines, ""]))

    def cassette(self, name: str = "cassettes/test_it.cassette", /, **sessions: Sequence[Exchange]) -> Path:
        """Put sessions into a cassette; of the names, `__` stands for `::`."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return a_cassette(path, {name.replace("__", "::"): asked for name, asked in sessions.items()})

    def sessions(self, name: str = "cassettes/test_it.cassette") -> dict[str, tuple[str, int]]:
        """The sessions of a cassette, each with its state and how many interactions it holds."""
        with Cassette.open(self.folder / name) as cassette:
            return {s.name: (s.state, s.interactions) for s in cassette.sessions()}

    def line(self, *arguments: str, plugins: Sequence[str] = ()) -> list[str]:
        """The command line of pytest."""
        named = [word for name in ("wiretape.addons.pytest_plugin", *plugins) for word in ("-p", name)]
        return [sys.executable, "-m", "pytest", *named, *arguments]

    def pytest(self, *arguments: str, plugins: Sequence[str] = (), env: dict[str, str] | None = None) -> Done:
        """Run pytest to its end."""
        report = self.folder / "report.json"
        report.unlink(missing_ok=True)
        done = subprocess.run(
            self.line(*arguments, f"--wiretape-report={report}", plugins=plugins),
            cwd=self.folder,
            env={**self.environment, **(env or {})},
            capture_output=True,
            text=True,
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
        out = done.stdout + done.stderr
        counts = {word.rstrip("s"): int(n) for n, word in _COUNT.findall(done.stdout.strip().rpartition("\n")[2])}
        told: dict[str, Any] = json.loads(report.read_text()) if report.exists() else {}
        return Done(done.returncode, out, counts, told)

    def plain(self, text: str) -> str:
        """*text* without what differs from run to run."""
        text = text.replace(str(self.folder), "FOLDER")
        text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)
        text = re.sub(r"\b_[0-9a-f]{16}\b", "_LABEL", text)
        text = re.sub(r"in \d+\.\d+s", "in SECONDS", text)
        return re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)


def said(name: str, text: str) -> None:
    """Compare *text* with what is written down; `WIRETAPE_WRITE_SAID=1` writes it down anew."""
    path = _SAID / f"{name}.txt"
    if os.environ.get("WIRETAPE_WRITE_SAID"):
        path.write_text(text)
    assert text == path.read_text()


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One certificate authority for all."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def project(tmp_path: Path, home: Path) -> Project:
    """A folder with tests."""
    return Project(tmp_path, home)


@pytest.fixture
def written() -> Any:
    """Compares with what is written down beside the tests."""
    return said


@pytest.fixture
def get() -> Any:
    """A recorded GET of a path, whose answer says *n*."""

    def make(path: str, n: int = 1) -> Exchange:
        return exchange("GET", path, response={"n": n})

    return make


@pytest.fixture
def post() -> Any:
    """A recorded POST of a document, whose answer says *n*."""

    def make(path: str, document: dict[str, Any], n: int = 1) -> Exchange:
        return exchange("POST", path, request=document, response={"n": n})

    return make


@pytest.fixture
def standin() -> Iterator[StandIn]:
    """The API, which counts what reaches it."""
    with StandIn() as served:
        yield served


@pytest.fixture
def recorded(project: Project, standin: StandIn) -> Project:
    """A folder with tests that may be recorded."""
    project.ini(wiretape_upstream=standin.url)
    return project
