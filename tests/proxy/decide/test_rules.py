"""The rules of matching: what they take, what they refuse, and that stored ones are read for good."""

from __future__ import annotations

import msgspec
import pytest

from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.matching import match_key
from wiretape.proxy.decide.places import compile_place
from wiretape.proxy.decide.rules import NO_RULES, Rules
from wiretape.store.interaction import Request


def key(rules: Rules, *, target: str = "/a", body: bytes = b"", tenant: bytes = b"t") -> str:
    headers = ((b"Content-Type", b"application/json"), (b"X-Tenant", tenant))
    request = Request(method="POST", scheme="https", host="h", port=443, target=target, headers=headers, body=body)
    return match_key(canonical(request, "api", rules))


@pytest.mark.parametrize(
    ("stored", "rules"),
    [
        ("{}", NO_RULES),
        ('{"ignored_paths":["$.a"]}', Rules(("$.a",))),
        ('{"ignored_paths":[],"ignored_query":["q"],"headers":["h"]}', Rules((), ("q",), ("h",))),
    ],
)
def test_rules_of_older_sessions_are_read(stored: str, rules: Rules) -> None:
    """Cassettes hold them as JSON, without the fields that came later."""
    assert msgspec.json.decode(stored, type=Rules) == rules


def test_rules_survive_being_stored() -> None:
    """All of them."""
    rules = Rules(("$.a",), ("q",), ("h",), ("query id", "header X-Id", "$.b"), "pack.mod:function")
    assert msgspec.json.decode(msgspec.json.encode(rules), type=Rules) == rules


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"ignored_paths": ("$.a", "a")}, "'a'"),
        ({"echo": ("cookie x",)}, "'cookie x' is no place"),
        ({"echo": ("query ",)}, "'query ' is no place"),
        ({"echo": ("$.",)}, "position 2"),
        ({"canonicaliser": "pack.mod"}, "package.module:function"),
        ({"canonicaliser": "pack/mod:f"}, "package.module:function"),
        ({"canonicaliser": "mod:f()"}, "package.module:function"),
    ],
    ids=str,
)
def test_malformed_rules_are_refused(fields: dict[str, object], said: str) -> None:
    """When they are made, so that no request can fail on them."""
    with pytest.raises(msgspec.ValidationError, match=said.replace("(", r"\(")):
        msgspec.convert(fields, Rules)


def test_places() -> None:
    """Names of headers are written in any case, those of parameters as they are."""
    assert compile_place("header X-Request-Id").name == "x-request-id"
    assert compile_place("query Id").name == "Id"
    assert compile_place("$.a.b").path == compile_place("$['a']['b']").path


@pytest.mark.parametrize(
    ("echo", "one", "other"),
    [
        ("$.id", {"body": b'{"id":"1","q":2}'}, {"body": b'{"id":"2","q":2}'}),
        ("$.id", {"body": b'{"id":"1","q":2}'}, {"body": b'{"q":2}'}),
        ("query id", {"target": "/a?id=1&q=2"}, {"target": "/a?q=2&id=3"}),
    ],
)
def test_what_is_echoed_does_not_count(echo: str, one: dict[str, object], other: dict[str, object]) -> None:
    """By itself; it need not be ignored besides."""
    rules = Rules(echo=(echo,))
    assert key(rules, **one) == key(rules, **other)  # type: ignore[arg-type]
    assert key(NO_RULES, **one) != key(NO_RULES, **other)  # type: ignore[arg-type]


def test_an_echoed_header_does_not_count_even_where_it_is_named() -> None:
    """It differs in every run, so counting it would make every request unknown."""
    both = Rules(headers=("x-tenant",), echo=("header X-Tenant",))
    assert key(both, tenant=b"1") == key(both, tenant=b"2")
    named = Rules(headers=("X-Tenant",))
    assert key(named, tenant=b"1") != key(named, tenant=b"2")
