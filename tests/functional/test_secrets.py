"""A fresh secret in every place that the API has for one, through the real proxy: no byte of any reaches the disk.

Secrets are random, told by a seed and their place: a replay asks with others than the recording did.
"""

from __future__ import annotations

import base64
import gzip
import itertools
import json
import random
import re
import shutil
import string
import subprocess
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, quote_plus

import httpx
import pytest
import requests

from wiretape.store.aitronos import secrets
from wiretape.store.cassette import Cassette
from wiretape.store.encoding import decoded
from wiretape.store.interaction import header

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from tests.functional.conftest import Done, Proxy, Scripted, Upstream, Wiretape

pytestmark = pytest.mark.functional

ODD = '/+= "&\\<é%'
LETTERS = string.ascii_letters + string.digits
PLACEHOLDER = re.compile(rb"(?:eyJ[\w-]*\.[\w-]*\.)?REDACTED-[a-z]+-\d+(?:-x*)?")


class Planted(NamedTuple):
    """One call, with a secret in its request or in its answer."""

    place: str
    secret: str
    ask: dict[str, Any]
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)
    pieces: tuple[bytes, ...] = (b'{"fine":true}',)
    status: int = 200


def a_secret(seed: str, extra: str = "", size: int = 30) -> str:
    rng = random.Random(seed)
    return rng.choice(LETTERS) + "".join(rng.choices(LETTERS + extra * 3, k=size - 2)) + rng.choice(LETTERS)


def a_jwt(seed: str) -> str:
    claims = {"sub": a_secret(seed + "sub"), "exp": 1_700_000_000, "email": a_secret(seed) + "@example.com"}
    parts = [{"alg": "HS256", "typ": "JWT"}, claims]
    texts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*texts, a_secret(seed + "sign", "-_", 43)])


def asking(path: str = "/v1/x", method: str = "POST", **more: Any) -> dict[str, Any]:
    return {"method": method, "path": path, **more}


def deep(name: str, value: Any) -> dict[str, Any]:
    return {"id": "x", "list": [{"deep": {name: value, "max_tokens": 5}}], "input_tokens": 7}


def in_requests(seed: str, extra: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every place of a request: what it is called, the secret, what to ask."""

    def fresh(place: str, extra: str = extra) -> str:
        return a_secret(f"{seed} {place} {bool(extra)}", extra)

    for name in secrets.SECRET_HEADERS if not extra else ():
        if name != b"proxy-authorization":  # it is for the proxy, which keeps it to itself
            secret = fresh(f"header {name}")
            yield f"header {name}", secret, asking(headers={name.decode().title(): secret})
    for scheme in ("Bearer", "Token", "Digest") if not extra else ():
        secret = fresh(scheme)
        yield scheme, secret, asking(headers={"Authorization": f"{scheme} {secret}"})
    secret = fresh("basic", extra.replace("é", ""))
    yield "basic", secret, asking(auth=("somebody", secret))
    if not extra:
        secret = fresh("cookie")
        yield "cookie", secret, asking(headers={"Cookie": f"a=1; sid={secret}; b=2"})
        secret = a_jwt(f"{seed} jwt")
        yield "jwt", secret, asking(headers={"Authorization": f"Bearer {secret}"})
    fields = secrets.SECRET_REQUEST_FIELDS
    for name in {**secrets.SECRET_QUERY, **fields}:
        secret = fresh(f"query {name}")
        yield f"query {name}", secret, asking("/v1/f/download", "GET", params={name: secret, "expires": "1"})
    for name in secrets.CALLBACK_QUERY:
        secret = fresh(f"callback {name}")
        yield f"callback {name}", secret, asking("/v1/auth/google/callback", "GET", params={name: secret})
    for template, segments in secrets.SECRET_PATHS.items():
        secret = fresh(template)
        (name,) = segments
        path = template.replace("{" + name + "}", quote(secret, safe="")).replace("{", "").replace("}", "")
        yield template, secret, asking(path, "GET")
    for name in fields:
        for kind in ("json", "data", "files"):
            secret = fresh(f"{kind} {name}")
            body = {
                "json": {"json": deep(name, secret)},
                "data": {"data": {"a": "b", name: secret}},
                "files": {"data": {name: secret}, "files": {"f": ("a.txt", b"from Bern", "text/plain")}},
            }
            yield f"{kind} {name}", secret, asking(**body[kind])
    for name in secrets.SECRET_OBJECTS:
        secret = fresh(f"object {name}")
        yield f"object {name}", secret, asking(json={"tools": [{name: {"x-thing": {"y": [secret]}}}]})
    secret = fresh("part")
    part = json.dumps({"password": secret}, ensure_ascii=False).encode()
    yield "part", secret, asking(files={"f": ("a.json", part, "application/json")})
    secret = fresh("packed")
    packed = gzip.compress(json.dumps({"password": secret}).encode())
    head = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    yield "packed", secret, asking(data=packed, headers=head)
    for prefix in ("oak_live_", "sk-", "fl_user_prod_", "ak_" + a_secret(f"{seed} ak")) if not extra else ():
        secret = prefix + fresh(prefix)
        yield prefix, secret, asking(json={"inputs": [{"role": "user", "content": f"use {secret}, please"}]})


def echoes(secret: str) -> list[dict[str, Any]]:
    """Answers that repeat what was asked."""
    told = [secret, quote(secret, safe=""), quote_plus(secret), json.dumps({"it": secret})]
    told += [base64.b64encode(b"x" * n + secret.encode()).decode() for n in (1, 2, 3)]
    told += [base64.urlsafe_b64encode(secret.encode() + b"abc").decode()]
    text = "what you sent: " + " and ".join(told)
    error = {"success": False, "error": {"code": "INVALID", "message": text, "details": {"sent": told}}}
    event = b"event: error\r\ndata: " + json.dumps(error).encode() + b"\r\n\r\n"
    packed = gzip.compress(json.dumps(error).encode())
    cut = json.dumps(error).encode()
    return [
        {"status": 422, "pieces": (json.dumps(error).encode(),)},
        {"status": 400, "pieces": (json.dumps(error, ensure_ascii=False, indent=1).encode(),)},
        {"status": 502, "headers": (("Content-Type", "text/html"),), "pieces": (f"<p>{text}</p>".encode(),)},
        {"headers": (("Content-Type", "text/event-stream"),), "pieces": (event[:90], event[90:200], event[200:])},
        {"headers": (("Content-Type", "application/json"), ("Content-Encoding", "gzip")), "pieces": (packed,)},
        {"pieces": tuple(cut[n : n + 11] for n in range(0, len(cut), 11))},
        {"status": 302, "headers": (("Location", f"/v1/y?said={quote(secret)}"),), "pieces": (b"",)},
    ]


def in_answers(seed: str, extra: str) -> Iterator[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """Every place of an answer: what it is called, the secret, what to ask, what comes."""

    def fresh(place: str, extra: str = extra) -> str:
        return a_secret(f"{seed} answer {place} {bool(extra)}", extra)

    def json_of(value: Any) -> dict[str, Any]:
        return {"pieces": (json.dumps(value).encode(),)}

    for name in secrets.SECRET_RESPONSE_FIELDS:
        for kind in ("whole", "pieces", "event", "packed"):
            secret = fresh(f"{kind} {name}")
            text = json.dumps(deep(name, secret), ensure_ascii=kind != "whole").encode()
            middle = text.index(name.encode()) + len(name) + 12
            packed = gzip.compress(text)
            yield (
                f"{kind} {name}",
                secret,
                asking(),
                {
                    "whole": {"pieces": (text,)},
                    "pieces": {"pieces": (text[:middle], text[middle:])},
                    "event": {
                        "headers": (("Content-Type", "text/event-stream"),),
                        "pieces": (b"id: 1\ndata: " + text[:middle], text[middle:] + b"\n\n", b"data: [DONE]\n\n"),
                    },
                    "packed": {
                        "headers": (("Content-Type", "application/json"), ("Content-Encoding", "gzip")),
                        "pieces": (packed[:40], packed[40:]) if extra else (packed,),
                    },
                }[kind],
            )
    for name in secrets.SECRET_OBJECTS:
        secret = fresh(f"object {name}")
        yield f"object {name}", secret, asking(), json_of({name: {"x": secret, "z": [{"v": secret}]}})
    for name in secrets.ADDRESS_FIELDS:
        secret = fresh(f"address {name}")
        yield f"address {name}", secret, asking(), json_of({name: f"https://h/v1/y?x=1&token={quote(secret)}&y=2"})
    secret = fresh("state")
    yield "state", secret, asking(), json_of({"authorization_url": f"https://x/?state={quote(secret)}"})
    for name in secrets.SECRET_QUERY:
        secret = fresh(f"location {name}")
        moved = ("Location", f"https://storage.example.com/f?x=1&{name}={quote(secret)}")
        yield f"location {name}", secret, asking(), {"status": 303, "headers": (moved,), "pieces": (b"",)}
    for name in secrets.SECRET_HEADERS if not extra else ():
        if name != b"proxy-authorization":
            secret = fresh(f"header {name}")
            yield f"header {name}", secret, asking(), {"headers": ((name.decode(), secret),), "pieces": (b"x",)}
    if not extra:
        secret = fresh("set-cookie")
        cookie = ("Set-Cookie", f"sid={secret}; Path=/; HttpOnly; SameSite=Lax")
        yield "set-cookie", secret, asking(), {"headers": (cookie, ("Set-Cookie", "theme=dark")), "pieces": (b"x",)}
        secret = a_jwt(f"{seed} answered")
        yield "jwt", secret, asking(), json_of({"access_token": secret, "token_type": "bearer"})
    for rule in secrets.SECRET_ANSWERS:
        path = rule.template.replace("{", "a").replace("}", "")
        for name in rule.fields:
            secret = fresh(path + name)
            answer = {"api_key": {"id": "ak_0123456789ab"}, "new_key": {name: secret}, "key_prefix": "oak_live_a1b2"}
            yield f"{path} {name}", secret, asking(path, rule.method), json_of(answer)


def planted(seed: str) -> list[Planted]:
    """All calls, in an order of their own."""
    found: list[Planted] = []
    for extra in ("", ODD):
        turns = itertools.count()
        for place, secret, ask in in_requests(seed, extra):
            said = echoes(secret)[next(turns) % 7]
            found.append(Planted(f"{place} {bool(extra)}", secret, ask, **said))
        found += [
            Planted(f"answer: {place} {bool(extra)}", secret, ask, **said)
            for place, secret, ask, said in in_answers(seed, extra)
        ]
    random.Random(7).shuffle(found)
    return found


class Heard(NamedTuple):
    """What a client got."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def by_httpx(base: str, calls: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[Heard]:
    with httpx.Client(timeout=30, trust_env=False) as client:
        for number, ask in calls:
            more = {name: value for name, value in ask.items() if name not in ("method", "path", "headers")}
            if isinstance(more.get("data"), bytes):
                more["content"] = more.pop("data")
            headers = {"X-Call": number, **ask.get("headers", {})}
            got = client.request(ask["method"], base + ask["path"], headers=headers, **more)
            client.cookies.clear()
            yield Heard(got.status_code, got.headers.multi_items(), got.content)


def by_requests(base: str, calls: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[Heard]:
    with requests.Session() as client:
        client.trust_env = False
        for number, ask in calls:
            more = {name: value for name, value in ask.items() if name not in ("method", "path", "headers")}
            headers = {"X-Call": number, **ask.get("headers", {})}
            got = client.request(
                ask["method"], base + ask["path"], headers=headers, timeout=30, allow_redirects=False, **more
            )
            client.cookies.clear()
            yield Heard(got.status_code, list(got.headers.items()), got.content)


def ask_all(base: str, seed: str) -> list[Heard]:
    """Make all calls, by two clients in turn."""
    calls = [(str(n), one.ask) for n, one in enumerate(planted(seed))]
    found: list[Heard] = []
    for first, second in itertools.zip_longest(by_httpx(base, calls[::2]), by_requests(base, calls[1::2])):
        found += [one for one in (first, second) if one is not None]
    return found


def spellings(secret: str) -> set[bytes]:
    """What must be nowhere."""
    plain = secret.encode()
    if secret.startswith("eyJ"):
        return {part.encode() for part in secret.split(".")[1:]}
    found = {plain, quote(secret, safe="").encode(), quote(secret).encode(), quote_plus(secret).encode()}
    for ascii_only in (True, False):
        once = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        found |= {once.encode(), json.dumps(once, ensure_ascii=ascii_only)[1:-1].encode()}
    for shift in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            core = encode(b"\0" * shift + plain)
            found.add(core[(0, 2, 3)[shift] : (shift + len(plain)) * 8 // 6])
    return found


SHINGLE = 14


def leaks(text: bytes, planted: Iterable[Planted]) -> list[tuple[str, bytes]]:
    """The places whose secrets stand somewhere in *text*, in any spelling, as a whole or in large part."""
    parts: dict[bytes, tuple[str, bytes]] = {}
    for one in planted:
        for spelling in spellings(one.secret):
            for at in range(0, max(len(spelling) - SHINGLE, 0) + 1):
                shingle = spelling[at : at + SHINGLE]
                if shingle.count(b"%") < 2 and shingle.count(b"\\") < 2:
                    parts.setdefault(shingle, (one.place, spelling))
    found = {parts[text[at : at + SHINGLE]] for at in range(len(text)) if text[at : at + SHINGLE] in parts}
    return sorted(found)


def stored_bytes(path: Path) -> bytes:
    """All of a cassette's files, and its bodies as they are meant."""
    text = b"\n".join(file.read_bytes() for file in sorted(path.parent.glob(path.name + "*")))
    with Cassette.open(path) as cassette:
        for one in cassette.interactions():
            request, response = cassette.request(one.id), cassette.response(one.id)
            for message in (request, response):
                if message is not None:
                    encoding = header(message.headers if message is request else message.head.headers, b"content-encoding")  # type: ignore[union-attr]
                    text += b"\n" + (decoded(message.body, encoding) if encoding else b"")
    return text


def same_but_for_secrets(recorded: bytes, replayed: bytes) -> bool:
    literal = [re.escape(part) for part in PLACEHOLDER.split(replayed)]
    return re.fullmatch(b"(.+?)".join(literal), recorded, re.DOTALL) is not None


class Recording(NamedTuple):
    wiretape: Any
    planted: list[Planted]
    heard: list[Heard]
    snapshot: bytes
    ended: Any


@pytest.fixture(scope="module")
def recording(make_wiretape: Callable[[], Wiretape], upstream: Upstream, make_answer) -> Recording:
    """All of it recorded, once."""
    import time
    wiretape = make_wiretape()
    plants = planted("recorded")
    upstream.answers = {
        str(n): make_answer(status=one.status, headers=one.headers, pieces=one.pieces) for n, one in enumerate(plants)
    }
    t = time.time()
    with wiretape.serving("record", "--upstream", upstream.url) as proxy:
        print("up", time.time() - t, len(plants))
        heard = ask_all(proxy.url, "recorded")
        print("asked", time.time() - t)
        snapshot = b"".join(file.read_bytes() for file in wiretape.folder.glob("x.cassette*"))
        ended = proxy.end()
        print("ended", time.time() - t)
    return Recording(wiretape, plants, heard, snapshot, ended)


def test_explore(recording: Recording) -> None:
    import time
    print(recording.ended.code, recording.ended.err[-3000:])
    for one, heard in zip(recording.planted, recording.heard, strict=True):
        body = b"".join(one.pieces)
        enc = dict(one.headers).get("Content-Encoding")
        if enc: body = gzip.decompress(body)
        assert (heard.status, heard.body) == (one.status, body), one
    t = time.time()
    text = stored_bytes(recording.wiretape.cassette)
    print(len(text), time.time() - t)
    t = time.time()
    for place, spelling in leaks(text, recording.planted):
        print("LEAK", place, spelling)
    print(time.time() - t)
    mid = {p for p, _ in leaks(recording.snapshot, recording.planted)}
    print("mid", len(mid), sorted(mid)[:100])
    others = planted("other")
    for engine in ("direct", "mitmproxy"):
        t = time.time()
        with recording.wiretape.serving("replay", "--engine", engine) as proxy:
            again = ask_all(proxy.url, "other")
            done = proxy.end()
        print(engine, time.time() - t, done.code, done.err[-300:])
        bad = 0
        for n, (one, first, second) in enumerate(zip(others, recording.heard, again, strict=True)):
            if first.status != second.status or not same_but_for_secrets(first.body, second.body) or len(first.body) != len(second.body):
                bad += 1
                if bad < 10:
                    print("DIFF", one.place, first.status, second.status, "\n", first.body[:300], "\n", second.body[:300])
        print("bad", bad)
