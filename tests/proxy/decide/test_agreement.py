"""What is said where a session's rules are not those of the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from wiretape.proxy.decide.agreement import check_canonicaliser, difference_told
from wiretape.proxy.decide.rules import NO_RULES, Rules
from wiretape.store.errors import UsageError

HERE = Path("x.cassette")


def told(recorded: Rules, settings: Rules) -> str | None:
    return difference_told(recorded, settings, "my session", HERE)


@pytest.mark.parametrize(
    ("recorded", "settings"),
    [
        (NO_RULES, NO_RULES),
        (Rules(ignored_paths=("$.a",)), NO_RULES),
        (Rules(ignored_paths=("$.a", "$.b")), Rules(ignored_paths=("$.b", "$.a"))),
    ],
)
def test_nothing_is_said_where_nobody_disagrees(recorded: Rules, settings: Rules) -> None:
    """Settings that name no rules leave them to the session; the order of rules does not matter."""
    assert told(recorded, settings) is None


def test_other_rules_are_told_with_the_mend() -> None:
    """In one sentence: what differs, what counts, how to change it."""
    sentence = told(Rules(ignored_paths=("$.a",), headers=("x",)), Rules(ignored_paths=("$.b", "$.a"), headers=("x",)))
    assert sentence == (
        "session 'my session' was recorded with other rules than the settings', and its own count: "
        "ignored paths $.a (settings: $.a, $.b); to change them: wiretape rekey 'my session' -c x.cassette"
    )


@pytest.mark.parametrize(
    "settings", [Rules(ignored_query=("a",)), Rules(headers=("a",)), Rules(echo=("query a",))], ids=str
)
def test_every_rule_counts(settings: Rules) -> None:
    """Whichever it is."""
    sentence = told(NO_RULES, settings)
    assert sentence is not None
    assert "none (settings: " in sentence


@pytest.mark.parametrize(
    ("recorded", "settings", "mend"),
    [
        ("a:f", None, "wiretape rekey 'my session' -c x.cassette --no-rules"),
        (None, "b:f", "wiretape rekey 'my session' -c x.cassette"),
        ("a:f", "b:f", "wiretape rekey 'my session' -c x.cassette"),
    ],
)
def test_canonicalisers_must_agree(recorded: str | None, settings: str | None, mend: str) -> None:
    """Or the run does not begin: what a cassette names is not loaded for that."""
    with pytest.raises(UsageError) as caught:
        check_canonicaliser(Rules(canonicaliser=recorded), Rules(canonicaliser=settings), "my session", HERE)
    assert all(repr(name) in str(caught.value) for name in (recorded, settings) if name)
    assert str(caught.value).endswith(mend)


def test_the_same_canonicaliser_is_fine() -> None:
    """Whatever the other rules are."""
    check_canonicaliser(Rules(canonicaliser="a:f"), Rules(("$.x",), canonicaliser="a:f"), "s", HERE)
    check_canonicaliser(NO_RULES, NO_RULES, "s", HERE)
