"""However a body is cut, the same is written; twice redacted is once redacted; what holds no secret stays as it is."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from wiretape.proxy.decide.redact import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable

    from wiretape.proxy.decide.redaction.finds import Segment

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c3JfMSIsImV4cCI6MTc2MDAwMDAwMH0.c2lnbmF0dXJlLW9mLXRoaXM"
VALUES = [
    "",
    "short",
    "hunter2-hunter2",
    "ak_" + "Zz9" * 14,
    JWT,
    "sk-abcdefghijklmnop1234",
    'a b"c\\d/é',
    "REDACTED-key-9",
]
NAMES = ["token", "access_token", "password", "max_tokens", "credentials", "headers", "note", "logprobs", "url", "key"]
TEXTS = [*VALUES, "see https://x/v1/files/s/segment-of-a-path/f?token=tok-in-a-query&x=1 there", "plain words", "\n\n"]

leaves = st.one_of(st.none(), st.booleans(), st.integers(-9999, 99999), st.sampled_from(TEXTS))
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def json_texts(draw: st.DrawFn) -> bytes:
    """One JSON value or several, spaced and escaped one way or another."""
    found: list[str] = []
    for value in draw(st.lists(values, min_size=1, max_size=3)):
        compact, ascii_only = draw(st.booleans()), draw(st.booleans())
        text = json.dumps(value, separators=(",", ":") if compact else None, ensure_ascii=ascii_only)
        found.append(text.replace("/", "\\/") if draw(st.booleans()) else text)
    return draw(st.sampled_from(["", "\n", " "])).join(found).encode()


@st.composite
def event_streams(draw: st.DrawFn) -> bytes:
    """Frames, with any line end."""
    line_end = draw(st.sampled_from([b"\n", b"\r\n", b"\r"]))
    lines = st.one_of(
        json_texts().filter(lambda text: b"\n" not in text).map(lambda text: b"data: " + text),
        st.sampled_from([b"", b"", b": ping", b"id: 7", b"event: x", b"data: [DONE]", b"data:" + JWT.encode()]),
    )
    return b"".join(line + line_end for line in draw(st.lists(lines, max_size=12)))


WORDS = [
    *(text.encode() for text in TEXTS),
    b"--b",
    b"\r\n--b",
    b"\r\n\r\n",
    b"--",
    b"\r\n",
    b'Content-Disposition: form-data; name="',
    b'password"',
    b'file"',
    b"&",
    b"=",
    b"token=",
    b"?",
    b'"',
    b"{",
    b"}",
    b"[",
    b"\\",
    b" ",
    b"\n",
    b"data: ",
    b"x" * 50,
]
noise = st.lists(st.sampled_from(WORDS), max_size=14).map(b"".join)
KINDS = [
    b"application/json",
    b"text/event-stream",
    b"text/plain",
    b"multipart/form-data; boundary=b",
    b"",
    b"application/x-www-form-urlencoded",
    b"application/octet-stream",
]
bodies = st.one_of(json_texts(), event_streams(), noise, noise.map(lambda text: b"--b\r\n" + text))


def cut(body: bytes, at: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(body) + 1) for place in at), len(body)]
    return [body[start:end] for start, end in itertools.pairwise(edges)]


@given(bodies, st.sampled_from(KINDS), st.lists(st.integers(0, 10_000), max_size=30), st.booleans())
def test_how_a_body_is_cut_does_not_matter(
    segments_of: Callable[..., list[Segment]],
    body: bytes,
    kind: bytes,
    at: list[int],
    answer: bool,  # noqa: FBT001
) -> None:
    """All of it comes out, the same, and accounts for every byte that came."""
    one, other = Redactor(), Redactor()
    for redactor in (one, other):
        redactor.memory.learn(b'a b"c\\d/\xc3\xa9 and more', "password")
    whole = segments_of([body], kind, redactor=one, answer=answer)
    pieces = segments_of(cut(body, at), kind, redactor=other, answer=answer)
    assert b"".join(text for _, text in pieces) == b"".join(text for _, text in whole)
    assert sum(size for size, _ in pieces) == sum(size for size, _ in whole) == len(body)
    assert one.memory.values() == other.memory.values()


@given(bodies, st.sampled_from(KINDS), st.booleans())
def test_twice_redacted_is_once_redacted(
    redact: Callable[..., bytes],
    body: bytes,
    kind: bytes,
    answer: bool,  # noqa: FBT001
) -> None:
    """By the same redactor, and by one that has not seen the secrets."""
    redactor = Redactor()
    first = redact([body], kind, redactor=redactor, answer=answer)
    # What a later place taught counts from then on; a second pass brings it to rest.
    once = redact([first], kind, redactor=redactor, answer=answer)
    assert redact([once], kind, redactor=redactor, answer=answer) == once
    assert redact([once], kind, redactor=Redactor(100), answer=answer) == once


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["a", "input_tokens", "next_cursor", "x"]), inner),
)


@given(plain, st.booleans(), st.lists(st.integers(0, 10_000), max_size=9))
def test_a_document_without_secrets_is_untouched(
    redact: Callable[..., bytes],
    value: object,
    ascii_only: bool,  # noqa: FBT001
    at: list[int],
) -> None:
    """Byte for byte."""
    body = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    assert redact(cut(body, at)) == body
