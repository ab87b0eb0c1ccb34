"""Imports files by the command, and replays what became of them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from wiretape.cli.main import main
from wiretape.proxy.decide.modes import Mode, WhenSpent
from wiretape.proxy.run import Run
from wiretape.proxy.runs import Runs
from wiretape.proxy.serve.clock import Clock
from wiretape.proxy.serve.threaded import ThreadedReplay
from wiretape.proxy.settings import Listen, Settings
from wiretape.store.cassette import Cassette

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from wiretape.store.interaction import Interaction


class Imports:
    """One cassette that files are imported into.

    Attributes:
        path: the cassette.
    """

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.path = folder / "x.cassette"
        self._folder = folder
        self._capsys = capsys

    def file(self, name: str, text: str) -> Path:
        """A file to import."""
        path = self._folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def __call__(self, *arguments: object) -> tuple[int, str]:
        """Run `wiretape import`; says its exit code and what it said."""
        self._capsys.readouterr()
        code = main(["import", "-c", str(self.path), *map(str, arguments)])
        return code, self._capsys.readouterr().err

    def interactions(self, session: str) -> list[Interaction]:
        """What a session holds."""
        with Cassette.open(self.path) as cassette:
            return list(cassette.interactions(session))

    @contextlib.contextmanager
    def replay(self, session: str, *, unused: int = 0) -> Generator[str]:
        """Serve a session at an address: nothing may be missed, and no more left over than is said."""
        settings = Settings(
            cassette=self.path,
            session=session,
            mode=Mode.REPLAY,
            listen=Listen(port=0),
            when_spent=WhenSpent.MISS,
        )
        run = Run.open(settings, Clock())
        try:
            with ThreadedReplay(Runs(run)) as served:
                yield served.url
        finally:
            summary = run.close()
        assert not summary.misses, [miss.lines() for miss in summary.misses]
        assert len(summary.unused) == unused, summary.unused


@pytest.fixture
def imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Imports:
    """Imports into a cassette of this test's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WIRETAPE_HOME", str(tmp_path / "home"))
    return Imports(tmp_path, capsys)
