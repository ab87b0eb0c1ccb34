"""A fresh secret in every place that the API has for one, recorded: no byte of it is in the file, however spelled."""

from __future__ import annotations

import base64
import gzip
import json
import random
import string
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import msgspec
import pytest

from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.matching import match_key
from wiretape.proxy.decide.recorder import Recorder
from wiretape.proxy.decide.redact import Memory, Redactor
from wiretape.store.aitronos import secrets
from wiretape.store.cassette import Cassette
from wiretape.store.interaction import Request, ResponseHead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from tests.conftest import Scribe
    from wiretape.store.interaction import Headers
    from wiretape.store.recording import SessionWriter

AT = "2026-01-02T03:04:05.000006Z"
JSON = (b"Content-Type", b"application/json")
STREAM = (b"Content-Type", b"text/event-stream")


class Exchange(NamedTuple):
    """A request and its answer, which comes in chunks."""

    target: str = "/v1/x"
    method: str = "POST"
    headers: Headers = (JSON,)
    body: bytes = b""
    answer: Headers = (JSON,)
    chunks: tuple[bytes, ...] = ()


def a_secret(seed: str, size: int = 30, extra: str = "") -> str:
    """Random, but for its seed; with *extra* characters that are spelled otherwise in places."""
    letters = string.ascii_letters + string.digits
    rng = random.Random(seed)
    return rng.choice(letters) + "".join(rng.choices(letters + extra, k=size - 2)) + rng.choice(letters)


def in_json(name: str, value: Any, *, deep: bool = False) -> bytes:
    told: Any = {"id": "x", name: value, "max_tokens": 5}
    return json.dumps({"list": [{"deep": told}]} if deep else told).encode()


def lengthy(body: bytes) -> Headers:
    return (JSON, (b"Content-Length", b"%d" % len(body)))


def frames(secret: str, name: str) -> tuple[bytes, ...]:
    text = (
        b'id: 1\ndata: {"event":"response.created"}\n\n'
        + f"data: {json.dumps({name: secret})}\r\n\r\ndata: [DONE]\n\n".encode()
    )
    half = text.index(name.encode()) + len(name) + 15
    return text[:half], text[half:]


def gzipped(body: bytes) -> tuple[Headers, tuple[bytes, ...]]:
    packed = gzip.compress(body)
    return (JSON, (b"Content-Encoding", b"gzip"), (b"Content-Length", b"%d" % len(packed))), (packed[:20], packed[20:])


# Each puts a secret into a place of the given name.
IN_REQUESTS: dict[str, Callable[[str, str], Exchange]] = {
    "json": lambda name, s: Exchange(body=in_json(name, s)),
    "deep json": lambda name, s: Exchange(body=in_json(name, s, deep=True)),
    "form": lambda name, s: Exchange(
        headers=((b"content-type", b"application/x-www-form-urlencoded"),), body=f"a=b&{name}={quote(s)}".encode()
    ),
    "part": lambda name, s: Exchange(
        headers=((b"content-type", b"multipart/form-data; boundary=b"),),
        body=f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{s}\r\n--b--\r\n'.encode(),
    ),
    "packed json": lambda name, s: Exchange(
        headers=(JSON, (b"content-encoding", b"deflate")), body=zlib.compress(in_json(name, s))
    ),
}
IN_ANSWERS: dict[str, Callable[[str, str], Exchange]] = {
    "json": lambda name, s: Exchange(chunks=(in_json(name, s),), answer=lengthy(in_json(name, s))),
    "two chunks": lambda name, s: Exchange(
        chunks=(in_json(name, s)[:25], in_json(name, s)[25:]), answer=lengthy(in_json(name, s))
    ),
    "event": lambda name, s: Exchange(answer=(STREAM,), chunks=frames(s, name)),
    "row of objects": lambda name, s: Exchange(chunks=(b'{"a":1}' + in_json(name, s), b'{"b":2}')),
    "packed": lambda name, s: Exchange(answer=gzipped(in_json(name, s))[0], chunks=gzipped(in_json(name, s))[1]),
    "tool call": lambda name, s: Exchange(chunks=(in_json("arguments", json.dumps({name: s})),)),
}
IN_OBJECTS: dict[str, Callable[[str, str], Exchange]] = {
    "asked": lambda name, s: Exchange(body=in_json(name, {"x": {"y": s}})),
    "answered": lambda name, s: Exchange(chunks=(in_json(name, {"x": s, "z": [{"v": s}]}),)),
}
IN_HEADERS: dict[str, Callable[[str, str], Exchange]] = {
    "header": lambda name, s: Exchange(headers=((name.title().encode(), s.encode()),)),
    "answer's header": lambda name, s: Exchange(answer=((name.encode(), s.encode()),), chunks=(b"x",)),
}
IN_QUERIES: dict[str, Callable[[str, str], Exchange]] = {
    "query": lambda name, s: Exchange(f"/v1/f/download?{name}={quote(s)}&expires=1", "GET"),
    "location": lambda name, s: Exchange(answer=((b"Location", f"https://h/v1/f?x=1&{name}={quote(s)}".encode()),)),
}
IN_CALLBACKS: dict[str, Callable[[str, str], Exchange]] = {
    "callback": lambda name, s: Exchange(f"/v1/auth/google/callback?{name}={quote(s)}", "GET"),
}
IN_ADDRESSES: dict[str, Callable[[str, str], Exchange]] = {
    "token": lambda name, s: Exchange(chunks=(in_json(name, f"wss://h/v1/y?token={quote(s)}&x=1"),)),
    "signature": lambda name, s: Exchange(chunks=(in_json(name, f"https://h/y?a=b&signature={quote(s)}"),)),
}
IN_PATHS: dict[str, Callable[[str, str], Exchange]] = {
    "path": lambda template, s: Exchange(at_path(template, s), "GET"),
    "location": lambda template, s: Exchange(answer=((b"location", at_path(template, s).encode()),)),
}
# A place for itself.
OTHERS: dict[str, Callable[[str, str], Exchange]] = {
    "header bearer": lambda _, s: Exchange(headers=((b"authorization", b"Bearer " + s.encode()),)),
    "basic": lambda _, s: Exchange(headers=((b"Authorization", b"Basic " + base64.b64encode(f"u:{s}".encode())),)),
    "header cookie": lambda _, s: Exchange(headers=((b"Cookie", f"a=1; sid={s}".encode()),)),
    "header set-cookie": lambda _, s: Exchange(answer=((b"Set-Cookie", f"sid={s}; Path=/".encode()),), chunks=(b"x",)),
    "authorization_url": lambda _, s: Exchange(chunks=(in_json("authorization_url", f"https://x/?state={quote(s)}"),)),
    "text oak_": lambda _, s: Exchange(body=in_json("content", f"use oak_live_{s}, ok?")),
    "text sk-": lambda _, s: Exchange(body=in_json("content", f"use sk-{s}, ok?")),
    "text fl_user_": lambda _, s: Exchange(chunks=(b"use ", f"fl_user_prod_{s}, ok?".encode())),
    "text ak_": lambda _, s: Exchange(body=in_json("content", f"ak_{s * 2}")),
}
PLACES: list[tuple[dict[str, Callable[[str, str], Exchange]], Iterable[str]]] = [
    (IN_REQUESTS, secrets.SECRET_REQUEST_FIELDS),
    (IN_ANSWERS, secrets.SECRET_RESPONSE_FIELDS),
    (IN_OBJECTS, secrets.SECRET_OBJECTS),
    (IN_HEADERS, [name.decode() for name in secrets.SECRET_HEADERS]),
    (IN_QUERIES, secrets.SECRET_QUERY),
    (IN_CALLBACKS, secrets.CALLBACK_QUERY),
    (IN_ADDRESSES, secrets.ADDRESS_FIELDS),
    (IN_PATHS, secrets.SECRET_PATHS),
    (OTHERS, [""]),
]


def at_path(template: str, secret: str) -> str:
    (name,) = secrets.SECRET_PATHS[template]
    return template.replace("{" + name + "}", quote(secret, safe="")).replace("{", "").replace("}", "")


def plants(extra: str) -> Iterator[tuple[str, str, Exchange]]:
    """Every place, a secret of its own, and the exchange that holds it there."""
    for makers, names in PLACES:
        for name in sorted(names):
            for where, make in makers.items():
                place = f"{where} {name}"
                # Headers and keys hold no odd bytes.
                secret = a_secret(place, extra="" if "header" in where or "text" in where else extra)
                yield place, secret, make(name, secret)
    for rule in secrets.SECRET_ANSWERS:
        for field in rule.fields:
            secret = a_secret(rule.template + field, extra=extra)
            path = rule.template.replace("{", "a").replace("}", "")
            yield f"{path} {field}", secret, Exchange(path, rule.method, chunks=(in_json(field, secret),))


def record(path: Path, scribe: Scribe, *exchanges: Exchange) -> None:
    """A session of *exchanges*, as a proxy records it."""
    assert path == scribe.path
    writer = scribe.begin()
    recorder = Recorder(writer, Redactor(writer.opened.placeholders))
    for exchange in exchanges:
        play(recorder, exchange)
    recorder.mend(lambda request: request.target)
    writer.end(AT)


def play(recorder: Recorder, exchange: Exchange) -> None:
    request = Request(
        method=exchange.method,
        scheme="https",
        host="api.aitronos.com",
        port=443,
        target=exchange.target,
        headers=exchange.headers,
    )
    take = recorder.begin(request, "api", AT)
    for start in range(0, len(exchange.body), 7):
        take.request_data(exchange.body[start : start + 7])
    take.request_end()
    take.response_head(ResponseHead(status=200, reason="OK", headers=exchange.answer), 1)
    for n, chunk in enumerate(exchange.chunks):
        take.response_data(chunk, n + 2)
    take.end("complete", 99).result(30)


def spellings(secret: str) -> Iterable[bytes]:
    plain = secret.encode()
    yield from (plain, quote(secret, safe="").encode(), json.dumps(secret)[1:-1].encode())
    for shift in range(3):
        yield base64.b64encode(b"x" * shift + plain)[4 * (shift > 0) : -4]
        yield base64.urlsafe_b64encode(b"x" * shift + plain)[4 * (shift > 0) : -4]


def remains(path: Path, secret: str) -> list[bytes]:
    """The spellings of *secret* that stand anywhere in the cassette's files."""
    files = [path, *path.parent.glob(path.name + "-*")]
    text = b"".join(file.read_bytes() for file in files)
    return [spelling for spelling in spellings(secret) if spelling in text]


@pytest.mark.parametrize("extra", ["", '/+= "&é'], ids=["plain", "odd"])
def test_no_planted_secret_reaches_the_file(scribe: Scribe, extra: str) -> None:
    """All places at once, in one session: what one of them shows, no other may tell."""
    planted = list(plants(extra))
    record(scribe.path, scribe, *[exchange for _, _, exchange in planted])
    assert [(place, found) for place, secret, _ in planted if (found := remains(scribe.path, secret))] == []
    assert len(planted) > 300
    assert list(scribe.path.parent.glob(scribe.path.name + "-*")) == []


def test_a_known_value_is_replaced_wherever_it_recurs(scribe: Scribe) -> None:
    """In any spelling and any place, before it was shown as a secret as well as after it."""
    secret = a_secret("recurs", extra="/+é")
    told = f"{secret} and {quote(secret, safe='')} and {base64.b64encode(f'user:{secret}'.encode()).decode()}"
    recurring = [
        Exchange(
            body=json.dumps({"prompt": told}).encode(),
            chunks=(json.dumps({"text": told}, ensure_ascii=False).encode(),),
        ),
        Exchange(
            headers=((b"Content-Type", b"text/plain"),),
            body=told.encode(),
            answer=(STREAM,),
            chunks=(b"data: " + told.encode(), b"\n\n"),
        ),
        Exchange(f"/v1/x?q={quote(secret)}", "GET", answer=((b"X-Note", quote(told).encode()),), chunks=(b"y",)),
        Exchange(
            chunks=gzipped(json.dumps({"z": told}).encode())[1], answer=gzipped(json.dumps({"z": told}).encode())[0]
        ),
    ]
    record(scribe.path, scribe, *recurring, Exchange(body=in_json("password", secret)), *recurring)
    assert remains(scribe.path, secret) == []
    with Cassette.open(scribe.path) as cassette:
        found = cassette.interactions()
        assert all(one.redacted for one in found)
        half = len(recurring)
        assert [one.match_key for one in found[:half]] == [one.match_key for one in found[half + 1 :]]
        for one in found:
            request = cassette.request(one.id)
            assert match_key(canonical(request, "api", memory=Memory())) == one.match_key
            response = cassette.response(one.id)
            assert response is not None
            assert sum(chunk.size for chunk in cassette.chunks(one.id)) == len(response.body) == one.response_bytes


def test_the_end_leaves_nothing_in_readings_and_words(scribe: Scribe) -> None:
    """What people search is made of the bodies, and is mended with them."""
    secret = a_secret("words").lower()
    body = json.dumps({"inputs": [{"role": "user", "content": f"my token is {secret}"}]}).encode()
    answer = json.dumps(
        {"success": True, "thread_id": "thread_1", "response": f"it is {secret}", "is_summarized": False}
    )
    talk = Exchange("/v1/model/response", body=body, chunks=(answer.encode(),))
    writer = scribe.begin()
    recorder = Recorder(writer, Redactor())
    play(recorder, talk)
    play(recorder, Exchange(headers=((b"x-api-key", secret.encode()),)))
    writer.flush()
    assert remains(scribe.path, secret)
    assert recorder.mend(lambda request: request.target) == 1
    assert recorder.mend(lambda request: request.target) == 0
    writer.end(AT)
    assert remains(scribe.path, secret) == []
    with Cassette.open(scribe.path) as cassette:
        assert b"REDACTED-key-1" in cassette.reading_details(cassette.interactions()[0].id)


def test_a_body_that_another_session_holds_stays_there(scribe: Scribe) -> None:
    """To that session it was no secret."""
    shared = json.dumps({"t": a_secret("shared")}).encode()
    scribe.session(
        (Request(method="POST", scheme="https", host="h", port=1, target="/", body=shared), shared), name="other"
    )
    record(
        scribe.path,
        scribe,
        Exchange(body=shared, chunks=(shared,)),
        Exchange(headers=((b"api-key", a_secret("shared").encode()),)),
    )
    with Cassette.open(scribe.path) as cassette:
        other, mine = cassette.interactions("other")[0], cassette.interactions("default")[0]
        assert cassette.request(other.id).body == shared
        assert b"REDACTED-key-1" in cassette.request(mine.id).body
        answered = cassette.response(mine.id)
        assert answered is not None
        assert len(answered.body) == len(shared)


def test_a_long_answer_is_mended_in_pieces(scribe: Scribe) -> None:
    """Its chunks keep their times, and sizes as far as they can."""
    secret = a_secret("long")
    text = (b"word " * 300_000) + secret.encode() + (b" word" * 300_000)
    chunks = tuple(text[start : start + 100_000] for start in range(0, len(text), 100_000))
    record(
        scribe.path,
        scribe,
        Exchange(answer=((b"Content-Type", b"text/plain"),), chunks=chunks),
        Exchange(headers=((b"api-key", secret.encode()),)),
    )
    assert remains(scribe.path, secret) == []
    with Cassette.open(scribe.path) as cassette:
        one = cassette.interactions()[0]
        assert [chunk.size for chunk in cassette.chunks(one.id)] == [len(chunk) for chunk in chunks]
        assert [chunk.at_us for chunk in cassette.chunks(one.id)] == [n + 2 for n in range(len(chunks))]


def test_an_added_recording_goes_on_above_the_numbers(scribe: Scribe) -> None:
    """And mends what came before it."""
    secret = a_secret("appended")
    record(
        scribe.path, scribe, Exchange(body=in_json("t", secret)), Exchange(headers=((b"api-key", b"another-key-here"),))
    )
    writer: SessionWriter = scribe.begin(how="append")
    recorder = Recorder(writer, Redactor(writer.opened.placeholders))
    play(recorder, Exchange(headers=((b"api-key", secret.encode()),)))
    recorder.mend(lambda request: request.target)
    writer.end(AT)
    assert remains(scribe.path, secret) == []
    with Cassette.open(scribe.path) as cassette:
        last = cassette.request(cassette.interactions()[2].id)
        assert dict(last.headers)[b"api-key"] == b"REDACTED-key-2"


def test_messages_are_clean() -> None:
    """Whatever quotes the wire to people: a miss, a log, a problem."""
    redactor = Redactor()
    redactor.memory.learn(b"this-value-was-seen", "token")
    text = "POST https://h/v1/files/s/seg-ment/f?token=abc&x=1 "
    text += '{"password": "hunter2", "t": "this-value-was-seen", "token": "cut'
    cleaned = redactor.clean(text)
    for secret in ("seg-ment", "abc", "hunter2", "this-value-was-seen", "cut"):
        assert secret not in cleaned
    assert "x=1" in cleaned
    assert redactor.clean("nothing here, max_tokens: 5") == "nothing here, max_tokens: 5"
    assert msgspec.json.encode(redactor.clean(cleaned)) == msgspec.json.encode(cleaned)
