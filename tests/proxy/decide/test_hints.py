"""Rules that leave chance out of matching are offered for chance alone."""

from __future__ import annotations

import pytest

from wiretape.proxy.decide.difference import Difference
from wiretape.proxy.decide.hints import rules_against

UUIDS = '"0b5cb3f0-6a3f-4d8e-9b1a-0d4b7f1f6a11"', '"9d2e8a57-1c1f-4f0b-8e8e-3f7d3c5b2a90"'


@pytest.mark.parametrize(
    ("differences", "rules"),
    [
        ([Difference("$.metadata.trace", '"a"', '"b"')], (("--ignore", "$.metadata.trace"),)),
        ([Difference("$.inputs[3].id", *UUIDS)], (("--ignore", "$.inputs[*].id"),)),
        ([Difference("$.at", '"2026-01-02T03:04:05Z"', '"2026-01-03T03:04:05Z"')], (("--ignore", "$.at"),)),
        ([Difference("$.now", "1767323045", "1767323046")], (("--ignore", "$.now"),)),
        ([Difference("$.now", "1767323045123", "1767323046.5")], (("--ignore", "$.now"),)),
        ([Difference("query since", '"a"', '"b"')], (("--ignore-query", "since"),)),
        ([Difference("query nonce", *UUIDS)], (("--ignore-query", "nonce"),)),
        (
            [Difference("$.a[0].id", *UUIDS), Difference("$.a[1].id", *UUIDS), Difference("$.created_at", "1", "2")],
            (("--ignore", "$.a[*].id"), ("--ignore", "$.created_at")),
        ),
        ([Difference("$.inputs[0].content", '"Grüezi"', '"Hallo"')], None),
        ([Difference("$.metadata.trace", '"a"', '"b"'), Difference("$.model", '"a"', '"b"')], None),
        ([Difference("$.id", UUIDS[0], None)], None),
        ([Difference("$.limit", "5", "6")], None),
        ([Difference("path", *UUIDS)], None),
        ([Difference("query limit", '"5"', '"6"')], None),
        ([], None),
    ],
)
def test_rules(differences: list[Difference], rules: tuple[tuple[str, str], ...] | None) -> None:
    """By the field's name or by both values; one real difference and nothing is offered."""
    assert rules_against(differences) == rules
