"""Texts that are no cassettes: what is secret in them is found, what only shows how is not."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from wiretape.proxy.decide.redact import RedactRules
from wiretape.proxy.scan.allowing import Allowed
from wiretape.proxy.scan.exports import scan_text
from wiretape.store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.proxy.scan.conftest import Planter
    from wiretape.proxy.scan.finding import Finding

SEEDS = Path(__file__).parents[2] / "store" / "aitronos" / "seeds"


def scan(text: str | bytes) -> list[Finding]:
    data = text.encode() if isinstance(text, str) else text
    return scan_text("x", data, Allowed(), (), RedactRules()).findings


def har(secret: str) -> str:
    request = {
        "url": "https://api.aitronos.com/v1/x",
        "headers": [{"name": "Accept", "value": "*/*"}, {"name": "X-API-Key", "value": secret}],
        "cookies": [],
    }
    return json.dumps({"log": {"entries": [{"request": request}]}}, indent=2)


TEXTS: dict[str, tuple[Callable[[str], str], str]] = {
    "HAR header": (har, "$.log.entries[0].request.headers[1] X-API-Key"),
    "HAR cookie": (
        lambda s: json.dumps({"request": {"cookies": [{"name": "sid", "value": s}]}}),
        "$.request.cookies[0] sid",
    ),
    "HAR parameter": (
        lambda s: json.dumps({"queryString": [{"name": "access_token", "value": s}]}),
        "$.queryString[0] access_token",
    ),
    "HAR URL": (lambda s: json.dumps({"url": f"https://x.example/a?api_key={s}&b=1"}), "$.url"),
    "JSON in a string": (lambda s: json.dumps({"text": json.dumps({"password": s})}), "$.text"),
    "JSON in base64": (
        lambda s: json.dumps({"body": base64.b64encode(json.dumps({"client_secret": s}).encode()).decode()}),
        "$.body (base64)",
    ),
    "pairs": (lambda s: json.dumps({"headers_": [["Accept", "a"], ["x-api-key", s]]}), "$.headers_[1][1]"),
    "lists under names": (lambda s: json.dumps({"request": {"X-Api-Key": [s]}}), "$.request.X-Api-Key[0]"),
    "JSON lines": (lambda s: '{"a": 1}\n' + json.dumps({"b": {"api_key": s}}) + "\n", "line 2"),
    "YAML": (lambda s: f"request:\n  headers:\n    X-API-Key:\n    - {s}\n    Accept: ['*/*']\n", "line 4"),
    "YAML body": (lambda s: 'body:\n  string: \'{"token": "' + s + "\"}'\n", "line 2"),
    "log": (lambda s: f"12:00 INFO > GET /v1/x\n12:00 DEBUG Authorization: Bearer {s}\n", "line 2"),
    "curl": (lambda s: f"curl -s https://x.example -H 'X-API-Key: {s}' -d @file\n", "line 1"),
    "environment": (lambda s: f"A=1\nAITRONOS_CLIENT_SECRET={s}\n", "line 2"),
    "assignment": (lambda s: f'a = 1\napi_key = "{s}"\n', "line 2"),
    "private key": (lambda s: f"x\n-----BEGIN RSA PRIVATE KEY-----\n{s}{s}\n-----END RSA PRIVATE KEY-----\n", "line 2"),
    "key by its form": (lambda s: f"I use sk-{s} here.", "line 1"),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_a_secret_is_found_in_its_place(kind: str, planter: Planter) -> None:
    """Whatever the file is; no word of the report tells it."""
    build, place = TEXTS[kind]
    secret = planter.secret(kind, 40)
    found = scan(build(secret))
    assert place in {one.place.strip() for one in found}
    report = msgspec.json.encode(found).decode()
    assert secret[:8] not in report
    assert base64.b64encode(secret.encode())[:12].decode() not in report


@pytest.mark.parametrize(
    "text",
    [
        "Send `X-API-Key: YOUR_API_KEY` or `Authorization: Bearer <token>`.",
        'curl -H "X-API-Key: $AITRONOS_API_KEY" -H "Authorization: Bearer ${TOKEN}"',
        '{"api_key": "your-api-key-here", "password": "changeme"}',
        "token: string, the token of a page\nsecret: true\npassword = None\n",
        "api_key = os.environ['AITRONOS_API_KEY']\n",
        "password: REDACTED-password-3\nAuthorization: Bearer REDACTED-token-1\n",
        "The secret: nobody knows. Cookie: a small cake.",
        '{"headers": {"Authorization": "REDACTED-token-1", "Date": "Fri, 02 Jan 2026 03:04:05 GMT"}}',
        'httpx.Client(headers={"X-API-Key": os.environ.get("AITRONOS_API_KEY", "ak_none")})',
        "GET /v1/files/download?token={token}&api_key=abc",
    ],
)
def test_what_only_shows_how_is_none(text: str) -> None:
    """Examples, names of variables, placeholders, sentences."""
    assert scan(text) == []


@pytest.mark.parametrize("path", sorted(SEEDS.iterdir()), ids=lambda path: path.name)
def test_answers_as_they_are_documented(path: Path) -> None:
    """No false alarm."""
    assert scan(path.read_bytes()) == []


def test_utf_16_is_a_text_too(planter: Planter) -> None:
    """As some programs export."""
    secret = planter.secret("wide")
    assert [one.length for one in scan(json.dumps({"api_key": secret}).encode("utf-16"))] == [30]


def test_what_is_no_text_is_refused() -> None:
    """Nobody could say that there is nothing in it."""
    with pytest.raises(UsageError, match="x is neither a cassette nor a text"):
        scan(b"\x89PNG\x00\x00\x00")
