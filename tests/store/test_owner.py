"""A recorder is told dead from alive by more than its number."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from wiretape.store import owner


def test_this_process_is_alive() -> None:
    """The one that asks."""
    assert owner.alive(owner.current())


def test_a_process_that_ended_is_not() -> None:
    """Neither while its parent has not asked for its end, nor after."""
    child = subprocess.Popen(
        [sys.executable, "-c", "from wiretape.store import owner; print(owner.current(), flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    name = child.stdout.readline().strip()
    assert owner.alive(name)
    child.communicate("")
    assert not owner.alive(name)


@pytest.mark.parametrize("change", [(0, "elsewhere"), (1, "999999999"), (2, "12"), (1, "x")])
def test_another_machine_number_or_start(change: tuple[int, str]) -> None:
    """Each part of the name counts."""
    parts = owner.current().split(" ", 2)
    assert parts[1] == str(os.getpid())
    parts[change[0]] = change[1]
    assert not owner.alive(" ".join(parts))


@pytest.mark.parametrize("name", [None, "", "one", "one two"])
def test_no_name_is_nobody(name: str | None) -> None:
    """Malformed names are nobody's."""
    assert not owner.alive(name)
