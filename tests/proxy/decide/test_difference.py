"""What a person is told about two requests that are not the same."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wiretape.proxy.decide.canonical import Canonical, canonical
from wiretape.proxy.decide.difference import Difference, differences
from wiretape.proxy.decide.jsonpath import Step, compile_path
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
    identity: str = "api",
    headers: Headers = (),
) -> Canonical:
    """The canonical form of a request, the tenant's header counting."""
    raw = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    sent = ((b"Content-Type", content_type), *headers)
    asked = Request(method=method, scheme="https", host="h", port=443, target=target, headers=sent, body=raw)
    return canonical(asked, identity, RULES)


def told(recorded: Canonical, asked: Canonical, limit: int = 20) -> list[str]:
    """The differences in words."""
    return [difference.text() for difference in differences(recorded, asked, limit)]


def test_a_difference_is_one_line() -> None:
    """Where, what was recorded, what is asked; nothing for what is not there."""
    assert Difference("path", "/a", "/b").text() == "path: recorded /a, asked /b"
    assert str(Difference("$.a", None, "null")) == "$.a: recorded nothing, asked null"


@pytest.mark.parametrize(
    ("recorded", "asked", "lines"),
    [
        (
            '{"inputs":[{"role":"user","content":"Grüezi"}]}',
            '{"inputs":[{"role":"user","content":"Hallo"}]}',
            ['$.inputs[0].content: recorded "Grüezi", asked "Hallo"'],
        ),
        ('{"a":1}', '{"a":"1"}', ['$.a: recorded 1, asked "1"']),
        ('{"a":1}', '{"a":true}', ["$.a: recorded 1, asked true"]),
        ('{"a":0}', '{"a":false}', ["$.a: recorded 0, asked false"]),
        ('{"a":1.5}', '{"a":15e-1,"b":null}', ["$.b: recorded nothing, asked null"]),
        ('{"a":null}', "{}", ["$.a: recorded null, asked nothing"]),
        ('{"a":[]}', '{"a":{}}', ["$.a: recorded [], asked {}"]),
        ('{"a":{"b":{"c":1}}}', '{"a":{"b":{}}}', ["$.a.b.c: recorded 1, asked nothing"]),
        ('"x"', "1", ['$: recorded "x", asked 1']),
        ("[1,2]", "[1,2,3]", ["$[2]: recorded nothing, asked 3"]),
        (
            '{"odd key":1,"it\'s":{"x-y":1}}',
            "{}",
            [
                "$['it\\'s']: recorded {\"x-y\":1}, asked nothing",
                "$['odd key']: recorded 1, asked nothing",
            ],
        ),
        (
            '{"z":1,"a":{"deep":{"er":1}},"b":[{"c":1}]}',
            '{"z":2,"a":{"deep":{"er":2}},"b":[{"c":2}]}',
            ["$.z: recorded 1, asked 2", "$.a.deep.er: recorded 1, asked 2", "$.b[0].c: recorded 1, asked 2"],
        ),
        ('{"a":"a\\u00a0b"}', '{"a":"a b\\n\\u200b"}', ['$.a: recorded "a\\u00a0b", asked "a b\\n\\u200b"']),
    ],
)
def test_json_differs_at_a_path(recorded: str, asked: str, lines: list[str]) -> None:
    """Values as JSON, nothing invisible; what is nearer to the root first, then by name and index."""
    assert told(form(recorded), form(asked)) == lines


@given(st.text(st.characters(exclude_categories=("C", "Z")) | st.just(" "), max_size=6))
@settings(derandomize=True, database=None, deadline=None, max_examples=200)
def test_the_path_of_a_difference_can_be_ignored(name: str) -> None:
    """It is of the dialect of ignored paths, so that it can be copied into the settings."""
    # Of two numbers or texts under the name of a secret, neither tells them apart.
    [difference] = differences(form(json.dumps({"a": [{name: True}]})), form(json.dumps({"a": [{name: False}]})))
    assert compile_path(difference.where) == (Step("a", deep=False), Step(0, deep=False), Step(name, deep=False))


def message(role: str, content: str) -> dict[str, str]:
    """One message of a conversation."""
    return {"role": role, "content": content}


def test_an_element_in_the_middle_is_one_difference() -> None:
    """What comes after it stays paired."""
    talk = [message("user" if n % 2 else "assistant", f"sentence {n}") for n in range(40)]
    longer = [*talk[:7], message("system", "be brief"), *talk[7:]]
    line = '{"role":"system","content":"be brief"}'
    shown = json.dumps(json.loads(line), sort_keys=True, separators=(",", ":"))
    assert told(form(json.dumps({"inputs": talk})), form(json.dumps({"inputs": longer}))) == [
        f"$.inputs[7]: recorded nothing, asked {shown}"
    ]
    assert told(form(json.dumps({"inputs": longer})), form(json.dumps({"inputs": talk}))) == [
        f"$.inputs[7]: recorded {shown}, asked nothing"
    ]


def test_a_changed_element_meets_its_like() -> None:
    """Also where another one was put before it."""
    talk = [message("system", "be brief"), message("user", "Grüezi"), message("assistant", "Hoi")]
    other = [message("system", "be brief"), {"role": "tool", "call": "7"}, message("user", "Hallo"), talk[2]]
    assert told(form(json.dumps(talk)), form(json.dumps(other))) == [
        '$[1]: recorded nothing, asked {"call":"7","role":"tool"}',
        '$[1].content: recorded "Grüezi", asked "Hallo"',
    ]


def test_long_values_are_cut_around_the_first_difference() -> None:
    """Both sides begin at the same place, and the marks stand outside the quotes."""
    text = "word " * 100
    [line] = told(form(json.dumps({"a": text + "Bern" + text})), form(json.dumps({"a": text + "Basel" + text})))
    assert line == (
        '$.a: recorded …"rd word word word word Bernword word word word word word word word word word wor"…, '
        'asked …"rd word word word word Baselword word word word word word word word word word wo"…'
    )
    [line] = told(form(json.dumps({"a": text})), form(json.dumps({"a": "x"})))
    assert line == '$.a: recorded "' + ("word " * 16) + '"…, asked "x"'
    [line] = told(form(json.dumps({"a": [text] * 50})), form("{}"))
    assert len(line) < 130


@pytest.mark.parametrize(
    ("recorded", "asked", "lines"),
    [
        (form(), form(identity="api.example.com"), ["host: recorded api, asked api.example.com"]),
        (form(), form(method="get"), ["method: recorded POST, asked GET"]),
        (form(target="/a%2fb"), form(target="/a/b"), ["path: recorded /a%2Fb, asked /a/b"]),
        (
            form(target="/?limit=5&q=a+b&tag=x&tag=y&tag=y"),
            form(target="/?limit=6&new&tag=y"),
            [
                'query limit: recorded "5", asked "6"',
                'query new: recorded nothing, asked ""',
                'query q: recorded "a b", asked nothing',
                'query tag: recorded "x", asked nothing',
                'query tag: recorded "y", asked nothing',
            ],
        ),
        (form(target="/?odd+name=%FF"), form(target="/"), ['query "odd name": recorded "\\xff", asked nothing']),
        (
            form(headers=((b"X-Tenant", b"one"),)),
            form(headers=((b"x-tenant", b"two"),)),
            ['header x-tenant: recorded "one", asked "two"'],
        ),
        (
            form(headers=((b"X-Tenant", b"one"), (b"X-Tenant", b"two"))),
            form(headers=((b"X-Tenant", b"two"), (b"X-Tenant", b"one"))),
            ['header x-tenant: recorded "one", "two", asked "two", "one"'],
        ),
        (
            form("user=a&pin=1", FORM),
            form("user=b&pin=1&go", FORM),
            ['form field go: recorded nothing, asked ""', 'form field user: recorded "a", asked "b"'],
        ),
        (form(), form('{"a":1}'), ['body: recorded nothing, asked json {"a":1}']),
        (form('{"a":1}'), form("a=1", FORM), ['body: recorded json {"a":1}, asked form a=1']),
        (form("a\nb\xff", b"text/plain"), form(), ['body: recorded 5 bytes: "a\\nbÿ", asked nothing']),
        (form(b"abc"), form(b"abd"), ['body at byte 2: recorded 3 bytes: "abc", asked 3 bytes: "abd"']),
        (form(b"abc"), form(b"ab"), ['body at byte 2: recorded 3 bytes: "abc", asked 2 bytes: "ab"']),
        (
            form(b"\x00" * 100 + b"\xff" + b"x" * 100),
            form(b"\x00" * 100),
            [
                'body at byte 100: recorded 201 bytes: …"' + "\\u0000" * 24 + "\\xff" + "x" * 55 + '"…, '
                'asked 100 bytes: …"' + "\\u0000" * 24 + '"'
            ],
        ),
    ],
)
def test_every_part_of_a_request_is_told(recorded: Canonical, asked: Canonical, lines: list[str]) -> None:
    """Host, method, path, query, headers, form fields, kinds of body, bytes with sizes and the first difference."""
    assert told(recorded, asked) == lines


def multipart(*parts: tuple[str, str, str]) -> Canonical:
    """A multipart request of (name, content type, content)."""
    text = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\nContent-Type: {kind}\r\n\r\n{content}\r\n'
        for name, kind, content in parts
    )
    return form(text + "--b--\r\n", b"multipart/form-data; boundary=b")


def test_multipart_differs_by_part() -> None:
    """Parts of one name in turn: their content, their headers, their absence, at last their order."""
    schema, file, more = ("schema", "application/json", "{}"), ("file", "text/plain", "hello"), ("file", "a/b", "")
    assert told(multipart(schema, file), multipart(("file", "text/csv", "hollo"))) == [
        'part "schema": recorded 2 bytes (BLAKE2b 2afb9b83…), asked nothing',
        'part "file" content: recorded 5 bytes (BLAKE2b 46fb7408…), asked 5 bytes (BLAKE2b 0131fcf9…)',
        'part "file" header content-type: recorded "text/plain", asked "text/csv"',
    ]
    assert told(multipart(file), multipart(file, more)) == [
        'part "file" #2: recorded nothing, asked 0 bytes (BLAKE2b cae66941…)'
    ]
    assert told(multipart(schema, file), multipart(file, schema)) == [
        'order of parts: recorded "schema", "file", asked "file", "schema"'
    ]
    assert told(multipart(schema), form()) == ["body: recorded multipart of 1 part, asked nothing"]


def test_the_order_is_fixed_and_the_limit_kept() -> None:
    """Host, method, path, query, headers, body; the first ones survive the limit."""
    recorded = form('{"a":1}', target="/a?q=1", headers=((b"x-tenant", b"1"),))
    asked = form('{"a":2}', target="/b?q=2", method="PUT", identity="x", headers=((b"x-tenant", b"2"),))
    wheres = [difference.where for difference in differences(recorded, asked)]
    assert wheres == ["host", "method", "path", "query q", "header x-tenant", "$.a"]
    assert [difference.where for difference in differences(recorded, asked, 2)] == wheres[:2]
    assert differences(recorded, asked, 0) == []
    many = form(json.dumps({str(n): n for n in range(100)}))
    assert len(differences(many, form("{}"))) == 20
    assert len(differences(many, form("{}"), 1000)) == 100
