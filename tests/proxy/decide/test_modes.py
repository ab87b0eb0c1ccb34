"""The table: every cell is there, and each says what the design says."""

from __future__ import annotations

import pytest

from wiretape.proxy.decide.modes import RULES, Action, Found, Mode, settled

EXPECTED = {
    ("record", "found"): "keep",
    ("record", "spent"): "keep",
    ("record", "unknown"): "keep",
    ("replay", "found"): "answer",
    ("replay", "spent"): "spend",
    ("replay", "unknown"): "refuse",
    ("auto", "found"): "answer",
    ("auto", "spent"): "keep",
    ("auto", "unknown"): "keep",
    ("live", "found"): "pass",
    ("live", "spent"): "pass",
    ("live", "unknown"): "pass",
}


def test_every_cell() -> None:
    """Nothing is left to chance, and nothing is there that nobody asked for."""
    cells = {(mode.value, found.value): action.value for mode, row in RULES.items() for found, action in row.items()}
    assert cells == EXPECTED


def test_replay_never_goes_live() -> None:
    """Whatever is found."""
    assert not {Action.KEEP, Action.PASS} & set(RULES[Mode.REPLAY].values())
    assert set(RULES[Mode.REPLAY]) == set(Found)


@pytest.mark.parametrize("mode", list(Mode))
def test_only_once_is_settled(mode: Mode) -> None:
    """`once` replays what is complete and records the rest; the others are what they are."""
    if mode is Mode.ONCE:
        assert settled(mode, complete=True) is Mode.REPLAY
        assert settled(mode, complete=False) is Mode.RECORD
    else:
        assert settled(mode, complete=True) is settled(mode, complete=False) is mode
        assert mode in RULES
