"""Text without a blank in it, too long to be held: what stands before a secret is still known where the text is cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wiretape.proxy.decide.redaction.text import REACH

if TYPE_CHECKING:
    from collections.abc import Callable

VALUE = b"Kq7zX4vB9nM2zX4vB9nM2zX4vB9nM2"
PLACES = {
    "query": (b"?token=", b"&"),
    "password": (b"://user:", b"@host"),
    "path": (b"/v1/files/s/", b"/name"),
    "callback": (b"/callback?code=", b"&"),
}


@pytest.mark.parametrize("size", [3 * REACH, REACH], ids=["one piece", "pieces"])
@pytest.mark.parametrize("place", PLACES)
def test_an_address_where_the_text_is_cut(redact: Callable[..., bytes], place: str, size: int) -> None:
    """Whether the cut, which is `REACH` before the end, falls before the secret or into it; all else stays."""
    before, behind = PLACES[place]
    for shift in range(-len(VALUE) - 2, len(before) + 3, 3):
        head = b"x" * (2 * REACH + shift - len(before)) + before
        tail = behind + b"y" * (3 * REACH - len(head) - len(VALUE) - len(behind))
        text = head + VALUE + tail
        written = redact([text[at : at + size] for at in range(0, len(text), size)], b"text/plain")
        assert written.startswith(head + b"REDACTED-"), shift
        assert written.endswith(tail), shift
        assert len(written) == len(text), shift
