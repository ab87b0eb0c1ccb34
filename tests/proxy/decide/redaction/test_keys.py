"""A key holds classes of secrets: other keys and tokens, or what stands for them, give the same one."""

from __future__ import annotations

import base64
import json
import random
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.keying import KeyInTheMaking
from wiretape.proxy.decide.matching import match_key
from wiretape.proxy.decide.recorder import Recorder
from wiretape.proxy.decide.redact import Memory, Redactor, RedactRules
from wiretape.proxy.decide.redaction.rules import Replacement, Where
from wiretape.proxy.decide.rules import NO_RULES, Rules
from wiretape.store.interaction import Headers, Request, ResponseHead

if TYPE_CHECKING:
    from collections.abc import Callable

JSON = b"application/json"
FORM = b"application/x-www-form-urlencoded"
PARTS = b"multipart/form-data; boundary=b"
NAMED = Rules(headers=("authorization", "cookie", "x-api-key", "x-note", "location"))


class Shelf:
    """A sink that keeps the requests of one session as they would be stored."""

    def __init__(self) -> None:
        self.stored: list[Request] = []
        self.keys: list[str | None] = []
        self.count = 0

    def interaction(self, request: Request, identity: str, started_at: str) -> Shelf:
        assert (identity, started_at) == ("api", "now")
        self.stored.append(msgspec.structs.replace(request, body=b""))
        return self

    def note_placeholders(self, count: int) -> None:
        self.count = count

    def rewrite(self, rewriter: object, interactions: int | None = None) -> int:
        raise NotImplementedError

    def request_piece(self, data: bytes) -> None:
        last = self.stored[-1]
        self.stored[-1] = msgspec.structs.replace(last, body=last.body + data)

    def request_again(self, request: Request) -> None:
        self.stored[-1] = msgspec.structs.replace(request, body=self.stored[-1].body)

    def request_done(self, match_key: str | None, *, redacted: bool) -> None:
        assert isinstance(redacted, bool)
        self.keys.append(match_key)

    def response_head(self, head: ResponseHead, first_byte_us: int, *, redacted: bool) -> None: ...
    def chunk(self, data: bytes, at_us: int) -> None: ...
    def chunk_goes_on(self, data: bytes) -> None: ...
    def finish(self, *_: object, **__: object) -> Future[None]:
        done: Future[None] = Future()
        done.set_result(None)
        return done


def asked(
    method: str = "POST", target: str = "/v1/x", kind: bytes = JSON, body: bytes = b"", headers: Headers = ()
) -> Request:
    fields = ((b"Content-Type", kind), (b"Content-Length", b"%d" % len(body)), *headers)
    return Request(method=method, scheme="https", host="h", port=443, target=target, headers=fields, body=body)


def recorded(*requests: Request, rules: Rules = NO_RULES, size: int = 10**9) -> Shelf:
    """A session of *requests*, their bodies in pieces of *size* bytes."""
    shelf = Shelf()
    recorder = Recorder(shelf, Redactor(), rules)
    for request in requests:
        take = recorder.begin(request, "api", "now")
        for start in range(0, len(request.body), size):
            take.request_data(request.body[start : start + size])
        take.request_end()
        take.end("complete", 1)
    return shelf


def key(request: Request, rules: Rules = NO_RULES, memory: Memory | None = None) -> str:
    return match_key(canonical(request, "api", rules, memory))


def login(secret: str) -> Request:
    return asked(body=json.dumps({"email_or_username": "u", "password": secret}).encode())


PLACES: dict[str, Callable[[str], Request]] = {
    "json": login,
    "code as number": lambda s: asked(body=b'{"verification_code": %d}' % random.Random(s).randrange(10**6)),
    "json in json": lambda s: asked(body=json.dumps({"a": json.dumps({"api_key": s, "n": [1]})}).encode()),
    "tool": lambda s: asked(
        body=json.dumps({"tools": [{"authorization": f"Bearer {s}", "headers": {"k": s}}]}).encode()
    ),
    "credentials": lambda s: asked(body=json.dumps({"credentials": {"user": {"deep": [s]}}}).encode()),
    "broken json": lambda s: asked(body=b'{"password": "' + s.encode() + b'", "a": nonsense'),
    "query": lambda s: asked("GET", f"/v1/files/f/download?token={s}&expires=5"),
    "encoded query": lambda s: asked("GET", "/v1/f?%74oken=" + "".join(f"%{ord(c):02x}" for c in s)),
    "callback": lambda s: asked("GET", f"/v1/auth/google/callback?code={s}&state={s}&error_description={s}"),
    "path": lambda s: asked("GET", f"/v1/files/s/{s}/name.pdf"),
    "path and more": lambda s: asked("GET", f"/gw/v1/public/transcript/{s}/chat/2"),
    "encoded path": lambda s: asked("GET", f"/v1/%66iles/s/{s}/name.pdf"),
    "form": lambda s: asked(kind=FORM, body=f"grant_type=x&refresh_token={s}&b=2".encode()),
    "part": lambda s: asked(kind=PARTS, body=multipart(("note", "x"), ("apple_password", s))),
    "json part": lambda s: asked(kind=PARTS, body=multipart(("schema", json.dumps({"secret": s})))),
    "part under a wrong type": lambda s: asked(kind=JSON, body=multipart(("password", s))),
    "authorization": lambda s: asked(headers=((b"Authorization", b"Bearer " + s.encode()),)),
    "cookies": lambda s: asked(headers=((b"Cookie", f"a={s}; b={s}x".encode()),)),
    "seen in a header": lambda s: asked(
        headers=((b"x-api-key", s.encode()), (b"X-Note", f"it is {s}".encode())),
        body=json.dumps({"t": f"{s}!"}).encode(),
    ),
    "seen in a header, in text": lambda s: asked(
        kind=b"text/plain", headers=((b"x-api-key", s.encode()),), body=f"<{s}7>".encode()
    ),
    "seen in a header, in base64": lambda s: asked(
        headers=((b"x-api-key", s.encode()),),
        body=json.dumps({"t": base64.b64encode(f"u:{s}:z".encode()).decode()}).encode(),
    ),
    "seen in a header, in the query": lambda s: asked(
        "GET", f"/v1/x?q={s}1&q=2", headers=((b"x-api-key", s.encode()),)
    ),
    "seen in a header, in a part": lambda s: asked(
        kind=PARTS, headers=((b"x-api-key", s.encode()),), body=multipart(("file", f"a {s} b"))
    ),
    "seen behind": lambda s: asked(body=json.dumps({"prompt": f"my key is {s}", "api_key": s}).encode()),
    "seen in a later part": lambda s: asked(kind=PARTS, body=multipart(("note", f"it is {s}"), ("password", s))),
    "looks like a key": lambda s: asked(body=json.dumps({"inputs": [{"content": f"use sk-{s}{s}, please"}]}).encode()),
    "looks like one, in text": lambda s: asked(kind=b"text/plain", body=f"use sk-{s}{s}, please".encode()),
    "an address in text": lambda s: asked(body=json.dumps({"t": f"see https://x/y?a=1&token={s} there"}).encode()),
}


def multipart(*parts: tuple[str, str]) -> bytes:
    made = [f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in parts]
    return "".join([*made, "--b--\r\n"]).encode()


def a_secret(seed: object) -> str:
    return "".join(random.Random(f"{seed}").choices("ABCDEFghijklm0123456789", k=24))


@pytest.mark.parametrize("rules", [NO_RULES, NAMED], ids=["no rules", "named headers"])
@pytest.mark.parametrize("place", PLACES)
def test_the_stored_request_has_the_key_of_the_live_one(place: str, rules: Rules) -> None:
    """Of the one that was recorded, and of one with other secrets, in a replay that has seen nothing yet."""
    request, other = PLACES[place](a_secret(1)), PLACES[place](a_secret(2))
    shelf = recorded(request, rules=rules)
    (stored,), (noted,) = shelf.stored, shelf.keys
    assert a_secret(1).encode() not in msgspec.json.encode([stored.target, stored.body.decode(), repr(stored.headers)])
    assert noted == key(stored, rules) == key(stored, rules, Memory())
    assert noted == key(request, rules, Memory()) == key(request, rules)
    assert noted == key(other, rules, Memory())
    assert noted != key(asked("PUT"), rules)


@pytest.mark.parametrize("place", PLACES)
def test_the_stored_length_is_that_of_the_stored_body(place: str) -> None:
    """A Content-Length that lies would be a riddle to whoever looks."""
    (stored,) = recorded(PLACES[place](a_secret(1))).stored
    assert dict(stored.headers)[b"Content-Length"] == b"%d" % len(stored.body)


def test_another_value_in_a_plain_place_is_another_request() -> None:
    """Only secrets are the same as each other."""
    assert key(asked(body=b'{"a":"abcdefghijklmnop"}')) != key(asked(body=b'{"a":"abcdefghijklmnoq"}'))
    assert key(asked(target="/x?limit=1")) != key(asked(target="/x?limit=2"))


def test_the_order_of_tokens_does_not_matter() -> None:
    """Two clients with a token each, whose words repeat it; in the replay they come the other way round."""

    def turn(token: str, n: int) -> Request:
        bearer = ((b"Authorization", f"Bearer {token}".encode()),)
        return asked(target=f"/v1/{n}", headers=bearer, body=json.dumps({"echo": [token, n]}).encode())

    one, two = a_secret(1), a_secret(2)
    shelf = recorded(turn(one, 1), turn(two, 2), turn(one, 3))
    memory = Memory()
    replayed = {n: key(turn(token, n), NO_RULES, memory) for token, n in ((two, 3), (one, 2), (two, 1))}
    assert shelf.keys == [replayed[1], replayed[2], replayed[3]]


def test_a_placeholder_is_as_good_as_a_secret() -> None:
    """The client that replays got placeholders from the recorded login, and uses them as it would use the tokens."""
    live = asked(headers=((b"Authorization", b"Bearer " + a_secret(1).encode()),), body=login(a_secret(1)).body)
    for placeholder in ("REDACTED-token-3", "REDACTED-token-77-xxxx", "eyJhbGciOiJub25lIn0.e30.REDACTED-token-1-xx"):
        replayed = asked(headers=((b"Authorization", f"Bearer {placeholder}".encode()),), body=login(placeholder).body)
        assert key(replayed, NAMED) == key(live, NAMED)
        told = [asked(body=json.dumps({"t": f"it is {value}."}).encode()) for value in (placeholder, "REDACTED-key-9")]
        assert key(told[0]) == key(told[1])


def test_a_replay_remembers_what_it_has_seen() -> None:
    """A value from one request's secret place, in another request's plain one."""
    shelf = recorded(login(a_secret(1)), asked(body=json.dumps({"t": a_secret(1)}).encode()))
    memory = Memory()
    first = key(login(a_secret(2)), NO_RULES, memory)
    version = memory.version
    assert version > 0
    assert [first, key(asked(body=json.dumps({"t": a_secret(2)}).encode()), NO_RULES, memory)] == shelf.keys
    assert memory.version == version


LONG = [
    (PARTS, multipart(("note", "n" * 900_000), ("password", "SECRET"), ("file", "x" * 900_000 + " SEEN " + "y" * 9))),
    (PARTS, multipart(("file", "x " * 900_000 + "sk-SECRETSECRET"), ("token", "SECRET" * 9))),
    (b"text/plain", b"word " * 300_000 + b"SEEN and sk-SECRETSECRET, " + b"x" * 500_000),
    (b"application/octet-stream", bytes(range(256)) * 6000 + b"\nSEEN\n" + b"x" * 100_000),
    (JSON, b'{"t":"' + b"x" * 1_500_000 + b'","password":"SECRET","u":"SEEN"}'),
    (FORM, b"a=" + b"x" * 1_500_000 + b"&password=SECRET&b=SEEN"),
]


@pytest.mark.parametrize(("kind", "body"), LONG, ids=[str(n) for n in range(len(LONG))])
@pytest.mark.parametrize("size", [65_536, 10**8])
def test_long_bodies(kind: bytes, body: bytes, size: int) -> None:
    """In pieces or whole, live or stored, with one secret or another."""
    found: set[str | None] = set()
    for n in (1, 2):
        request = asked(
            kind=kind,
            headers=((b"x-api-key", a_secret(-n).encode()),),
            body=body.replace(b"SECRET", a_secret(n).encode()).replace(b"SEEN", a_secret(-n).encode()),
        )
        shelf = recorded(request, size=size)
        (stored,) = shelf.stored
        assert a_secret(n).encode() not in stored.body
        assert a_secret(-n).encode() not in stored.body
        found |= {*shelf.keys, key(stored), key(request)}
        for one in (stored, request):
            making = KeyInTheMaking(msgspec.structs.replace(one, body=b""), "api", NO_RULES, Memory())
            for start in range(0, len(one.body), 50_021):
                making.add(one.body[start : start + 50_021])
            found.add(making.key())
    assert len(found) == 1


words = st.sampled_from(
    [
        "SECRET",
        "SECRET2",
        "password",
        "token",
        "sk-SECRET",
        "a",
        "7",
        "-x",
        "x",
        "é",
        '"',
        "\\",
        "/",
        "&",
        "=",
        "?",
        " ",
        "REDACTED-key-2",
    ]
)
texts = st.lists(words, max_size=6).map("".join)
json_values: st.SearchStrategy[Any] = st.recursive(
    texts | st.integers(0, 99),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts | words, inner, max_size=3),
    max_leaves=8,
)


@given(json_values, st.booleans(), texts, st.booleans())
@example(value={"password": "sk-SECRET"}, ascii_only=False, query="SECRETsk-SECRET", named=False)
@example(value=["sk-SECRET"], ascii_only=False, query="SECRETsk-SECRET", named=False)
@example(value={"SECRET": {"password": 'SECRET"'}}, ascii_only=False, query="", named=False)
@example(value=["SECRETsk-SECRET"], ascii_only=False, query="&password=sk-SECRET", named=False)
def test_any_request_is_keyed_alike_live_and_stored(value: Any, ascii_only: bool, query: str, named: bool) -> None:  # noqa: FBT001
    """Whatever it is made of; and its replay with other secrets, too, if the header shows them first."""
    rules = NAMED if named else NO_RULES

    def made(n: int) -> Request:
        spelled = (
            json.dumps(value, ensure_ascii=ascii_only)
            .replace("SECRET2", a_secret(n + 10))
            .replace("SECRET", a_secret(n))
        )
        shown = ((b"x-api-key", a_secret(n).encode()), (b"Cookie", b"a=" + a_secret(n + 10).encode()))
        target = "/v1/x?q=" + query.replace("SECRET2", a_secret(n + 10)).replace("SECRET", a_secret(n)).replace(
            " ", "+"
        )
        return asked(target=target, body=spelled.encode(), headers=shown)

    shelf = recorded(made(1), rules=rules)
    assert [key(shelf.stored[0], rules)] == shelf.keys
    assert [key(made(1), rules, Memory())] == shelf.keys
    assert [key(made(2), rules, Memory())] == shelf.keys


def test_the_users_rules_count_in_keys_too() -> None:
    """What is added, exempt or replaced is so in the live request and in the stored one."""
    rules = Rules(
        redact=RedactRules(
            add=Where(
                json=("$.pin", "$.list[*].x"),
                query=("sig2",),
                form=("own",),
                regex=("cust-[0-9]+",),
                header=("x-note",),
            ),
            exempt=Where(json=("$.token",), regex=("test-.*",), query=("token",)),
            replace=(Replacement(json=("$.user.name",), by="Somebody"),),
            personal=True,
        ),
        headers=("x-note",),
    )

    def made(n: int) -> Request:
        body = {
            "pin": n,
            "list": [{"x": f"{n}{n}"}],
            "t": f"cust-{n}",
            "token": "plain",
            "password": "test-password",
            "user": {"name": f"name {n}", "email": f"a{n}@example.com", "latitude": n + 0.5},
        }
        return asked(
            target=f"/x?sig2={n}&token=plain", body=json.dumps(body).encode(), headers=((b"X-Note", b"%d" % n),)
        )

    shelf = recorded(made(1), rules=rules)
    stored = shelf.stored[0]
    told = json.loads(stored.body)
    assert told["token"] == "plain"
    assert told["password"] == "test-password"
    assert told["user"]["name"] == "Somebody"
    assert told["user"]["latitude"] == 0
    assert told["user"]["email"].startswith("REDACTED-personal-")
    assert told["t"].startswith("REDACTED-secret-")
    assert stored.target.endswith("&token=plain")
    assert [key(stored, rules), key(made(1), rules), key(made(2), rules)] == shelf.keys * 3
    assert (
        key(asked(target="/x?sig2=1&token=other", body=made(1).body, headers=made(1).headers[2:]), rules)
        != shelf.keys[0]
    )
