"""Every request has a canonical form, and has it at once."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.matching import match_key
from wiretape.proxy.decide.rules import NO_RULES, Rules
from wiretape.store.interaction import Headers, Request

FORM = b"application/x-www-form-urlencoded"

PIECES = [
    b'{"a":',
    b"1",
    b"}",
    b"[",
    b"]",
    b'"\\ud800"',
    b"\xff",
    b"1e999",
    b"NaN",
    b",",
    b"--b\r\n",
    b"\r\n--b--",
    b"&",
    b"%",
]
BODIES = st.one_of(
    st.binary(max_size=60), st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join), st.just(b"[" * 100_000)
)
KINDS = [
    b"application/json",
    FORM,
    b"multipart/form-data; boundary=b",
    b"multipart/mixed",
    b"text/plain",
    b"\xff;=\x00",
]
ANY_HEADERS = st.lists(
    st.one_of(
        st.tuples(st.binary(max_size=20), st.binary(max_size=20)),
        st.tuples(st.just(b"Content-Type"), st.sampled_from(KINDS)),
        st.tuples(
            st.just(b"Content-Encoding"), st.sampled_from([b"gzip", b"deflate", b",", b"br", b"\xff", b"gzip,gzip"])
        ),
    ),
    max_size=4,
).map(tuple)
ANY_TEXT = st.text(st.characters())
ANY_RULES = st.sampled_from([NO_RULES, Rules(("$..a", "$[0]"), ("a",), ("content-type", "\ud800"))])


@given(ANY_TEXT, ANY_TEXT, ANY_HEADERS, BODIES, ANY_RULES)
@settings(derandomize=True, database=None, deadline=None, max_examples=300)
def test_every_request_has_a_form_and_a_key(
    method: str, target: str, headers: Headers, body: bytes, rules: Rules
) -> None:
    """Nothing that a client can send makes the canonical form fail, and it is the same each time."""
    asked = Request(method=method, scheme="", host="", port=0, target=target, headers=headers, body=body)
    found = canonical(asked, method, rules)
    assert found == canonical(asked, method, rules)
    assert match_key(found).startswith("k1:")


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("body", "content_type", "kind"),
    [
        (b"[" * 1_000_000, b"application/json", "bytes"),
        (b"[" * 500_000 + b"]" * 500_000, b"application/json", "bytes"),
        (b'{"a":' * 200_000, None, "bytes"),
        (b"[" + b"[]," * 300_000 + b"[]]", None, "json"),
        (b"[0." + b"1" * 1_000_000 + b"]", None, "bytes"),
        (b"[" + b"1" * 1_000_000 + b"]", None, "bytes"),
        (b"[" + b",".join([b"1" * 4_300] * 200) + b"]", None, "bytes"),
        (b'["' + b"\\u003a" * 150_000 + b'"]', None, "json"),
        (b"&" * 1_000_000, FORM, "form"),
        (b"a=1&" * 100_000, FORM, "form"),
        (b"%" * 300_000, FORM, "form"),
        (b"--b\r\n" + b"\r\n\r\n--b\r\n" * 50_000, b"multipart/form-data; boundary=b", "bytes"),
        (
            b"--b\r\ncontent-disposition: form-data" + b'; a="' * 200_000 + b"\r\n\r\n\r\n--b--\r\n",
            b"multipart/form-data; boundary=b",
            "multipart",
        ),
        (b"-" * 1_000_000, b"multipart/form-data" + b"; boundary " * 100_000, "bytes"),
        (b" " * 1_000_000, None, "bytes"),
    ],
    ids=range(15),
)
def test_hostile_bodies_take_linear_time(body: bytes, content_type: bytes | None, kind: str) -> None:
    """A megabyte of anything is answered at once; a quadratic step would run into the time limit."""
    headers = () if content_type is None else ((b"Content-Type", content_type),)
    asked = Request(method="POST", scheme="https", host="h", port=443, target="/", headers=headers, body=body)
    assert canonical(asked, "api").body_kind == kind
