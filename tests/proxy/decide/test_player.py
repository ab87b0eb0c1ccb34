"""The player's verdicts, asked one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wiretape.proxy.decide.modes import Mode, WhenSpent
from wiretape.proxy.decide.player import Answer, Forward, Player, Refuse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wiretape.proxy.decide.player import Verdict


class Shelf:
    """A tape in memory."""

    def __init__(self, **answers: list[int]) -> None:
        self.recorded = answers

    def answers(self, session_id: int, match_key: str) -> Sequence[int]:
        assert session_id == 1
        return self.recorded.get(match_key, [])


def play(mode: Mode, asked: str, when_spent: WhenSpent = WhenSpent.MISS) -> list[Verdict]:
    """What the requests spelled by the letters of *asked* get, where `a` is recorded twice and `b` once."""
    player = Player(Shelf(a=[10, 30], b=[20]), 1, mode, when_spent)
    return [player.ask(letter) for letter in asked]


KEEP, PASS = Forward(keep=True), Forward(keep=False)


@pytest.mark.parametrize(
    ("when_spent", "asked", "expected"),
    [
        (WhenSpent.MISS, "aba", [Answer(10), Answer(20), Answer(30)]),
        (WhenSpent.MISS, "bbb", [Answer(20), Refuse("spent", 1, 1), Refuse("spent", 1, 1)]),
        (WhenSpent.MISS, "c", [Refuse("unknown", 0, 0)]),
        (WhenSpent.REPEAT, "aaaa", [Answer(10), Answer(30), Answer(30, again=True), Answer(30, again=True)]),
        (WhenSpent.CYCLE, "aaaa", [Answer(10), Answer(30), Answer(10, again=True), Answer(30, again=True)]),
        (WhenSpent.CYCLE, "c", [Refuse("unknown", 0, 0)]),
    ],
)
def test_replay(when_spent: WhenSpent, asked: str, expected: list[Verdict]) -> None:
    """Recorded order, then as told; what was never recorded is refused whatever is told."""
    assert play(Mode.REPLAY, asked, when_spent) == expected


@pytest.mark.parametrize("when_spent", list(WhenSpent))
def test_auto(when_spent: WhenSpent) -> None:
    """What is known is replayed; what is spent or unknown goes live and is kept."""
    assert play(Mode.AUTO, "bbc", when_spent) == [Answer(20), KEEP, KEEP]


def test_auto_counts_what_it_let_through() -> None:
    """An answer recorded in this run was seen by its client already: the next one is live again."""
    shelf = Shelf()
    player = Player(shelf, 1, Mode.AUTO)
    assert player.ask("n") == KEEP
    shelf.recorded["n"] = [50]
    assert player.ask("n") == KEEP


@pytest.mark.parametrize(("mode", "verdict"), [(Mode.RECORD, KEEP), (Mode.LIVE, PASS)])
def test_modes_that_never_look(mode: Mode, verdict: Verdict) -> None:
    """Everything goes live."""
    assert play(mode, "aac") == [verdict] * 3


def test_without_a_tape_nothing_is_known() -> None:
    """An empty cassette refuses; it never lets anything through."""
    assert Player(None, None, Mode.REPLAY).ask("a") == Refuse("unknown", 0, 0)


def test_the_count() -> None:
    """Served, repeats, and what nobody asked for."""
    player = Player(Shelf(a=[10, 30], b=[20]), 1, Mode.REPLAY, WhenSpent.REPEAT)
    for letter in "bbc":
        player.ask(letter)
    assert (player.served, player.repeats) == (2, 1)
    assert player.unused([10, 20, 30]) == [10, 30]
