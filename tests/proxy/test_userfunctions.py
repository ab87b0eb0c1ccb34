"""The user's functions: imported from beside the settings, with clear words where that fails."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from wiretape.proxy.userfunctions import load
from wiretape.store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], str]:
    """Writes a module whose name no other test has; gives the name."""

    def write(name: str, text: str) -> str:
        full = f"wiretape_try_{name}_{tmp_path.name}".replace("-", "_")
        (tmp_path / f"{full}.py").write_text(text)
        monkeypatch.delitem(sys.modules, full, raising=False)
        return full

    return write


def test_a_function_beside_the_settings(module: Callable[[str, str], str], tmp_path: Path) -> None:
    """The folder is looked in only while the module is imported; nested names work."""
    before = list(sys.path)
    name = module("fine", "def double(x):\n    return 2 * x\nclass Kind:\n    half = staticmethod(lambda x: x / 2)\n")
    assert load(f"{name}:double", tmp_path)(4) == 8
    assert load(f"{name}:Kind.half", tmp_path)(4) == 2
    assert sys.path == before


@pytest.mark.parametrize(
    ("text", "function", "said"),
    [
        ("x = 1", "f", "has no f"),
        ("f = 1", "f", "f is a int, not a function"),
        ("import nowhere_at_all", "f", "fails: No module named 'nowhere_at_all'"),
        ("1 / 0", "f", "fails: ZeroDivisionError: division by zero"),
        ("def f(:", "f", "fails: SyntaxError: "),
    ],
    ids=["missing", "no function", "its import missing", "raises", "syntax"],
)
def test_what_is_wrong_is_said(
    module: Callable[[str, str], str], tmp_path: Path, text: str, function: str, said: str
) -> None:
    """In one line, with the name."""
    name = f"{module('bad', text)}:{function}"
    with pytest.raises(UsageError) as caught:
        load(name, tmp_path)
    assert str(caught.value).startswith(repr(name))
    assert said in str(caught.value)
    assert str(tmp_path) not in sys.path


@pytest.mark.parametrize("name", ["nowhere_at_all:f", "nowhere_at_all.below:f"])
def test_no_such_module(tmp_path: Path, name: str) -> None:
    """It says where it was looked for."""
    with pytest.raises(UsageError, match="there is no module nowhere_at_all in ") as caught:
        load(name, tmp_path)
    assert str(tmp_path) in str(caught.value)
