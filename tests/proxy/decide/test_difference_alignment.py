"""Which element of one array answers which of the other."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wiretape.proxy.decide.alignment import Aligner, Pair

LETTERS = st.lists(st.sampled_from("abcd"), max_size=12)


def changed(left: str, right: str, aligner: Aligner | None = None) -> list[Pair]:
    """The pairs of two arrays of letters that are not equal."""
    pairs = (aligner or Aligner()).align(list(left), list(right))
    return [(i, j) for i, j in pairs if i is None or j is None or left[i] != right[j]]


@pytest.mark.parametrize(
    ("left", "right", "pairs"),
    [
        ("", "", []),
        ("abc", "abc", []),
        ("abc", "abxc", [(None, 2)]),
        ("abxc", "abc", [(2, None)]),
        ("abc", "axc", [(1, 1)]),
        ("aaaa", "aaa", [(3, None)]),
        ("abcabc", "abcxabc", [(None, 3)]),
        ("abab", "xabab", [(None, 0)]),
        ("abcdef", "abdefg", [(2, None), (None, 5)]),
        ("", "ab", [(None, 0), (None, 1)]),
        ("ab", "", [(0, None), (1, None)]),
        ("a", "b", [(0, 0)]),
    ],
)
def test_few_elements_are_left_unpaired(left: str, right: str, pairs: list[Pair]) -> None:
    """An insertion or a removal is one pair, wherever it stands."""
    assert changed(left, right) == pairs


@pytest.mark.parametrize(
    "aligner", [Aligner, lambda: Aligner(cells=8), lambda: Aligner(cells=0), lambda: Aligner(size=0)]
)
def test_every_element_is_told_once_and_in_order(aligner: type[Aligner]) -> None:
    """Also where the budget is spent and elements pair by position."""

    @given(LETTERS, LETTERS)
    @settings(derandomize=True, database=None, deadline=None, max_examples=200)
    def check(left: list[str], right: list[str]) -> None:
        pairs = aligner().align([*left], [*right])
        ours, theirs = [i for i, _ in pairs if i is not None], [j for _, j in pairs if j is not None]
        assert ours == sorted(set(ours))
        assert theirs == sorted(set(theirs))
        # What no pair tells of is equal, in the same order on either side.
        kept = [item for i, item in enumerate(left) if i not in ours]
        assert kept == [item for j, item in enumerate(right) if j not in theirs]

    check()


def test_a_spent_budget_pairs_by_position() -> None:
    """The cost is bounded, the quality is not promised."""
    assert changed("abab", "xabab", Aligner(size=0)) == [(0, 0), (1, 1), (2, 2), (3, 3), (None, 4)]
