"""What the one place says that turns errors into words."""

from __future__ import annotations

import errno
from typing import NoReturn

import pytest

from wiretape.cli import main as command
from wiretape.store.errors import UsageError


def said(error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """The exit code and the words where the command fails of *error*."""

    def fails(**_: object) -> NoReturn:
        raise error

    monkeypatch.setattr(command, "app", fails)
    return command.main([]), capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (UsageError("no session 'two  blanks'\n  in x"), "no session 'two  blanks' in x"),
        (PermissionError(errno.EACCES, "Permission denied", "a  file"), "a  file: Permission denied"),
        (OSError(errno.ENOSPC, "No space left on device"), "[Errno 28] No space left on device"),
    ],
)
def test_one_line(
    error: Exception, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names stay as they are, and no file is named that had no part in it."""
    assert said(error, monkeypatch, capsys) == (2, f"wiretape: {words}\n")
