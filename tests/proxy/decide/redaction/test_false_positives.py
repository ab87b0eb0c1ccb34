"""What only looks secret stays: answers of every kind that the API has, and the pages that tell about it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from wiretape.proxy.decide.redact import RedactRules
from wiretape.proxy.decide.redaction.vocabulary import folded, vocabulary
from wiretape.store.aitronos import secrets
from wiretape.store.interaction import Request

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

WORDS = vocabulary(RedactRules())


def without_secrets(value: Any, found: set[str], extra: frozenset[str]) -> Any:
    """*value* without its secret fields, whose names go into *found*."""
    if isinstance(value, list):
        return [without_secrets(one, found, extra) for one in value]  # pyright: ignore[reportUnknownVariableType]
    if not isinstance(value, dict):
        return value
    kept: dict[str, Any] = {}
    for name, one in value.items():  # pyright: ignore[reportUnknownVariableType]
        if folded(str(name)) in WORDS.fields or folded(str(name)) in WORDS.objects or name in extra:  # pyright: ignore[reportUnknownArgumentType]
            found.add(str(name))  # pyright: ignore[reportUnknownArgumentType]
        else:
            kept[name] = without_secrets(one, found, extra)
    return kept


def test_answers_of_the_sdks_models(redact: Callable[..., bytes], sdk_models: ModuleType) -> None:
    """Every typed operation with all its fields, but for those that are secrets: no byte changes."""
    found: set[str] = set()
    for number, operation in enumerate(sdk_models.TYPED):
        path = operation.template.replace("{", "the_").replace("}", "")
        extra = [
            rule
            for rule in secrets.SECRET_ANSWERS
            if (rule.method, rule.template) == (operation.method, operation.template)
        ]
        names = frozenset(name for rule in extra for name in rule.fields)
        told = without_secrets(json.loads(sdk_models._body(operation, number, 1.0)), found, names)
        asked = Request(method=operation.method, scheme="https", host="h", port=443, target=path)
        for body in (json.dumps(told).encode(), json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()):
            assert redact([body], asked=asked) == body
            framed = b"data: " + body + b"\n\n"
            assert redact([framed], b"text/event-stream", asked=asked) == framed
    # No name in a list of secrets is a plain word of the API's.
    assert found <= {
        "access_token",
        "api_key",
        "authorization",
        "bootstrap_token",
        "credentials",
        "device_token",
        "email_key",
        "extra_headers",
        "headers",
        "id_token",
        "key",
        "new_key",
        "new_secret",
        "password",
        "query_params",
        "refresh_token",
        "secret",
        "state_token",
        "token",
        "trust_token_preview",
        "undo_token",
        "code_verifier",
    }, found


@pytest.mark.parametrize(
    "body",
    [
        b'{"usage":{"input_tokens":5,"output_tokens":7,"total_tokens":12},"max_tokens":100,"maxTokens":1}',
        b'{"object":"list","next_cursor":"eyJpZCI6MTIzfQ","data":[{"id":"ak_0123456789ab","key_prefix":"oak_live_a1b2"}]}',
        b'{"key_name":"my key","token_type":"bearer","expires_in":3600,"model_key":"gpt-4o","tool_key":"web_search"}',
        b'{"choices":[{"logprobs":{"content":[{"token":"Hello","logprob":-0.1,"top_logprobs":[{"token":"Hi"}]}]}}]}',
        b'{"parameters":{"type":"object","properties":{"password":{"type":"string"},"headers":{"type":"object"}}}}',
        b'{"headers":["name","street"],"rows":[["a","b"]]}',
        b'{"tools":[{"headers":{"Content-Type":"application/json","Accept":"text/html"}}]}',
        b'{"token":null,"password":"","secret":false,"api_key":[],"credentials":{},"token_count":7}',
        b'{"url":"https://api.aitronos.com/v1/files?page=2&limit=5&tokens=7&code=abc"}',
        b'{"text":"a password is a secret; your token: none. ask-me_anything-about-it, risk-0123456789abcdef0123"}',
        b'{"verification":"code","state":"open","code":"X1","status":{"code":404}}',
        b'{"price":1.50,"big":12345678901234567890,"e":1E5,"u":"\\u00e9\\ud83d\\ude00\\/"}',
    ],
)
def test_what_only_looks_secret(redact: Callable[..., bytes], body: bytes) -> None:
    """Counts, cursors, prefixes, ids of key objects, schemas, words."""
    assert redact([body]) == body
    assert redact([body], b"text/plain") == body
