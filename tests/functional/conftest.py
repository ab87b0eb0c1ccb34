"""The real binary as a process, the stand-in as its upstream, and clients that none of us wrote."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from wiretape.addons.standin import StandIn

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

_PATIENCE_SECONDS = 60


class Done(msgspec.Struct, frozen=True):
    """How a command ended."""

    code: int
    out: str
    err: str


class Proxy(msgspec.Struct, frozen=True):
    """A proxy that serves."""

    url: str
    bundle: str
    process: Any

    def end(self, number: signal.Signals = signal.SIGINT) -> Done:
        """End it as a person would, or otherwise."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=_PATIENCE_SECONDS)
        return Done(self.process.returncode, out, err)


class Wiretape:
    """The `wiretape` command of this environment, in a folder of its own."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        self.cassette = folder / "x.cassette"
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")},
            "WIRETAPE_HOME": str(home),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }

    def __call__(self, *arguments: object, env: dict[str, str] | None = None, cassette: bool = True) -> Done:
        """Run a command to its end."""
        done = subprocess.run(
            self._line(arguments, cassette=cassette),
            cwd=self.folder,
            env={**self.environment, **(env or {})},
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def python(self, command: str, script: str, *options: object, env: dict[str, str] | None = None) -> Done:
        """Run `wiretape COMMAND OPTIONS -- python SCRIPT`."""
        path = self.folder / "client.py"
        path.write_text(script)
        return self(command, *options, "--", sys.executable, path, env=env)

    @contextlib.contextmanager
    def serving(self, command: str, *options: object, env: dict[str, str] | None = None) -> Generator[Proxy]:
        """Serve in the background; what is left running at the end is killed."""
        ready = self.folder / f"ready-{command}-{len(list(self.folder.iterdir()))}.json"
        process = subprocess.Popen(
            self._line((command, "--listen", "127.0.0.1:0", "--ready-file", ready, *options), cassette=True),
            cwd=self.folder,
            env={**self.environment, **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            # Its first line on stderr comes when it serves, after the file is written.
            assert process.stderr is not None
            first = process.stderr.readline()
            assert ready.exists(), first + process.stderr.read()
            facts = json.loads(ready.read_text())
            assert facts["pid"] == process.pid
            yield Proxy(facts["url"], facts["ca_bundle"], process)
        finally:
            process.kill()
            process.communicate()

    def json(self, *arguments: object) -> Any:
        """What a command prints as JSON."""
        done = self(*arguments, "--json")
        assert done.code == 0, done.err
        return json.loads(done.out)

    def _line(self, arguments: Sequence[object], *, cassette: bool) -> list[str]:
        words = [str(word) for word in arguments]
        named = ["-c", str(self.cassette)] if cassette else []
        return [sys.executable, "-m", "wiretape", words[0], *named, *words[1:]]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One certificate authority for all tests of a worker."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def wiretape(tmp_path: Path, home: Path) -> Wiretape:
    """The command."""
    return Wiretape(tmp_path, home)


@pytest.fixture
def standin() -> Iterator[StandIn]:
    """The API, which counts what reaches it."""
    with StandIn() as served:
        yield served
