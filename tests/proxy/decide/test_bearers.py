"""Which placeholders a request bears."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from wiretape.proxy.decide.bearers import Bearer, RecordedBearers, borne

if TYPE_CHECKING:
    from collections.abc import Callable

    from wiretape.store.interaction import Request


@pytest.mark.parametrize(
    ("target", "headers", "body", "numbers"),
    [
        ("/v1/me", (), b"", set[int]()),
        ("/v1/me", ((b"Authorization", b"Bearer REDACTED-token-3-xxxxx"),), b"", {3}),
        ("/v1/me", ((b"Authorization", b"Bearer eyJ9.e30.REDACTED-token-12-x"),), b"", {12}),
        ("/v1/me", ((b"Cookie", b"a=REDACTED-cookie-1; b=REDACTED-cookie-2"), (b"R", b"R")), b"", {1, 2}),
        ("/v1/files/s/REDACTED-token-4/x?key=REDACTED-key-5", (), b'{"t": "REDACTED-secret-6"}', {4, 5, 6}),
        ("/v1/me", ((b"Authorization", b"Bearer REDACTED-token"),), b"REDACTED-value", set[int]()),
    ],
)
def test_borne(
    make_request: Callable[..., Request],
    target: str,
    headers: tuple[tuple[bytes, bytes], ...],
    body: bytes,
    numbers: set[int],
) -> None:
    """In every place of it."""
    assert borne(msgspec.structs.replace(make_request(target), headers=headers, body=body)) == numbers


def test_each_recorded_request_is_read_once(make_request: Callable[..., Request]) -> None:
    """And none but the next, where that is the bearer's own."""
    read: list[int] = []

    def request(interaction_id: int) -> Request:
        read.append(interaction_id)
        return make_request(f"/v1/me?key=REDACTED-key-{interaction_id % 3}")

    recorded, answers = RecordedBearers(request), list(range(1000))
    assert Bearer(frozenset({2}), recorded).first(answers, 5) == 5
    assert read == [5]
    for _ in range(3):
        assert Bearer(frozenset({1, 2, 9}), recorded).first(answers, 3) == 4
        assert Bearer(frozenset({0, 9}), recorded).last(answers) == 999
        assert Bearer(frozenset({9}), recorded).first(answers) == 0
    assert sorted(read) == answers
