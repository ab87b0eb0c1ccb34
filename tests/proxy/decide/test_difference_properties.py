"""Differences are there exactly where keys differ, whatever the requests, and in bounded time."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wiretape.proxy.decide.canonical import Canonical, canonical
from wiretape.proxy.decide.difference import differences
from wiretape.proxy.decide.matching import match_key
from wiretape.proxy.decide.rules import Rules
from wiretape.store.interaction import Headers, Request

JSON = b"application/json"
FORM = b"application/x-www-form-urlencoded"
RULES = Rules(headers=("x-tenant",))


def form(
    body: bytes | str = b"",
    content_type: bytes = JSON,
    *,
    target: str = "/v1/model/response",
    method: str = "POST",
    headers: Headers = (),
) -> Canonical:
    """The canonical form of a request, the tenant's header counting."""
    raw = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    sent = ((b"Content-Type", content_type), *headers)
    asked = Request(method=method, scheme="https", host="h", port=443, target=target, headers=sent, body=raw)
    return canonical(asked, "api", RULES)


def multipart(*parts: tuple[str, str, str]) -> Canonical:
    """A multipart request of (name, content type, content)."""
    text = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\nContent-Type: {kind}\r\n\r\n{content}\r\n'
        for name, kind, content in parts
    )
    return form(text + "--b--\r\n", b"multipart/form-data; boundary=b")


PIECES = [
    "null",
    "1",
    "true",
    '"a"',
    '"b"',
    "[]",
    "{}",
    '{"a":1}',
    '{"a":1,"b":[1,2]}',
    "[1,2]",
    "[2,1]",
    "[1,[2]]",
    "[1,1,2]",
    "1e20",
    "0.5",
    '["a","b"]',
    '[{"a":1},{"b":1}]',
    '[{"b":1},{"a":1}]',
]
BODIES = st.one_of(
    st.sampled_from(PIECES),
    st.lists(st.sampled_from(PIECES), max_size=6).map(lambda found: "[" + ",".join(found) + "]"),
    st.dictionaries(st.sampled_from("abc"), st.sampled_from(PIECES), max_size=3).map(
        lambda found: "{" + ",".join(f'"{name}":{value}' for name, value in found.items()) + "}"
    ),
    st.sampled_from(["", "a=1", "a=1&a=2", "a=2&a=1", "b=1", "\x00", '{"a":1,"a":2}', "a=%FF", "a=%FE"]),
)
PARTS = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["x/y", "x/z"]), st.sampled_from(["", "1"])), max_size=3
).map(lambda found: multipart(*found))
PLAIN = st.builds(
    form,
    BODIES,
    st.sampled_from([JSON, FORM, b"text/plain"]),
    target=st.sampled_from(["/", "/a", "/?a=1", "/?a=1&a=2", "/?a=%FF", "/?b"]),
    method=st.sampled_from(["GET", "POST"]),
    headers=st.lists(st.tuples(st.just(b"x-tenant"), st.sampled_from([b"1", b"2"])), max_size=2).map(tuple),
)
REQUESTS = st.one_of(PLAIN, BODIES.map(form), PARTS)


@given(REQUESTS, REQUESTS)
@settings(derandomize=True, database=None, deadline=None, max_examples=1500)
def test_there_are_differences_exactly_where_keys_differ(one: Canonical, other: Canonical) -> None:
    """No miss goes unexplained, and no hit is explained away; every line is one line that can be written anywhere."""
    assert differences(one, one) == []
    found = differences(one, other)
    assert (found == []) == (match_key(one) == match_key(other))
    assert len(differences(other, one, 1)) == len(found[:1])
    for difference in found:
        difference.text().encode()
        assert difference.text().isprintable()


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("recorded", "asked"),
    [
        (json.dumps(list(range(50_000))), json.dumps(list(range(50_000, 0, -1)))),
        ("[" + "1,2," * 20_000 + "1]", "[" + "2,1,1," * 15_000 + "1]"),
        (
            json.dumps([[[i, j] for j in range(15)] for i in range(1500)]),
            json.dumps([[[i, -j] for j in range(15)] for i in range(1500)]),
        ),
        ("[" * 250 + "1," * 50_000 + "1" + "]" * 250, "[" * 250 + "1," * 50_000 + "2" + "]" * 250),
        ("[0," * 250 + "1," * 20_000 + "1" + "]" * 250, "[0," * 250 + "1," * 20_000 + "2" + "]" * 250),
        (json.dumps("a" * 500_000 + "b"), json.dumps("a" * 500_000 + "c")),
        ("x" * 500_000 + "y", "x" * 500_000 + "z"),
    ],
    ids=range(7),
)
def test_large_bodies_are_compared_in_bounded_time(recorded: str, asked: str) -> None:
    """However they are made, and never without a difference."""
    assert 1 <= len(differences(form(recorded), form(asked))) <= 20
