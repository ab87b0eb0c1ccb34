"""The user's say: what is malformed is refused, what never fired is told, a function is called by its name only."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.redact import Memory, Redactor, RedactRules
from wiretape.proxy.decide.redaction import hook
from wiretape.proxy.decide.redaction.rules import Replacement, Where
from wiretape.proxy.decide.rules import Rules
from wiretape.store.interaction import Request, ResponseHead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def test_rules_are_kept_with_the_session() -> None:
    """They come back from its JSON as they were, and old sessions have none."""
    rules = Rules(redact=RedactRules(add=Where(json=("$..pin",)), replace=(Replacement(header=("x-a",), by="gone"),)))
    assert msgspec.json.decode(msgspec.json.encode(rules), type=Rules) == rules
    assert msgspec.json.decode(b'{"headers":["x-a"]}', type=Rules).redact == RedactRules()


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ({"add": {"json": ["pin"]}}, r"path 'pin' is malformed at position 0"),
        ({"add": {"json": ["$.a[-1]"]}}, r"'\$.a\[-1\]' counts from the back"),
        ({"exempt": {"regex": ["("]}}, r"regular expression '\(' is malformed"),
        ({"add": {"regex": ["a*"]}}, r"'a\*' matches nothing at all"),
        ({"replace": [{"json": ["$.a"], "by": 'a"b'}]}, r"cannot replace a secret"),
        ({"callable": "no name"}, r"'no name' is no name; give it as package.module:function"),
        ({"add": {"cookies": ["x"]}}, r"unknown field `cookies`"),
    ],
)
def test_what_is_malformed_is_refused(rules: dict[str, Any], told: str) -> None:
    """With what and why."""
    with pytest.raises(ValueError, match=told):
        msgspec.convert({"redact": rules}, Rules)


def test_each_rule_counts_how_often_it_fired() -> None:
    """So that one that never did can be told at the end."""
    rules = RedactRules(
        add=Where(
            header=("x-a", "x-never"), json=("$.pin", "$.never"), query=("q",), form=("f",), regex=("cust-[0-9]+",)
        ),
        exempt=Where(
            header=("x-api-key",), json=("$.token",), regex=("test-[a-z]+",), query=("sig", "token"), form=("secret",)
        ),
        replace=(Replacement(json=("$.name",), by="Somebody"),),
    )
    redactor = Redactor(rules=rules)
    request = Request(
        method="GET",
        scheme="https",
        host="h",
        port=1,
        target="/?q=1&token=2&f=3",
        headers=((b"X-A", b"1"), (b"X-Api-Key", b"2")),
    )
    assert redactor.request(request)[0].headers == ((b"X-A", b"REDACTED-secret-1"), (b"X-Api-Key", b"2"))
    from wiretape.proxy.decide.redaction.bodies import redacted
    from wiretape.proxy.decide.redaction.redactor import Numbered

    body = b'{"pin":1,"token":"t","name":"x","password":"test-abc","secret":"s","t":"a cust-55 b"}'
    told = json.loads(redacted(body, b"application/json", redactor.scope(), Numbered(redactor)))
    assert told == {
        "pin": "REDACTED-secret-1",
        "token": "t",
        "name": "Somebody",
        "password": "test-abc",
        "secret": "s",
        "t": f"a REDACTED-secret-{redactor.count} b",
    }
    assert redactor.silent_rules() == ["add header x-never", "add json $.never", "exempt query sig"]


def test_personal_data_is_a_choice(redact: Callable[..., bytes]) -> None:
    """Of the fields that the API has for it, and its paths; numbers stay numbers."""
    body = (
        b'{"user":{"email":"somebody@example.com","latitude":47.5,"full_name":"A B"},"t":"mail somebody@example.com"}'
    )
    assert redact([body]) == body
    redactor = Redactor(rules=RedactRules(personal=True))
    told = json.loads(redact([body], redactor=redactor))
    assert told["user"]["latitude"] == 0
    assert "somebody" not in json.dumps(told)
    assert "A B" not in json.dumps(told)
    assert redactor.target("/v1/user/email/somebody%40example.com") == "/v1/user/email/REDACTED-personal-1"


@pytest.fixture
def shout() -> Iterator[str]:
    """A user's function, installed."""
    name = "tests.rules:shout"
    hook.install(name, lambda data: data.replace(b"inner", b"OUTER") if b"inner" in data else None)
    yield name
    hook.install(name, lambda _: None)


def test_a_function_sees_whole_bodies_and_frames(redact: Callable[..., bytes], shout: str) -> None:
    """Of any type, before anything else is looked for."""
    redactor = Redactor(rules=RedactRules(callable=shout))
    assert (
        redact([b'{"a":"in', b'ner","token":"xyz"}'], redactor=redactor) == b'{"a":"OUTER","token":"REDACTED-token-1"}'
    )
    assert redact([b"in", b"ner text"], b"text/plain", redactor=redactor) == b"OUTER text"
    assert (
        redact([b"data: in", b"ner\n\ndata: x\n\n"], b"text/event-stream", redactor=redactor)
        == b"data: OUTER\n\ndata: x\n\n"
    )
    assert redact([b'{"inner":1}{"b":2}'], b"text/event-stream", redactor=redactor) == b'{"OUTER":1}{"b":2}'
    assert redactor.fired[f"callable {shout}"] == 4
    rules = Rules(redact=RedactRules(callable=shout))
    keys = {
        canonical(Request(method="POST", scheme="https", host="h", port=1, target="/", body=body), "api", rules).body
        for body in (b"the inner one", b"the OUTER one")
    }
    assert keys == {b"the OUTER one"}


def test_a_function_that_is_not_there_stops_a_recording() -> None:
    """What it was to take out would be written; a replay only misses what was keyed with it."""
    rules = RedactRules(callable="nowhere.at:all")
    with pytest.raises(hook.RedactionFailed, match=r"'nowhere.at:all' is not loaded"):
        Redactor(rules=rules)
    request = Request(method="POST", scheme="https", host="h", port=1, target="/", body=b"x")
    assert canonical(request, "api", Rules(redact=rules)).body == b"x"


@pytest.mark.parametrize("made", ["text", 1, ValueError("why"), SystemExit("why")])
def test_a_functions_failure_bears_its_name(redact: Callable[..., bytes], made: Any) -> None:
    """A person finds it then."""

    def fail(_: bytes) -> Any:
        if isinstance(made, BaseException):
            raise made
        return made

    hook.install("tests.rules:fail", fail)
    told = r"callable 'tests.rules:fail' (raised (ValueError|SystemExit): why|gave a (str|int))"
    with pytest.raises(hook.RedactionFailed, match=told):
        redact([b"x"], b"text/plain", redactor=Redactor(rules=RedactRules(callable="tests.rules:fail")))


def test_a_memory_of_many_values_finds_each() -> None:
    """However many there are; it grows by what is news only."""
    memory = Memory()
    values = [f"value-number-{n:04d}".encode() for n in range(300)]
    assert [memory.learn(value, "token") for value in values] == [True] * 300
    assert not memory.learn(values[7], "key")
    assert not memory.learn(b"short", "key")
    assert not memory.learn(b"REDACTED-token-3", "key")
    assert memory.version == 300
    text = b"x" + values[299] + b" " + values[0] + b"y"
    assert [(start, end, seen.value) for start, end, seen in memory.find(text)] == [
        (1, 18, values[299]),
        (19, 36, values[0]),
    ]
    assert not memory.knows(b"value-number-9999 and value-numbe")


def test_heads_without_secrets_are_themselves() -> None:
    """Nothing is made anew for them."""
    head = ResponseHead(status=200, reason="OK", headers=((b"Date", b"now"), (b"Location", b"/v1/x?page=2")))
    assert Redactor().response(head) == (head, False)
