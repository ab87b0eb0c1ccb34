# pyright: reportPrivateUsage=false
# (what is held is what the test is about)
"""A multipart body that comes in pieces has the form that it has as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wiretape.proxy.decide.longparts import LongParts
from wiretape.proxy.decide.multipart import canonical_multipart

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

TYPE = b"multipart/form-data; boundary=b"


def in_pieces(pieces: Iterable[bytes]) -> bytes | None:
    parts = LongParts(b"b")
    for piece in pieces:
        parts.add(piece)
    return parts.form()


WELL_FORMED = [
    b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n',
    b'--b\r\ncontent-disposition:form-data;name=a; filename="x"\r\nContent-Type: x/y\r\n\r\n-b\n\r\n--\r\n--b--',
    b"--b\r\n\r\nno headers\r\n--b\r\nA: b\r\n--b--",
    b"--b \t\r\nA: b\r\n\r\n" + b"\r\n-" * 50 + b"\r\n--b--\r\n \r\n",
    b"--b--",
]
MALFORMED = [
    b"",
    b"--b",
    b"--b\r\n\r\nno end",
    b"preamble\r\n--b\r\n\r\nx\r\n--b--",
    b"--b\r\n\r\nx\r\n--b--epilogue",
    b"--bad\r\n\r\nx\r\n--b--",
    b"--b\r\nno colon\r\n\r\nx\r\n--b--",
    b"--b\r\n folded: x\r\n\r\nx\r\n--b--",
    b"--b\r\n\r\nx\r\n--c--\r\n",
]


@pytest.mark.parametrize("body", WELL_FORMED + MALFORMED, ids=repr)
def test_byte_by_byte(body: bytes) -> None:
    """Whatever the pieces, down to single bytes."""
    whole = canonical_multipart(body, TYPE)
    assert (whole is not None) == (body in WELL_FORMED)
    if not body.startswith(b"--b") or body.startswith(b"--bad"):
        whole = None  # another boundary is sniffed there
    assert in_pieces([body]) == whole
    assert in_pieces(body[i : i + 1] for i in range(len(body))) == whole


def test_a_long_part_is_not_held() -> None:
    """Only the digest of its content is."""
    parts = LongParts(b"b")
    parts.add(b"--b\r\nA: b\r\n\r\n")
    for _ in range(64):
        parts.add(b"x" * 65536)
        assert len(parts._held) < 100
    parts.add(b"\r\n--b--\r\n")
    assert parts.form() == canonical_multipart(b"--b\r\nA: b\r\n\r\n" + b"x" * 64 * 65536 + b"\r\n--b--\r\n", TYPE)


WORDS = [b"\r\n", b"--b", b"--", b"\r", b"\n", b"A: b", b"x", b" ", b"\r\n\r\n"]


@given(
    st.lists(
        st.lists(st.sampled_from([b"\r\n", b"--b", b"--", b"\r", b"\n", b"A: b", b"x", b" ", b"\r\n\r\n"]), max_size=12)
    ),
    st.randoms(use_true_random=False),
)
def test_any_split_of_anything(words: list[list[bytes]], chance: random.Random) -> None:
    """The same as the whole, for bodies made of what makes multipart difficult."""
    body = b"--b\r\n" + b"\r\n--b\r\n".join(b"".join(w) for w in words) + b"\r\n--b--\r\n"
    pieces: list[bytes] = []
    rest = body
    while rest:
        size = chance.randint(1, 7)
        pieces.append(rest[:size])
        rest = rest[size:]
    assert in_pieces(pieces) == canonical_multipart(body, TYPE)
