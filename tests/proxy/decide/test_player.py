"""The player's verdicts, asked one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wiretape.proxy.decide.bearers import Bearer
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


def test_a_long_poll_is_looked_up_once() -> None:
    """In replay nothing is added; where things are recorded, somebody may have added to it."""
    looked: list[str] = []

    class Watched(Shelf):
        def answers(self, session_id: int, match_key: str) -> Sequence[int]:
            looked.append(match_key)
            return super().answers(session_id, match_key)

    for mode, times in ((Mode.REPLAY, 1), (Mode.AUTO, 3)):
        player = Player(Watched(a=list(range(1000))), 1, mode)
        looked.clear()
        assert [player.ask("a") for _ in range(3)] == [Answer(0), Answer(1), Answer(2)]
        assert looked == ["a"] * times


def test_the_count() -> None:
    """Served, repeats, and what nobody asked for."""
    player = Player(Shelf(a=[10, 30], b=[20]), 1, Mode.REPLAY, WhenSpent.REPEAT)
    for letter in "bbc":
        player.ask(letter)
    assert (player.served, player.repeats) == (2, 1)
    assert player.unused([10, 20, 30]) == [10, 30]


BORNE = {1: frozenset({7}), 2: frozenset({8}), 3: frozenset({7}), 4: frozenset({7, 9}), 5: frozenset[int]()}


def asked_by(borne: list[set[int]], mode: Mode = Mode.REPLAY, when_spent: WhenSpent = WhenSpent.MISS) -> list[Verdict]:
    """What bearers of these placeholders get for one request, recorded as `BORNE` says."""
    player = Player(Shelf(a=list(BORNE)), 1, mode, when_spent)
    bearers = [Bearer(frozenset(numbers), BORNE) if numbers else None for numbers in borne]
    return [player.ask("a", bearer) for bearer in bearers]


@pytest.mark.parametrize(
    ("when_spent", "borne", "expected"),
    [
        (WhenSpent.MISS, [{7}, {7}, {7}, {7}, {7}], "1 3 4 2 5"),
        (WhenSpent.MISS, [{8}, {8}, {8}], "2 1 3"),
        (WhenSpent.MISS, [{7, 9}, {7, 9}, set[int](), {8}], "4 1 2 3"),
        (WhenSpent.MISS, [{6}, {5}, set[int](), {8}], "1 2 3 4"),
        (WhenSpent.CYCLE, [{8}, {7}, {7}, {7}, {7}, {7}, {8}, {7}], "2 1 3 4 5 1 2 3"),
        # What others may still ask for is left to them.
        (WhenSpent.REPEAT, [{8}, {8}, {7}, {8}, {7}, {7}, {7}, set[int](), {8}], "2 2 1 2 3 4 4 5 2"),
    ],
)
def test_bearers_get_their_own_first(when_spent: WhenSpent, borne: list[set[int]], expected: str) -> None:
    """The next of those that bear most of the same, else the next."""
    verdicts = asked_by(borne, when_spent=when_spent)
    assert " ".join(str(v.interaction_id) if isinstance(v, Answer) else "-" for v in verdicts) == expected


def test_auto_lets_a_bearer_through_when_all_is_spent() -> None:
    """As it does anybody."""
    verdicts = asked_by([{8}, {8}, {7}, {7}, {7}, {7}, {8}], Mode.AUTO)
    assert verdicts == [Answer(2), Answer(1), Answer(3), Answer(4), Answer(5), KEEP, KEEP]


def test_an_order_that_changed_while_auto_added_answers() -> None:
    """Each is served once, and those that were added meanwhile count as asked for."""
    shelf = Shelf(a=[1, 2, 3])
    player = Player(shelf, 1, Mode.AUTO)
    bearer = Bearer(frozenset({8}), BORNE)
    assert [player.ask("a", bearer), player.ask("a", bearer)] == [Answer(2), Answer(1)]
    shelf.recorded["a"] = [1, 2, 3, 4]
    assert [player.ask("a", bearer), player.ask("a", bearer)] == [Answer(3), Answer(4)]
