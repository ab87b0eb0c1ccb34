"""The keys of some requests, for good: cassettes hold such keys."""

from __future__ import annotations

import pytest

from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.matching import match_key
from wiretape.proxy.decide.rules import NO_RULES, Rules
from wiretape.store.interaction import Headers, Request

JSON = b"application/json"
FORM = b"application/x-www-form-urlencoded"
SDK_5 = '{"inputs":[{"role":"user","content":"Hello!"}],"organization_id":"org_1","model":"gpt-4o"}'
SDK_5_STREAM = '{"inputs":[{"role":"user","content":"Hello!"}],"stream":true}'
FREDDY = (
    '{"model": "gpt-4.1", "inputs": [{"role": "user", "texts": [{"text": "Hello!"}]}], "stream": false, '
    '"organizationId": "org_1", "threadId": "thread_1", "maxTokens": 5}'
)
UPLOAD = (
    b'--q\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nvector_store\r\n'
    b'--q\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n'
    b"Content-Type: text/plain\r\n\r\nhello\r\n--q--\r\n"
)
GOLDEN = {
    "get": ("GET", "/v1/models", b"", b""),
    "query": ("GET", "/v1/%6Dodels?limit=5&q=Gr%C3%BCezi+wohl&q=%FF&flag", b"", b""),
    "path": ("DELETE", "/v1/files/Grüezi%2fa%7e", b"", b""),
    "sdk": ("POST", "/v1/model/response", JSON, SDK_5.encode()),
    "stream": ("POST", "/v1/model/response", JSON, SDK_5_STREAM.encode()),
    "freddy": ("POST", "/v1/model/response", JSON, FREDDY.encode()),
    "numbers": ("POST", "/", JSON, b"[0,-0.0,1.0,-12e-1,0.10,1e19,1e20,5e-324,123456.789,-9223372036854775808]"),
    "strings": ("POST", "/", JSON, '{"é":"\\u0000\\u001f\\n\\"/\\\\\x7f","a":"😀\\ud83d\\ude00\u2028"}'.encode()),
    "inexact": ("POST", "/", JSON, b'{"id": 18446744073709551616}'),
    "form": ("POST", "/v1/login", FORM, b"b=2+3&a=%C3%BC%FF~/&c"),
    "multipart": ("POST", "/v1/files", b"multipart/form-data; boundary=q", UPLOAD),
    "bytes": ("PUT", "/v1/items", b"application/octet-stream", bytes(range(256))),
}
GOLDEN_KEYS = {
    "get": "k1:cfb5b0baed3a3876a5da9eb8d5ce8686",
    "query": "k1:d6f91919e19be15996df48e72b5e93db",
    "path": "k1:aa9230f1a0c27c8090ed3f21a05e8f15",
    "sdk": "k1:0120954074d46185e06a64b8504676c5",
    "stream": "k1:9e622c668153053dcab6f3cfb095a14e",
    "freddy": "k1:a4e74b296812cafa647ecdd6dd8de4c3",
    "numbers": "k1:e780c0eeb4f40e072b221fcfc9742f79",
    "strings": "k1:e937b46ee0bd2af566e18fc276c09d07",
    "inexact": "k1:e0bae7b611b26c251d97a56b01393aa1",
    "form": "k1:5c1a5cc53df72b90617b456a6fcad5a0",
    "multipart": "k1:6447f00cfb9e88221fc10f67f67fdb8e",
    "bytes": "k1:460789c0ff5fcad7c74dc1dc8e3b6d2d",
}


def key(
    method: str, target: str, content_type: bytes, body: bytes, *, headers: Headers = (), rules: Rules = NO_RULES
) -> str:
    """The key of a request."""
    sent = ((b"Content-Type", content_type), *headers)
    asked = Request(method=method, scheme="https", host="h", port=443, target=target, headers=sent, body=body)
    return match_key(canonical(asked, "api", rules))


@pytest.mark.parametrize("name", GOLDEN)
def test_keys_are_a_contract(name: str) -> None:
    """Cassettes hold these keys: a change of the canonical form needs a new tag, not new numbers here."""
    assert key(*GOLDEN[name]) == GOLDEN_KEYS[name]


def test_rules_are_part_of_the_contract() -> None:
    """So is what they take out and let in."""
    rules = Rules(("$.inputs[*].id", "$..trace"), ("ts",), ("x-tenant",))
    found = key(
        "POST",
        "/v1/model/response?ts=1&a=2",
        JSON,
        b'{"inputs":[{"id":1,"content":"x"}],"metadata":{"trace":2}}',
        headers=((b"X-Tenant", b" t1 "),),
        rules=rules,
    )
    assert found == "k1:0d3fdee491934b5030220a516147b8e1"
