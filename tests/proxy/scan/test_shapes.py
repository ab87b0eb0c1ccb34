"""What looks secret by its form alone, and what does not."""

from __future__ import annotations

import pytest

from wiretape.proxy.scan.finding import beginning
from wiretape.proxy.scan.jsonplace import json_path
from wiretape.proxy.scan.messages import json_place
from wiretape.proxy.scan.shapes import looks_random, private_keys, random_texts, says_secret

RANDOM = b"q8Zr3TnVx0LkPw7YbDf2"


@pytest.mark.parametrize(
    "text",
    [
        b'{"hmac_key": "%s"}',
        b'{\\"hmac_key\\": \\"%s\\"}',
        b"HOOK_SECRET=%s",
        b"webhook-token: %s",
        b"auth: {password => '%s'}",
        b"clientSecret = Bearer %s",
        b"signingKey:%s==",
    ],
)
def test_random_texts_behind_a_telling_name(text: bytes) -> None:
    """Found whole, and nothing but them."""
    made = text % RANDOM
    (hit,) = random_texts(made)
    assert hit.value.rstrip(b"=") == RANDOM
    assert made[hit.start : hit.end] == hit.value


@pytest.mark.parametrize(
    "name",
    [
        "id",
        "digest",
        "next_page_token",
        "public_key",
        "key",
        "cache_key",
        "max_tokens",
        "thread_key",
        "token_type",
        "x",
    ],
)
def test_names_that_tell_nothing(name: str) -> None:
    """Ids, cursors, counts, and keys of tables."""
    assert not says_secret(name)


@pytest.mark.parametrize(
    "value",
    [
        b"3f2b8c1e-9a4d-4c1b-8f6e-2d7a5b9c0e1f",
        b"thisIsJustALongSentenceOfWords",
        b"12345678901234567890",
        b"aaaaaaaaaaaaaaaaaaaaaaaa11",
        b"thrd_8f3kZ0aQ1mN5xR7tB2cD4eF6",
        b"REDACTED-token-1-xxxxxxxxxx",
        b"short1a2b3c",
    ],
)
def test_values_that_are_not_random(value: bytes) -> None:
    """UUIDs, words, numbers, ids, placeholders."""
    assert not looks_random(value)


def test_private_keys_are_found_whole() -> None:
    """In a file, and within JSON."""
    key = b"-----BEGIN EC PRIVATE KEY-----\n" + RANDOM * 4 + b"\n-----END EC PRIVATE KEY-----"
    for text in (key, key.replace(b"\n", b"\\n")):
        (hit,) = private_keys(b"x " + text + b" y")
        assert hit.value == text
    assert not list(private_keys(b"-----BEGIN PUBLIC KEY-----\nabc\n-----END PUBLIC KEY-----"))
    assert not list(private_keys(b"a file begins with -----BEGIN PRIVATE KEY----- and some lines"))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (b'{"a": {"b": [1, {"c": "@"}]}}', "$.a.b[1].c"),
        (b'["x", "@"]', "$[1]"),
        (b'{"a": 1} {"b": "@"}', "value 2 $.b"),
        (b'{"@": 1}', "$.@ (name)"),
        (b'{"odd name!": "@"}', "$[…]"),
        (b'{"a\\"b": {"c": [[], "@"]}}', "$[…].c[1]"),
        (b"@", "$"),
    ],
)
def test_places_in_json(text: bytes, place: str) -> None:
    """As paths; a name that may be a secret itself is not told."""
    assert json_path(text, text.index(b"@")) == place


@pytest.mark.parametrize(
    ("value", "shown"), [(b"short", ""), (b"x" * 15, ""), (RANDOM, "q8Zr"), (b"\x00\xff" * 10, "……" * 2)]
)
def test_no_more_than_four_characters_are_shown(value: bytes, shown: str) -> None:
    """And none where they would be a quarter of it or more."""
    assert beginning(value) == shown


def test_a_byte_order_mark_is_no_value() -> None:
    """A place in the JSON behind one is told as in any other."""
    text = b'{"a":["x"]}'
    assert json_place(b"\xef\xbb\xbf" + text, 3 + text.index(b"x")) == json_path(text, text.index(b"x"))
