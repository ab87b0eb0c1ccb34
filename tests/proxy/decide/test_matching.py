"""Which requests are the same, and the keys that say so."""

from __future__ import annotations

import json
from itertools import combinations

import httpx
import pytest
import requests

from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.matching import match_key
from wiretape.proxy.decide.rules import NO_RULES, Rules
from wiretape.store.interaction import Headers, Request

JSON = b"application/json"
FORM = b"application/x-www-form-urlencoded"


def key(
    body: bytes | str = b"",
    content_type: bytes = JSON,
    *,
    target: str = "/v1/model/response",
    method: str = "POST",
    identity: str = "api",
    headers: Headers = (),
    rules: Rules = NO_RULES,
) -> str:
    """The key of a request."""
    raw = body.encode() if isinstance(body, str) else body
    sent = ((b"Content-Type", content_type), *headers) if content_type else headers
    return match_key(
        canonical(
            Request(method=method, scheme="https", host="h", port=443, target=target, headers=sent, body=raw),
            identity,
            rules,
        )
    )


# How the clients of the API spell one call each, as captured on the wire.
SDK_5 = '{"inputs":[{"role":"user","content":"Hello!"}],"organization_id":"org_1","model":"gpt-4o"}'
SDK_5_STREAM = '{"inputs":[{"role":"user","content":"Hello!"}],"stream":true}'
FREDDY = (
    '{"model": "gpt-4.1", "inputs": [{"role": "user", "texts": [{"text": "Hello!"}]}], "stream": false, '
    '"organizationId": "org_1", "threadId": "thread_1", "maxTokens": 5}'
)
BACKEND = (
    '{"inputs":[{"role":"user","content":"Hello!"}],"model":"gpt-4o","stream":false,"disable_rules":false,"store":true}'
)
OLD_RUN = (
    '{"organization_id": 1, "assistant_id": 2, "model": "ftg-1.5", "tool_choice": "auto", '
    '"messages": [{"content": "Hello!", "role": "user", "type": "text"}], "stream": false}'
)
LOGIN = '{"email_or_username":"u@example.com","password":"hunter2"}'
CALLS = [SDK_5, SDK_5_STREAM, SDK_5_STREAM.replace("true", "false"), FREDDY, BACKEND, OLD_RUN, LOGIN]
GREETING = {"model": "gpt-4o", "inputs": [{"role": "user", "content": "Grüezi 😀 “z'Bärn” </a>"}], "temperature": 0.70}


@pytest.mark.parametrize("call", CALLS)
def test_a_call_is_the_same_in_every_clients_spelling(call: str) -> None:
    """Compact or spaced, raw or escaped, whatever the order of keys."""
    value = json.loads(call)
    backwards = dict(reversed(value.items()))
    spellings = [
        json.dumps(value, separators=(",", ":"), ensure_ascii=False),
        json.dumps(value),
        json.dumps(backwards, indent=2),
        json.dumps(value, sort_keys=True)
        .replace("/", "\\/")
        .replace("e", "\\u0065")
        .replace("tru\\u0065", "true")
        .replace("fals\\u0065", "false"),
    ]
    assert {key(spelling) for spelling in spellings} == {key(call)}


def test_different_calls_are_different() -> None:
    """Stream or not, one more default spelled out, another client's field names: all are other requests."""
    assert len({key(call) for call in CALLS}) == len(CALLS)


def test_httpx_and_requests_spell_the_same_json_call() -> None:
    """The libraries themselves, with all the headers that they add."""

    def sent(headers: list[tuple[bytes, bytes]], body: bytes) -> str:
        return key(body, b"", headers=tuple(headers))

    modern = httpx.Request("POST", "http://h/", json=GREETING)
    classic = requests.Request("POST", "http://h/", json=GREETING).prepare()
    assert isinstance(classic.body, bytes)
    assert modern.content != classic.body
    pairs = [(name.encode(), value.encode()) for name, value in classic.headers.items()]
    assert sent(modern.headers.raw, modern.content) == sent(pairs, classic.body)
    assert sent([], json.dumps(GREETING, separators=(", ", ": ")).encode()) == sent(modern.headers.raw, modern.content)


def test_httpx_and_requests_spell_the_same_form_and_query() -> None:
    """Spaces, letters beyond ASCII and reserved characters among them, in any order."""
    data = {"b": "x y+z", "a": "ü/&=", "empty": ""}
    classic = requests.Request("POST", "http://h/s p/ü~", params=data, data=data).prepare()
    backwards = dict(reversed(data.items()))
    modern = httpx.Request("POST", "http://h/s p/ü~", params=backwards, data=backwards)
    assert isinstance(classic.body, str)
    target = modern.url.raw_path.decode()
    assert target != classic.path_url
    assert key(modern.content, FORM, target=target) == key(classic.body, FORM, target=classic.path_url)


@pytest.mark.parametrize(
    ("body", "same"),
    [
        (
            '{"a":1,"b":[true,null]}',
            ['{"b":[true,null],"a":1}', ' {"a": 1.0, "b": [ true , null ] }\n', '{"a":1e0,"b":[true,null]}'],
        ),
        ('{"t":0.7}', ['{"t":0.70}', '{"t":7e-1}']),
        ('{"q":"Zürich"}', ['{"q":"Z\\u00fcrich"}', '{"q":"Z\\u00FCrich"}', '{"\\u0071":"Zürich"}']),
        ("[]", ["[ ]", "\r\n[]\r\n"]),
    ],
)
def test_respelled_json_is_the_same(body: str, same: list[str]) -> None:
    """Under every content type, since some clients send JSON under the wrong one."""
    spelled = {
        key(other, kind) for other in [body, *same] for kind in (JSON, FORM, b"text/plain", b"", b"application/x+json")
    }
    assert spelled == {key(body)}


NEAR_BODIES = [
    '{"inputs":[{"role":"user","content":"Hi"}],"stream":true}',
    '{"inputs":[{"role":"user","content":"Hi"}],"stream":false}',
    '{"inputs":[{"role":"user","content":"Hi"}],"stream":null}',
    '{"inputs":[{"role":"user","content":"Hi"}],"stream":1}',
    '{"inputs":[{"role":"user","content":"Hi"}],"stream":"true"}',
    '{"inputs":[{"role":"user","content":"Hi"}]}',
    '{"inputs":[{"role":"user","content":"Hi "}]}',
    '{"inputs":[{"role":"user","content":"hi"}]}',
    '{"inputs":[{"role":"user","content":""}]}',
    '{"inputs":[{"role":"user","content":null}]}',
    '{"inputs":[{"role":"user","content":["Hi"]}]}',
    '{"inputs":[{"role":"user"}]}',
    '{"inputs":{"role":"user","content":"Hi"}}',
    '{"inputs":[]}',
    '{"inputs":null}',
    "{}",
    "[]",
    '{"inputs":[{"role":"user","content":"Hi"},{"role":"user","content":"Ho"}]}',
    '{"inputs":[{"role":"user","content":"Ho"},{"role":"user","content":"Hi"}]}',
    '{"inputs":[{"role":"user","content":"Hi"},{"role":"user","content":"Hi"}]}',
    '{"inputs":[{"role":"user","content":"Hi"}],"skill_ids":[]}',
    '{"inputs":[{"role":"user","content":"Hi"}],"metadata":{}}',
    '{"id":1}',
    '{"id":"1"}',
    '{"id":1.5}',
    '{"id":10}',
    '{"id":true}',
    '{"id":18446744073709551615}',
    '{"id":18446744073709551616}',
    '{"id":18446744073709551617}',
    '{"id":1e400}',
    '{"id":2e400}',
    '{"id":0.1}',
    '{"id":0.1000000000000000055511151231257827}',
    '{"id":1,"id":2}',
    '{"id":2,"id":2}',
    '{"id":2}',
    '{"id":"\\ud800"}',
    '{"id":"\\ud801"}',
    '{"id":NaN}',
    '{"id":-Infinity}',
    "",
    " ",
    "null",
    '""',
    "0",
    "[" * 300 + "]" * 300,
    "[" * 301 + "]" * 301,
]


def test_near_identical_bodies_are_different() -> None:
    """Absent, null, empty, false, zero; integers and strings; order; and what no decoder holds: all differ."""
    for one, other in combinations(NEAR_BODIES, 2):
        assert key(one) != key(other), (one, other)
    for body in NEAR_BODIES:
        assert key(body) == key(body)


def test_near_identical_requests_are_different() -> None:
    """Each part of a request counts, and none can pass for its neighbour."""
    keys = [
        key(),
        key(method="GET"),
        key(method="PUT"),
        key(identity="api.example.com"),
        key(identity=""),
        key(target="/v1/model/responses"),
        key(target="/v1/model/response/"),
        key(target="/v1/Model/response"),
        key(target="/v1/model%2Fresponse"),
        key(target="/v1/x/../model/response"),
        key(target="//v1/model/response"),
        key(target="/v1/model/response?a=1"),
        key(target="/v1/model/response?a=2"),
        key(target="/v1/model/response?A=1"),
        key(target="/v1/model/response?a"),
        key(target="/v1/model/response?a=1&a=1"),
        key(target="/v1/model/response?a=1&b="),
        key(target="/v1/model/response?a=1%26b="),
        key(target="/v1/model/response?a%3D1"),
        key(target="/v1/model/response?a=%FF"),
        key(target="/v1/model/response?a=%FE"),
        key(target="/v1/model/response?a=%C3%BF"),
        key(target="/v1/model/response%3Fa=1"),
        key("a=1", FORM),
        key("a=1", b"text/plain"),
        key("a=1&b=2", FORM),
        key("a=1%26b=2", FORM),
        key("a=1+b", FORM),
        key("a=1%2Bb", FORM),
        key(b"a=\xff", FORM),
        key(b"a=\xc3\xbf", FORM),
        key(b"\x00"),
        key(b"\x00\x00"),
        key(headers=((b"x-a", b"1"),), rules=Rules(headers=("x-a",))),
        key(headers=((b"x-a", b"2"),), rules=Rules(headers=("x-a",))),
        key(headers=((b"x-a", b"1"), (b"x-a", b"2")), rules=Rules(headers=("x-a",))),
        key(headers=((b"x-a", b"2"), (b"x-a", b"1")), rules=Rules(headers=("x-a",))),
        key(headers=((b"x-a", b""),), rules=Rules(headers=("x-a",))),
    ]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    ("target", "same"),
    [
        ("/files/Gr%C3%BCezi%20%7Ea", ["/files/Gr%c3%bcezi%20~a", "/files/Grüezi ~%61"]),
        ("/l?limit=5&skip=0", ["/l?skip=0&limit=5", "/l?%73kip=0&&limit=%35&", "/l?skip=0&limit=5&"]),
        ("/l?q=a%20b&x", ["/l?x=&q=a+b", "/l?q=a+b&x"]),
        ("/l", ["/l?", "/l?&"]),
    ],
)
def test_respelled_targets_are_the_same(target: str, same: list[str]) -> None:
    """Percent-encoding and the order of the query are spelling."""
    assert {key(target=other) for other in same} == {key(target=target)}


def test_transport_headers_do_not_count() -> None:
    """Nor do credentials, the client's name or the kernel it runs on."""
    headers = (
        (b"Host", b"127.0.0.1:33855"),
        (b"User-Agent", b"aitronos/4.5.8"),
        (b"X-Fern-Platform", b"linux/6.18.44"),
        (b"x-api-key", b"ak_test_key"),
        (b"Content-Length", b"90"),
    )
    assert key(SDK_5, headers=headers) == key(SDK_5)
