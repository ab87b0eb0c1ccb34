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
import signal
import string
from concurrent.futures import ThreadPoolExecutor
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

    from tests.functional.conftest import Done, Scripted, Upstream, Wiretape

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
    claims = {"sub": "user_1", "exp": 1_700_000_000, "session": a_secret(seed)}
    parts = [{"alg": "HS256", "typ": "JWT"}, claims]
    texts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*texts, a_secret(seed + "sign", "-_", 43)])


def asking(path: str = "/v1/x", method: str = "POST", **more: Any) -> dict[str, Any]:
    return {"method": method, "path": path, **more}


def deep(name: str, value: Any) -> dict[str, Any]:
    return {"id": "x", "list": [{"deep": {name: value, "max_tokens": 5}}], "input_tokens": 7}


type Asking = tuple[str, str, dict[str, Any]]
type Answering = tuple[str, str, dict[str, Any], dict[str, Any]]

HEADERS = [name.decode() for name in secrets.SECRET_HEADERS if name != b"proxy-authorization"]
"""`Proxy-Authorization` is for the proxy, which keeps it to itself."""


def some(names: Iterable[str], extra: str) -> list[str]:
    """All of them; with odd characters a part is enough."""
    return [*names][:: 3 if extra else 1]


def in_headers(seed: str) -> Iterator[Asking]:
    """Headers of a request: what the place is called, the secret, what to ask."""
    for name in HEADERS:
        secret = a_secret(f"{seed} header {name}")
        yield f"header {name}", secret, asking(headers={name.title(): secret})
    for scheme in ("Bearer", "Token", "Digest"):
        secret = a_secret(f"{seed} {scheme}")
        yield scheme, secret, asking(headers={"Authorization": f"{scheme} {secret}"})
    secret = a_secret(f"{seed} cookie")
    yield "cookie", secret, asking(headers={"Cookie": f"a=1; sid={secret}; b=2"})
    secret = a_jwt(f"{seed} jwt")
    yield "jwt", secret, asking(headers={"Authorization": f"Bearer {secret}"})
    for prefix in ("oak_live_", "sk-", "fl_user_prod_", "ak_" + a_secret(f"{seed} ak")):
        secret = prefix + a_secret(f"{seed} {prefix}")
        yield prefix, secret, asking(json={"inputs": [{"role": "user", "content": f"use {secret}, please"}]})


def in_addresses(seed: str, extra: str) -> Iterator[Asking]:
    """The same of a request's path and query."""
    for name in some({**secrets.SECRET_QUERY, **secrets.SECRET_REQUEST_FIELDS}, extra):
        secret = a_secret(f"{seed} query {name}", extra)
        yield f"query {name}", secret, asking("/v1/f/download", "GET", params={name: secret, "expires": "1"})
    for name in secrets.CALLBACK_QUERY:
        secret = a_secret(f"{seed} callback {name}", extra)
        yield f"callback {name}", secret, asking("/v1/auth/google/callback", "GET", params={name: secret})
    for template, segments in secrets.SECRET_PATHS.items():
        secret = a_secret(f"{seed} {template}", extra)
        (segment,) = segments
        path = template.replace("{" + segment + "}", quote(secret, safe="")).replace("{", "").replace("}", "")
        yield template, secret, asking(path, "GET")


def in_bodies(seed: str, extra: str) -> Iterator[Asking]:
    """The same of a request's body; a password that is sent as a header counts for one."""
    secret = a_secret(f"{seed} basic", extra.replace("é", ""))
    yield "basic", secret, asking(auth=("somebody", secret))
    for name in some(secrets.SECRET_REQUEST_FIELDS, extra):
        secret = a_secret(f"{seed} json {name}", extra)
        yield f"json {name}", secret, asking(json=deep(name, secret))
        secret = a_secret(f"{seed} data {name}", extra)
        yield f"data {name}", secret, asking(data={name: secret, "a": "b"})
        secret = a_secret(f"{seed} files {name}", extra)
        file = ("a.txt", b"from Bern", "text/plain")
        yield f"files {name}", secret, asking(data={name: secret}, files={"f": file})
    for name in secrets.SECRET_OBJECTS:
        secret = a_secret(f"{seed} object {name}", extra)
        yield f"object {name}", secret, asking(json={"tools": [{name: {"x-thing": {"y": [secret]}}}]})
    secret = a_secret(f"{seed} part", extra)
    part = json.dumps({"password": secret}, ensure_ascii=False).encode()
    yield "part", secret, asking(files={"f": ("a.json", part, "application/json")})
    secret = a_secret(f"{seed} packed", extra)
    packed = gzip.compress(json.dumps({"password": secret}).encode())
    head = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    yield "packed", secret, asking(data=packed, headers=head)


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


def in_fields(seed: str, extra: str) -> Iterator[Answering]:
    """Fields of an answer: what the place is called, the secret, what to ask, what comes."""
    for name in some(secrets.SECRET_RESPONSE_FIELDS, extra):
        for kind in ("whole", "pieces", "event", "packed"):
            secret = a_secret(f"{seed} answer {kind} {name}", extra)
            text = json.dumps(deep(name, secret), ensure_ascii=kind != "whole").encode()
            yield f"{kind} {name}", secret, asking(), framed(kind, text, text.index(name.encode()) + len(name) + 12)
    for name in secrets.SECRET_OBJECTS:
        secret = a_secret(f"{seed} answer object {name}", extra)
        yield f"object {name}", secret, asking(), in_json({name: {"x": secret, "z": [{"v": secret}]}})
    for rule in secrets.SECRET_ANSWERS:
        path = rule.template.replace("{", "a").replace("}", "")
        for name in rule.fields:
            secret = a_secret(f"{seed} answer {path} {name}", extra)
            key = {"id": "ak_0123456789ab", "key_prefix": "oak_live_a1b2", "new_key": {name: secret}}
            yield f"{path} {name}", secret, asking(path, rule.method), in_json(key)


def in_json(value: Any) -> dict[str, Any]:
    return {"pieces": (json.dumps(value).encode(),)}


def framed(kind: str, text: bytes, middle: int) -> dict[str, Any]:
    """A JSON text as it comes, cut in the *middle* of a secret."""
    packed = gzip.compress(text)
    ways: dict[str, dict[str, Any]] = {
        "whole": {"pieces": (text,)},
        "pieces": {"pieces": (text[:middle], text[middle:])},
        "event": {
            "headers": (("Content-Type", "text/event-stream"),),
            "pieces": (b"id: 1\ndata: " + text[:middle], text[middle:] + b"\n\n", b"data: [DONE]\n\n"),
        },
        "packed": {
            "headers": (("Content-Type", "application/json"), ("Content-Encoding", "gzip")),
            "pieces": (packed[:40], packed[40:]) if middle % 2 else (packed,),
        },
    }
    return ways[kind]


def in_heads(seed: str, extra: str) -> Iterator[Answering]:
    """The same of an answer's headers, and of addresses in it."""
    for name in some(sorted(secrets.ADDRESS_FIELDS), extra):
        secret = a_secret(f"{seed} answer address {name}", extra)
        yield f"address {name}", secret, asking(), in_json({name: f"https://h/v1/y?x=1&token={quote(secret)}&y=2"})
    secret = a_secret(f"{seed} answer state", extra)
    yield "state", secret, asking(), in_json({"authorization_url": f"https://x/?state={quote(secret)}"})
    for name in some(secrets.SECRET_QUERY, extra):
        secret = a_secret(f"{seed} answer location {name}", extra)
        moved = ("Location", f"https://storage.example.com/f?x=1&{name}={quote(secret)}")
        yield f"location {name}", secret, asking(), {"status": 303, "headers": (moved,), "pieces": (b"",)}
    if extra:
        return
    for name in HEADERS:
        secret = a_secret(f"{seed} answer header {name}")
        yield f"header {name}", secret, asking(), {"headers": ((name, secret),), "pieces": (b"x",)}
    secret = a_secret(f"{seed} set-cookie")
    cookie = ("Set-Cookie", f"sid={secret}; Path=/; HttpOnly; SameSite=Lax")
    yield "set-cookie", secret, asking(), {"headers": (cookie, ("Set-Cookie", "theme=dark")), "pieces": (b"x",)}
    secret = a_jwt(f"{seed} answered")
    yield "jwt", secret, asking(), in_json({"access_token": secret, "token_type": "bearer"})


def planted(seed: str) -> list[Planted]:
    """All calls, in an order of their own."""
    found: list[Planted] = []
    for extra in ("", ODD):
        asked: list[Asking] = [] if extra else [*in_headers(seed)]
        asked += [*in_addresses(seed, extra), *in_bodies(seed, extra)]
        for turn, (place, secret, ask) in enumerate(asked):
            said = echoes(secret)
            found.append(Planted(f"{place} {bool(extra)}", secret, ask, **said[turn % len(said)]))
        for place, secret, ask, answer in (*in_fields(seed, extra), *in_heads(seed, extra)):
            found.append(Planted(f"answer: {place} {bool(extra)}", secret, ask, **answer))
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
    # These beginnings say what it is; prefixes of keys are told openly.
    plain = re.sub("^(oak_live_|fl_user_prod_|sk-)", "", secret).encode()
    if secret.startswith("eyJ"):
        # Some claims stay.
        _, claims, sign = secret.split(".")
        return spellings(sign) | spellings(json.loads(base64.urlsafe_b64decode(claims + "=="))["session"])
    secret = plain.decode()
    found = {plain, quote(secret, safe="").encode(), quote(secret).encode(), quote_plus(secret).encode()}
    for ascii_only in (True, False):
        once = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        found |= {once.encode(), json.dumps(once, ensure_ascii=ascii_only)[1:-1].encode()}
    for shift in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            core = encode(b"\0" * shift + plain)
            found.add(core[(0, 2, 3)[shift] : (shift + len(plain)) * 8 // 6])
    return found


SHINGLE = 8


def leaks(text: bytes, planted: Iterable[Planted]) -> list[tuple[str, bytes]]:
    """The places of which secrets, or parts of 15 bytes, stand somewhere in *text*, in any spelling."""
    parts: dict[bytes, tuple[str, bytes]] = {}
    for one in planted:
        for spelling in spellings(one.secret):
            for at in range(max(len(spelling) - SHINGLE, 0) + 1):
                shingle = spelling[at : at + SHINGLE]
                if shingle.count(b"%") < 2 and shingle.count(b"\\") < 2:
                    parts.setdefault(shingle, (one.place, spelling))
    # Whatever is that long covers one of these pieces of the text.
    pieces = {text[at : at + SHINGLE] for at in range(0, len(text), SHINGLE)}
    found = {parts[piece] for piece in pieces & parts.keys()}
    return sorted(found)


def stored_bytes(path: Path) -> bytes:
    """All of a cassette's files, and its bodies as they are meant."""
    text = b"\n".join(file.read_bytes() for file in sorted(path.parent.glob(path.name + "*")))
    with Cassette.open(path) as cassette:
        for one in cassette.interactions():
            request, response = cassette.request(one.id), cassette.response(one.id)
            text += b"\n" + decoded(request.body, header(request.headers, b"content-encoding"))
            if response is not None:
                text += b"\n" + decoded(response.body, header(response.head.headers, b"content-encoding"))
    return text


def same_but_for_secrets(recorded: bytes, replayed: bytes) -> bool:
    """Whether *replayed* is *recorded* with placeholders in some places."""
    kept = [re.escape(part) for part in PLACEHOLDER.split(replayed)]
    return re.fullmatch(b"(.+?)".join(kept), recorded, re.DOTALL) is not None


class Recording(NamedTuple):
    """All planted calls, recorded.

    Attributes:
        during: the cassette's files when all was recorded and the recorder still ran.
        openly: secrets that were said openly before they were shown in a secret place, after *during*.
        late: the files after that.
    """

    wiretape: Wiretape
    planted: list[Planted]
    heard: list[Heard]
    during: bytes
    openly: list[Planted]
    late: bytes
    ended: Done


def files(wiretape: Wiretape) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(wiretape.folder.glob("x.cassette*")))


@pytest.fixture(scope="module")
def recording(
    make_wiretape: Callable[[], Wiretape], upstream: Upstream, make_answer: Callable[..., Scripted]
) -> Recording:
    """One recording for all tests here."""
    wiretape = make_wiretape()
    plants = planted("recorded")
    for number, one in enumerate(plants):
        upstream.answers[str(number)] = make_answer(one.status, one.headers, one.pieces)
    openly = [Planted(f"openly {extra}", a_secret(f"openly {extra}", extra), {}) for extra in ("", ODD)]
    told = json.dumps({"said": [one.secret for one in openly], "packed": [quote(one.secret) for one in openly]})
    upstream.answers["openly"] = make_answer(pieces=(told.encode(),))
    with wiretape.serving("record", "--upstream", upstream.url) as proxy:
        heard = ask_all(proxy.url, "recorded")
        during = files(wiretape)
        for body in ({"prompt": told}, *({"password": one.secret} for one in openly)):
            httpx.post(f"{proxy.url}/v1/openly", json=body, headers={"X-Call": "openly"}, trust_env=False)
        late = files(wiretape)
        ended = proxy.end()
    return Recording(wiretape, plants, heard, during, openly, late, ended)


def test_no_secret_reaches_the_disk(recording: Recording) -> None:
    """Neither while it is recorded nor in the end; what was said openly at first is replaced when the session ends."""
    assert recording.ended.code == 0, recording.ended.err
    for one, heard in zip(recording.planted, recording.heard, strict=True):
        packed = dict(one.headers).get("Content-Encoding", "")
        assert (heard.status, heard.body) == (one.status, decoded(b"".join(one.pieces), packed.encode()))
    everything = [*recording.planted, *recording.openly]
    assert leaks(recording.during, everything) == []
    assert {place for place, _ in leaks(recording.late, everything)} <= {one.place for one in recording.openly}
    assert [path.name for path in recording.wiretape.folder.glob("x.*")] == ["x.cassette"]
    assert leaks(stored_bytes(recording.wiretape.cassette), everything) == []


def test_nothing_that_is_printed_holds_one(recording: Recording) -> None:
    """Whatever a person may look at; and how many there were is said."""
    wiretape = recording.wiretape
    (session,) = wiretape.json("sessions")
    assert session["placeholders"] >= len(recording.planted)
    assert f", {session['placeholders']} secrets replaced" in recording.ended.err
    chosen = [
        number
        for number, one in enumerate(recording.planted, 1)
        if one.place in {"files access_token True", "json token False", "answer: event token False", "query token True"}
    ]
    asked = a_secret("asked", ODD.replace("'", ""))
    curl = wiretape.folder / "asked.txt"
    curl.write_text(
        f"curl https://api.aitronos.com/v1/f/download?token={quote(asked)}"
        f" -H 'X-Api-Key: {quote(asked)}' --json '{json.dumps({'password': asked, 'x': 1}, ensure_ascii=False)}'"
    )
    commands: list[tuple[object, ...]] = [("ls",), ("ls", "--json"), ("verify",), ("explain", curl)]
    for number, which in zip(chosen, (("--json",), ("--body", "request"), ("--raw", "response"), ()), strict=True):
        commands += [("show", f"default/{number}", *which)]
    commands += [("explain", f"default/{chosen[1]}", "--json")]
    with ThreadPoolExecutor(2) as pool:
        done = [one.result() for one in [pool.submit(wiretape, *words) for words in commands]]
    assert [one.err for one in done if one.code not in (0, 1)] == []
    told = "".join(one.out + one.err for one in [recording.ended, *done])
    everything = [*recording.planted, *recording.openly, Planted("asked", asked, {})]
    assert leaks(told.encode(), everything) == []
    assert "REDACTED-token" in told


@pytest.mark.parametrize("engine", ["direct", "mitmproxy"])
def test_other_secrets_find_the_same_answers(recording: Recording, engine: str) -> None:
    """Every call hits, and gets what was recorded with placeholders in it; what misses tells nobody any secret."""
    wiretape = recording.wiretape
    others = planted("other")
    unknown = [one for one in others if "answer" not in one.place][::13]
    with wiretape.serving("replay", "--engine", engine, "--when-spent", "miss") as proxy:
        again = ask_all(proxy.url, "other")
        spent = [*by_requests(proxy.url, [("", one.ask) for one in unknown])]
        asks = [{**one.ask, "path": "/v1/elsewhere" + one.ask["path"]} for one in unknown]
        never = [*by_httpx(proxy.url, [("", ask) for ask in asks])]
        done = proxy.end()
    assert done.code == 1
    assert f"replayed {len(again)} answers" in done.err
    placeholders = 0
    for one, first, second in zip(others, recording.heard, again, strict=True):
        assert (second.status, len(second.body)) == (first.status, len(first.body)), one.place
        assert same_but_for_secrets(first.body, second.body), one.place
        placeholders += len(PLACEHOLDER.findall(second.body))
        assert int(dict(second.headers).get("content-length", len(second.body))) == len(second.body) or (
            "gzip" in dict(second.headers).get("content-encoding", "")
        )
    assert placeholders > 1000
    assert {heard.status for heard in spent + never} == {424}
    told = done.err.encode() + b"".join(heard.body for heard in spent + never)
    assert leaks(told, [*recording.planted, *others]) == []


def test_crashes_tell_none(recording: Recording, upstream: Upstream) -> None:
    """A failing player, a failing recorder, tracebacks, and a recorder that is killed."""
    wiretape = type(recording.wiretape)(recording.wiretape.folder / "crash", recording.wiretape.folder)
    wiretape.folder.mkdir()
    calls = [(str(number), one.ask) for number, one in enumerate(recording.planted)][::40]
    for trial, command in (("recorder", "record"), ("player", "auto")):
        with wiretape.serving(
            command, "--upstream", upstream.url, env={"WIRETAPE_TRIAL": trial, "WIRETAPE_DEBUG": "1"}
        ) as proxy:
            assert [*by_requests(proxy.url, calls)]
            done = proxy.end()
        assert "a failure on trial" in done.err
        assert leaks((done.out + done.err).encode() + files(wiretape), recording.planted) == []
    with wiretape.serving("record", "--upstream", upstream.url) as proxy:
        assert [*by_httpx(proxy.url, calls)]
        proxy.end(signal.SIGKILL)
    assert (wiretape.folder / "x.cassette-wal").exists()
    assert leaks(files(wiretape), recording.planted) == []
    assert leaks(stored_bytes(wiretape.cassette), recording.planted) == []
