"""How facts are printed."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

from wiretape.cli.output import progress

if TYPE_CHECKING:
    import pytest


class Terminal(io.StringIO):
    """What a person sits at."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def test_a_bar_is_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stands at the terminal, and moves to its end; in a pipe there is nothing of it."""
    monkeypatch.setenv("TERM", "xterm")
    for stderr in (Terminal(), io.StringIO()):
        monkeypatch.setattr(sys, "stderr", stderr)
        with progress("counting") as move:
            for done in range(5_001):
                move(done, 5_000)
        told = stderr.getvalue()
        assert ("counting" in told, "100%" in told) == (stderr.isatty(), stderr.isatty())


def test_a_bar_of_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty cassette is done at once."""
    monkeypatch.setattr(sys, "stderr", Terminal())
    with progress("counting") as move:
        move(0, 0)
