"""A fresh secret in every place that a cassette has for one is found, in its place, and never shown."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from wiretape.proxy.decide.redact import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.proxy.scan.conftest import Exchange, Planter

JSON = (b"Content-Type", b"application/json")
STREAM = (b"Content-Type", b"text/event-stream")
FORM = (b"Content-Type", b"application/x-www-form-urlencoded")
TEXT = (b"Content-Type", b"text/plain; charset=utf-8")
PARTS = (b"Content-Type", b"multipart/form-data; boundary=bOuNd")


def packed(name: str) -> tuple[bytes, bytes]:
    return (b"Content-Encoding", name.encode())


def deep(secret: str) -> bytes:
    return json.dumps({"list": [{"id": "x"}, {"login": {"access_token": secret, "max_tokens": 5}}]}).encode()


def stream(secret: str) -> tuple[bytes, ...]:
    """Events, of which the third one holds a secret that came in two chunks."""
    events = [{"delta": "a"}, {"delta": "b"}, {"user": {"api_key": secret}}, {"delta": "c"}]
    text = "".join(f"id: {n}\ndata: {json.dumps(event)}\n\n" for n, event in enumerate(events)).encode()
    cut = text.index(secret.encode()) + 5
    return text[:cut], text[cut:]


def parts(secret: str) -> bytes:
    lines = ["--bOuNd", 'Content-Disposition: form-data; name="password"', "", secret, "--bOuNd"]
    lines += ['Content-Disposition: form-data; name="meta"', "Content-Type: application/json", ""]
    lines += ['{"a": {"client_secret": "' + secret[::-1] + '"}}', "--bOuNd--", ""]
    return "\r\n".join(lines).encode()


def jwt(secret: str) -> str:
    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'HS256'})}.{part({'sub': 'u', 'exp': 1})}.{secret}"


PLACES: dict[str, tuple[dict[str, Any] | Callable[[str], dict[str, Any]], str]] = {
    "request header": (lambda s: {"headers": ((b"X-API-Key", s.encode()),)}, "request header X-API-Key"),
    "bearer": (lambda s: {"headers": ((b"authorization", b"Bearer " + s.encode()),)}, "request header authorization"),
    "cookie": (
        lambda s: {"headers": ((b"Cookie", b"a=REDACTED-cookie-1; sid=" + s.encode()),)},
        "request header Cookie",
    ),
    "set-cookie": (lambda s: {"answer": ((b"Set-Cookie", f"sid={s}; Path=/".encode()),)}, "response header Set-Cookie"),
    "location": (lambda s: {"answer": ((b"Location", f"/x?token={s}".encode()),)}, "response header Location"),
    "trailer": (lambda s: {"trailers": ((b"X-Auth-Token", s.encode()),)}, "response trailer X-Auth-Token"),
    "query": (lambda s: {"target": f"/v1/x?limit=3&api_key={s}"}, "request target ?api_key"),
    "path": (lambda s: {"target": f"/v1/files/s/{s}/report.pdf"}, "request target path"),
    "request JSON": (lambda s: {"body": deep(s)}, "request body $.list[1].login.access_token"),
    "response JSON": (lambda s: {"chunks": (deep(s),)}, "response body $.list[1].login.access_token"),
    "JSON in JSON": (
        lambda s: {"body": json.dumps({"arguments": json.dumps({"password": s})}).encode()},
        "request body $.arguments",
    ),
    "gzip": (
        lambda s: {"answer": (JSON, packed("gzip")), "chunks": (gzip.compress(deep(s)),)},
        "response body $.list[1].login.access_token",
    ),
    "deflate": (
        lambda s: {"answer": (JSON, packed("deflate")), "chunks": (zlib.compress(deep(s)),)},
        "response body $.list[1].login.access_token",
    ),
    "gzip request": (
        lambda s: {"headers": (JSON, packed("gzip")), "body": gzip.compress(deep(s))},
        "request body $.list[1].login.access_token",
    ),
    "gzip file": (
        lambda s: {"answer": ((b"Content-Type", b"application/gzip"),), "chunks": (gzip.compress(deep(s)),)},
        "response body (unzipped) $.list[1].login.access_token",
    ),
    "stream": (lambda s: {"answer": (STREAM,), "chunks": stream(s)}, "response body event 3 $.user.api_key"),
    "form": (lambda s: {"headers": (FORM,), "body": f"a=1&password={s}&b=2".encode()}, "request body field password"),
    "multipart": (lambda s: {"headers": (PARTS,), "body": parts(s)}, "request body part password"),
    "JSON in multipart": (
        lambda s: {"headers": (PARTS,), "body": parts(s[::-1])},
        "request body part meta $.a.client_secret",
    ),
    "private key in text": (
        lambda s: {
            "answer": (TEXT,),
            "chunks": (f"-----BEGIN PRIVATE KEY-----\n{s}{s}\n-----END PRIVATE KEY-----".encode(),),
        },
        "response body",
    ),
    "unknown field": (
        lambda s: {"body": json.dumps({"hook": {"hmac_key": s}}).encode()},
        "request body $.hook.hmac_key",
    ),
    "key by its form": (lambda s: {"body": json.dumps({"text": f"use sk-{s} now"}).encode()}, "request body $.text"),
    "JWT": (lambda s: {"answer": (TEXT,), "chunks": (jwt(s).encode(),)}, "response body"),
    "problem": (lambda s: {"problem": f"cannot reach sk-{s}"}, "interaction problem"),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_secret_is_found_in_its_place(place: str, planter: Planter, make_exchange: Callable[..., Exchange]) -> None:
    """Once, under the interaction that holds it; no word of the report tells it."""
    build, expected = PLACES[place]
    assert callable(build)
    secret = planter.secret(place)
    planter.session(make_exchange(), make_exchange(**build(secret)))
    scanned = planter.scan()
    assert ("default/2", expected) in {(one.interaction, one.place) for one in scanned.findings}
    assert {one.interaction for one in scanned.findings} == {"default/2"}
    report = msgspec.json.encode(scanned.findings).decode()
    assert secret not in report
    assert secret[:8] not in report
    assert secret[::-1][:8] not in report


@pytest.mark.parametrize("place", PLACES)
def test_what_was_redacted_is_no_find(place: str, planter: Planter, make_exchange: Callable[..., Exchange]) -> None:
    """Placeholders in the same places are none, JWTs of our own shape included."""
    build, _ = PLACES[place]
    assert callable(build)
    redactor = Redactor()
    stand_in = redactor.clean(f"sk-{planter.secret(place, 40)}").removeprefix("sk-")
    if place in ("key by its form", "problem", "private key in text"):
        pytest.skip("a placeholder with something before it is no placeholder")
    if place == "JWT":
        made = {"answer": (TEXT,), "chunks": (redactor.clean(jwt(planter.secret(place))).encode(),)}
    else:
        made = build(stand_in) if "multipart" not in place else build(stand_in)
    if "multipart" in place:
        made = {**made, "body": made["body"].replace(stand_in[::-1].encode(), stand_in.encode())}
    planter.session(make_exchange(**made))
    assert planter.scan().findings == []
