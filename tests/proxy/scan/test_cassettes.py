"""A fresh secret in every place that a cassette has for one is found, in its place, and never shown."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import random
import sqlite3
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from wiretape.proxy.decide.redact import RedactRules
from wiretape.proxy.decide.redaction.rules import Replacement, Where
from wiretape.proxy.scan import stored
from wiretape.proxy.scan.allowing import Allowed, new_baseline, read_baseline, write_baseline
from wiretape.proxy.scan.cassettes import CassetteScan
from wiretape.proxy.scrubbing import Scrub

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.proxy.scan.conftest import Exchange, Planter

AT = "2026-01-02T03:04:05.000006Z"
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


PLACES: dict[str, tuple[Callable[[str], dict[str, Any]], str]] = {
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
    "key behind an escape": (
        lambda s: {"body": json.dumps({"text": f"it is\nsk-{s}\n"}).encode()},
        "request body $.text",
    ),
    "JWT": (lambda s: {"answer": (TEXT,), "chunks": (jwt(s).encode(),)}, "response body"),
    "problem": (lambda s: {"problem": f"cannot reach sk-{s}"}, "interaction problem"),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_secret_is_found_in_its_place(place: str, planter: Planter, make_exchange: Callable[..., Exchange]) -> None:
    """Once, under the interaction that holds it; no word of the report tells it."""
    build, expected = PLACES[place]
    secret = planter.secret(place)
    planter.session(make_exchange(), make_exchange(**build(secret)))
    scanned = planter.scan()
    assert ("default/2", expected) in {(one.interaction, one.place) for one in scanned.findings}
    assert {one.interaction for one in scanned.findings} == {"default/2"}
    report = msgspec.json.encode(scanned.findings).decode()
    assert secret not in report
    assert secret[:8] not in report
    assert secret[::-1][:8] not in report


@pytest.mark.parametrize("place", [place for place in PLACES if place != "gzip file"])
def test_a_placeholder_in_its_place_is_no_find(
    place: str, planter: Planter, make_exchange: Callable[..., Exchange]
) -> None:
    """After a scrub nothing is found any more, and no byte of the secret is in the file."""
    build, _ = PLACES[place]
    secret = planter.secret(place)
    planter.session(make_exchange(**build(secret)))
    done = Scrub(planter.path, (), RedactRules(), Allowed()).run()
    assert done.replaced
    assert planter.scan().findings == []
    assert secret.encode() not in planter.path.read_bytes()


def test_what_cannot_be_mended_is_told(planter: Planter, make_exchange: Callable[..., Exchange]) -> None:
    """A file that is compressed itself is stored as it was sent; its secrets are left over, and said to be."""
    build, place = PLACES["gzip file"]
    planter.session(make_exchange(**build(planter.secret("file"))))
    done = Scrub(planter.path, (), RedactRules(), Allowed()).run()
    assert done.replaced == []
    assert [one.place for one in done.left] == [place]


@pytest.mark.parametrize("seed", range(8))
def test_many_at_once(seed: int, planter: Planter, make_exchange: Callable[..., Exchange]) -> None:
    """Places drawn at random, in sessions drawn at random: each finding names the interaction that holds it."""
    rng = random.Random(seed)
    expected: set[tuple[str, str]] = set()
    for session in ("a", "b/c", "d e"):
        made: list[Exchange] = []
        for place in rng.choices(list(PLACES), k=rng.randint(1, 5)):
            build, told = PLACES[place]
            made.append(make_exchange(**build(planter.secret((seed, session, len(made), place)))))
            expected.add((f"{session}/{len(made)}", told))
        planter.session(*made, name=session)
    found = {(one.interaction, one.place) for one in planter.scan().findings}
    assert expected <= found
    assert {interaction for interaction, _ in expected} == {interaction for interaction, _ in found}


def test_a_secret_is_found_wherever_else_it_stands(planter: Planter, make_exchange: Callable[..., Exchange]) -> None:
    """In another session, before it was shown to be one, in base64, and in what was understood of the answer."""
    secret = planter.secret("spread")
    inner = base64.b64encode(f"x{secret}y".encode()).decode()
    ask = {"inputs": [{"role": "user", "content": f"my key is {secret}"}]}
    told = {"success": True, "thread_id": "thrd_1", "response": [{"type": "text", "text": f"yes, {secret}"}]}
    planter.session(
        make_exchange(target="/v1/model/response", body=json.dumps(ask).encode(), chunks=(json.dumps(told).encode(),)),
        make_exchange(body=json.dumps({"data": inner}).encode()),
    )
    planter.session(make_exchange(headers=((b"X-API-Key", secret.encode()),)), name="later")
    found = {(one.interaction, one.place) for one in planter.scan().findings}
    assert ("default/1", "request body $.inputs[0].content") in found
    assert ("default/1", "response body $.response[0].text") in found
    assert ("default/1", "reading text") in found
    assert ("default/1", "full text prompt") in found
    assert ("default/2", "request body $.data") in found
    assert ("later/1", "request header X-API-Key") in found
    assert {place for interaction, place in found if interaction is None} == {"full-text index"}


def test_what_a_body_repeats_is_told_for_each_interaction(
    planter: Planter, make_exchange: Callable[..., Exchange]
) -> None:
    """Bodies are stored once, and are in every interaction that has them."""
    body = json.dumps({"access_token": planter.secret("same")}).encode()
    planter.session(*[make_exchange(chunks=(body,)) for _ in range(3)])
    found = planter.scan().findings
    assert [one.interaction for one in found] == ["default/1", "default/2", "default/3"]


def test_sessions_of_every_state_are_looked_through(planter: Planter, make_exchange: Callable[..., Exchange]) -> None:
    """One that is being recorded, with what is in the WAL only, and one whose end never came."""
    secret = planter.secret("state")
    writer = planter.session(make_exchange(body=deep(secret)), open_end=True)
    found = {(one.interaction, one.place) for one in planter.scan().findings}
    assert ("default/1", "request body $.list[1].login.access_token") in found
    assert (None, "bytes of -wal") in found
    writer.end(AT, "broken off")
    assert {one.interaction for one in planter.scan().findings} == {"default/1"}


def test_freed_pages_are_looked_through(planter: Planter, make_exchange: Callable[..., Exchange]) -> None:
    """What was deleted by a program that leaves the bytes is found by its place, its form, and as a header."""
    secrets = [planter.secret(n) for n in range(3)]
    headers = ((b"X-API-Key", secrets[0].encode()), (b"X-Filler", b"x" * 9000))
    body = json.dumps({"password": secrets[1], "text": f"sk-{secrets[2]} ", "filler": "y" * 9000}).encode()
    planter.session(make_exchange(headers=headers, body=body), make_exchange())
    with contextlib.closing(sqlite3.connect(planter.path)) as connection, connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("UPDATE interaction SET request_body_id = NULL, request_headers = '[]', request_bytes = 0")
        connection.execute("DELETE FROM piece")
        connection.execute("DELETE FROM body")
    raw = planter.path.read_bytes()
    assert all(secret.encode() in raw for secret in secrets)
    found = planter.scan().findings
    assert {one.place for one in found} == {"freed pages"}
    assert sorted(one.length for one in found) == [30, 30, 33]
    done = Scrub(planter.path, (), RedactRules(), Allowed()).run()
    assert len(done.replaced) == 3
    raw = planter.path.read_bytes()
    assert not any(secret.encode() in raw for secret in secrets)


def test_ids_and_cursors_are_no_secrets(planter: Planter, make_exchange: Callable[..., Exchange]) -> None:
    """Nor digests, counts, hints, and what the API calls a key or a token without meaning one."""
    digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    body = {
        "response_id": "resp_8f3kZ0aQ1mN5xR7tB2cD4eF6",
        "thread_id": "thrd_8f3kZ0aQ1mN5xR7tB2cD4eF6",
        "id": "3f2b8c1e-9a4d-4c1b-8f6e-2d7a5b9c0e1f",
        "token_id": "3f2b8c1e-9a4d-4c1b-8f6e-2d7a5b9c0e1f",
        "next_page_token": "eyAib2Zmc2V0IjogMTIzNDU2Nzg5MCB9abcXYZ0123",
        "next_cursor": "Y3Vyc29yOjEyMzQ1Njc4OTBhYmNkZWY",
        "idempotency_key": "8f3kZ0aQ1mN5xR7tB2cD4eF68f3kZ0aQ1mN5",
        "cache_key": digest,
        "sha256": digest,
        "etag": f'"{digest}"',
        "public_key": "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A0123456789",
        "model_key": "gpt-4o-2024-08-06-preview-0123456789",
        "key_prefix": "oak_live_a1b2",
        "usage": {"input_tokens": 1234567890123, "max_tokens": 20},
        "logprobs": {"content": [{"token": " Paris", "logprob": -0.1}]},
        "tools": [{"parameters": {"properties": {"password": {"type": "string", "description": "The password"}}}}],
    }
    stream = "".join(f"id: {n}\ndata: {json.dumps(body)}\n\n" for n in range(3)).encode()
    planter.session(
        make_exchange(chunks=(json.dumps(body).encode(),)),
        make_exchange(answer=(STREAM,), chunks=(stream,)),
        make_exchange(body=json.dumps(body).encode(), target="/v1/x?cursor=Y3Vyc29yOjEyMzQ1Njc4OTBhYmNkZWY"),
    )
    assert planter.scan().findings == []


def test_what_rules_exempt_is_no_find(planter: Planter, make_exchange: Callable[..., Exchange]) -> None:
    """And what they replace by a text of their own is none either."""
    planter.session(make_exchange(body=b'{"token": "abcdef", "password": "SAFE"}'))
    rules = RedactRules(exempt=Where(json=("$.token",)), replace=(Replacement(form=("password",), by="SAFE"),))
    assert planter.scan(rules=rules).findings == []
    assert len(planter.scan().findings) == 2


def test_allowed_values_are_passed_over(planter: Planter, make_exchange: Callable[..., Exchange]) -> None:
    """By a pattern of the whole value, and by a baseline, which knows no value."""
    secret = planter.secret("known")
    planter.session(make_exchange(body=json.dumps({"token": "test-1", "password": secret}).encode()))
    assert [one.kind for one in planter.scan(allowed=Allowed(["test-[0-9]"])).findings] == ["password"]
    assert len(planter.scan(allowed=Allowed(["test-"])).findings) == 2
    baseline = new_baseline()
    path = planter.path.with_suffix(".baseline")
    write_baseline(path, baseline, planter.scan(allowed=Allowed(baseline=baseline)).findings)
    assert secret not in path.read_text()
    again = planter.scan(allowed=Allowed(baseline=read_baseline(path)))
    assert again.findings == []
    assert again.allowed >= 2
    assert len(planter.scan(allowed=Allowed(baseline=new_baseline())).findings) == 2


def test_a_body_that_cannot_be_unpacked_is_told(planter: Planter, make_exchange: Callable[..., Exchange]) -> None:
    """Nobody knows what is in it."""
    planter.session(make_exchange(answer=(JSON, packed("mystery")), chunks=(b"\x00\x01\x02",)))
    scanned = planter.scan()
    assert scanned.findings == []
    assert scanned.unread == ["default/1 response body: unknown content-encoding 'mystery'"]


def test_older_cassettes_are_looked_through() -> None:
    """In a copy of today's form; the file is not touched."""
    path = Path(__file__).parents[2] / "data" / "v1.cassette"
    before = path.read_bytes()
    CassetteScan(path, Allowed(), (), RedactRules()).run()
    assert path.read_bytes() == before


def test_a_long_body_is_looked_at_in_pieces(
    planter: Planter, make_exchange: Callable[..., Exchange], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Packed or not; a value across two pieces is found, too."""
    monkeypatch.setattr(stored, "WINDOW_BYTES", 1000)
    monkeypatch.setattr(stored, "_PART_BYTES", 1000)
    text = b"word " * 180 + b"sk-" + planter.secret("long", 60).encode() + b" word" * 300_000
    planter.session(
        make_exchange(answer=(TEXT,), chunks=(text,)),
        make_exchange(answer=(TEXT, packed("gzip")), chunks=(gzip.compress(text, 0),)),
    )
    found = planter.scan().findings
    assert [(one.interaction, one.place) for one in found] == [
        ("default/1", "response body"),
        ("default/2", "response body"),
    ]
