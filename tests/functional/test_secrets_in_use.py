"""What clients do with secrets that an answer gave them, and what is no secret: both as before, in replay too."""

from __future__ import annotations

import base64
import gzip
import json
import re
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from wiretape.store.cassette import Cassette

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tests.functional.conftest import Done, Scripted, Upstream, Wiretape
    from wiretape.addons.standin import StandIn

pytestmark = pytest.mark.functional

PLACEHOLDER = re.compile(rb"REDACTED-[a-z]+-\d+")
# Logs users in, one after the other or side by side, and prints what each of them saw, a line a user.
CLIENT = """
import base64, json, os, threading, time
import httpx
from aitronos import Aitronos
base, seed, users = os.environ["WIRETAPE_URL"], os.environ["SEED"], os.environ["USERS"].split(",")

def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))

def visit(user):
    saw = {"user": user}
    def see(answer):
        answer.read()
        if "content-length" in answer.headers and "content-encoding" not in answer.headers:
            assert int(answer.headers["content-length"]) == len(answer.content), answer.url
    headers = {"X-Call": user}
    with httpx.Client(base_url=base, timeout=30, headers=headers, event_hooks={"response": [see]}) as web:
        sdk = Aitronos(api_key=f"oak_live_{seed}{user}0123456789", base_url=base, httpx_client=web)
        email = f"{user}@example.com"
        login = sdk.authentication.login(email_or_username=email, password=f"{seed}-password-of-{user}")
        found = sdk.authentication.verify_email(email_key=login.email_key, verification_code=f"{seed}42")
        saw["cookie"] = [(c.path, c.has_nonstandard_attr("HttpOnly")) for c in web.cookies.jar]
        for turn in range(2):
            known = claims(found.access_token)
            saw[f"claims {turn}"] = known["sub"]
            assert known["exp"] > time.time() + 600, known
            bearer = {"Authorization": f"Bearer {found.access_token}"}
            saw[f"profile {turn}"] = web.get(f"/v1/users/{user}/profile", headers=bearer).json()
            found = sdk.authentication.refresh_token(refresh_token=found.refresh_token)
        created = sdk.api_keys.create_api_key(f"org_{user}", key_name="mine", scopes=["all"])
        saw["created"] = [created.id, created.key_prefix, len(created.key)]
        rotated = sdk.api_keys.rotate_api_key(f"org_{user}", created.id)
        saw["rotated"] = [rotated.success, len(rotated.new_key.key)]
        own = {"X-API-Key": rotated.new_key.key}
        hook = web.post("/v1/webhooks", json={"url": f"https://{user}.example.com/hook"}, headers=own).json()
        saw["hook"] = [hook["id"], len(hook["secret"])]
        address = web.get(f"/v1/files/file_{user}", headers=own).json()["download_url"]
        saw["file"] = web.get(address.removeprefix("https://api.aitronos.com")).text
        prompt = f"why does {found.access_token} fail?"
        saw["said"] = len(web.post(f"/v1/users/{user}/ask", json={"prompt": prompt}).text)
        saw["logout"] = sdk.authentication.logout(refresh_token=found.refresh_token).success
    lines[user] = json.dumps(saw, sort_keys=True)

lines = {}
if os.environ.get("AT_ONCE"):
    threads = [threading.Thread(target=visit, args=(user,)) for user in users]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
else:
    for user in users: visit(user)
for user in sorted(users): print(lines[user])
"""
CALLS_OF_A_USER = 13


def a_jwt(user: str, turn: int) -> str:
    claims = {"sub": f"user_{user}", "exp": 4_000_000_000 - turn, "name": f"{user.title()} Somebody", "iat": 1}
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    texts = [base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts]
    return ".".join([*texts, f"signature{turn}of{user}".ljust(43, "Z")])


def answers_to(user: str, scripted: Callable[..., Scripted]) -> dict[str, Scripted]:
    """What the upstream says to *user*; all that begins with `secret` is one."""
    turns = iter(range(100))
    kind = ("Content-Type", "application/json")

    def secret(size: int = 40) -> str:
        return f"secret{next(turns)}Of{user}".ljust(size, "Q")

    def say(value: Any, *headers: tuple[str, str]) -> Scripted:
        return scripted(headers=(kind, *headers), pieces=(json.dumps(value).encode(),))

    def packed(value: Any) -> Scripted:
        body = gzip.compress(json.dumps(value).encode())
        return scripted(headers=(kind, ("Content-Encoding", "gzip")), pieces=(body,))

    tokens = {"token_type": "bearer", "expires_in": 3600, "device_id": "dev_1", "user": {"id": f"user_{user}"}}
    key: dict[str, Any] = {
        "id": f"ak_{user}",
        "key_prefix": "oak_live_a1b2",
        "organization_id": f"org_{user}",
        "key_name": "mine",
    }
    key |= {"is_active": True, "created_by": "me", "created_at": "2026-01-02T03:04:05Z"}
    login: dict[str, Any] = {
        "success": True,
        "message": "sent",
        "email": f"{user}@example.com",
        "requires_verification": True,
    }
    login |= {"next_step": "verify", "type": "login", "user": {}}
    link = f"/v1/files/s/{secret()}/a.txt"
    cookie = ("Set-Cookie", f"session={secret()}; Path=/; HttpOnly")
    rotated = {"success": True, "message": "done", "old_key_id": f"ak_{user}"}
    found = {
        "/v1/auth/login": say({**login, "email_key": secret()}),
        "/v1/auth/verify": say({**tokens, "access_token": a_jwt(user, 0), "refresh_token": secret()}, cookie),
        "/v1/auth/refresh": packed({**tokens, "access_token": a_jwt(user, 1), "refresh_token": secret()}),
        f"/v1/users/{user}/profile": packed({"id": f"user_{user}", "words": "from Bern to Basel " * 20}),
        f"/v1/organizations/org_{user}/api-keys": say({**key, "key": "oak_live_" + secret()}),
        f"/v1/organizations/org_{user}/api-keys/ak_{user}/rotate": say(
            {**rotated, "new_key": {**key, "key": secret()}}
        ),
        "/v1/webhooks": say({"id": f"wh_{user}", "secret": secret()}),
        f"/v1/files/file_{user}": say({"download_url": f"https://api.aitronos.com{link}"}),
        link: scripted(headers=(("Content-Type", "text/plain"),), pieces=(f"a file of {user}".encode(),)),
        f"/v1/users/{user}/ask": say({"text": f"you said {a_jwt(user, 1)}"}),
        "/v1/auth/logout": say({"success": True, "message": "bye", "logged_out_at": "2026-01-02T03:04:05Z"}),
    }
    return {f"{user} {path}": answer for path, answer in found.items()}


def stored(path: Path) -> bytes:
    """All bytes of a cassette, and what its gzip'ed bodies are."""
    text = path.read_bytes()
    with Cassette.open(path) as cassette:
        for one in cassette.interactions():
            response = cassette.response(one.id)
            if response is not None and response.body.startswith(b"\x1f\x8b"):
                text += gzip.decompress(response.body)
    return text


def test_users_log_in_and_use_what_they_got(
    wiretape: Wiretape, upstream: Upstream, make_answer: Callable[..., Scripted]
) -> None:
    """Tokens, cookies, keys, links: in any order of the users and side by side, with other passwords and keys."""
    users = ["anna", "ben"]
    for user in users:
        upstream.answers |= answers_to(user, make_answer)

    def run(command: str, *options: object, **env: str) -> Done:
        return wiretape.python(command, CLIENT, *options, env=env)

    # A code and its key are all that one `verify` differs from another in: a header tells whose it is.
    matched = ("--match-header", "X-Call")
    recorded = run("record", "--upstream", upstream.url, *matched, SEED="first", USERS="anna,ben")
    assert (recorded.code, recorded.out.count("\n")) == (0, 2), recorded.err
    found = [json.loads(line) for line in recorded.out.splitlines()]
    assert all(saw["logout"] for saw in found)
    text = stored(wiretape.cassette)
    for planted in (b"secret1", b"signature", b"Somebody", b"first-password", b"first42", b"oak_live_first"):
        assert planted not in text
        assert planted not in (recorded.err + wiretape("show", "default/2").out).encode()
    hits = upstream.hits
    for engine, more in (("direct", {"USERS": "ben,anna"}), ("mitmproxy", {"USERS": "ben,anna", "AT_ONCE": "1"})):
        options = ("--engine", engine, "--when-spent", "miss", "--strict")
        replayed = run("replay", *options, SEED="other", **more)
        assert [json.loads(line) for line in replayed.out.splitlines()] == found, replayed.err
        assert replayed.code == 0, replayed.err
        assert f"replayed {2 * CALLS_OF_A_USER} answers" in replayed.err
    assert upstream.hits == hits
    # What is packed and holds no secret stays as it came.
    by_path = {one["path"]: one for one in wiretape.json("ls")}
    assert by_path["/v1/users/anna/profile"]["response_bytes"] == len(
        upstream.answers["anna /v1/users/anna/profile"].body
    )
    shown = wiretape.json("show", str(by_path["/v1/auth/refresh"]["id"]))
    assert "content-encoding" not in {name.lower() for name, _ in shown["response"]["headers"]}


def frames(url: str, path: str) -> list[bytes]:
    """The chunks of an answer, as they are framed."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=30) as raw:
        raw.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        text = b"".join(iter(lambda: raw.recv(65536), b""))
    rest = text.partition(b"\r\n\r\n")[2]
    found: list[bytes] = []
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        found.append(rest[: int(size, 16)])
        rest = rest[int(size, 16) + 2 :]
    return found[:-1]


def test_chunks_stay_as_many_and_as_long(
    wiretape: Wiretape, upstream: Upstream, make_answer: Callable[..., Scripted]
) -> None:
    """Of streams with a secret in them, wherever they were cut."""
    secret = "secret" * 6
    events = [{"event": "response.created", "undo_token": secret}, {"delta": f"so {secret}"}, {"delta": "word"}] * 3
    text = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)
    sizes = (len(text) // 2 + 1, 83, 5)
    for size in sizes:
        pieces = tuple(text[at : at + size] for at in range(0, len(text), size))
        upstream.answers[f"/v1/{size}"] = make_answer(headers=(("Content-Type", "text/event-stream"),), pieces=pieces)
    with wiretape.serving("record", "--upstream", upstream.url) as proxy:
        recorded = [frames(proxy.url, f"/v1/{size}") for size in sizes]
        assert proxy.end().code == 0
    with wiretape.serving("replay") as proxy:
        replayed = [frames(proxy.url, f"/v1/{size}") for size in sizes]
    for size, first, second in zip(sizes, recorded, replayed, strict=True):
        assert tuple(first) == upstream.answers[f"/v1/{size}"].pieces
        assert list(map(len, second)) == list(map(len, first))
        whole = b"".join(second)
        assert len(PLACEHOLDER.findall(whole)) == 6
        assert b"secretsecret" not in whole


def test_what_is_no_secret_stays(
    wiretape: Wiretape,
    upstream: Upstream,
    make_answer: Callable[..., Scripted],
    standin: StandIn,
    sdk_models: ModuleType,
) -> None:
    """Of the demo's calls the key's header and a query's token; of answers by the SDK's models only secret fields."""
    for number, operation in enumerate(sdk_models.TYPED):
        upstream.answers[f"typed {number}"] = make_answer(pieces=(sdk_models._body(operation, number, 1.0),))
    with wiretape.serving("record", "--upstream", upstream.url, "--session", "typed") as proxy:
        with httpx.Client(base_url=proxy.url, trust_env=False, timeout=30) as client:
            for number in range(len(sdk_models.TYPED)):
                client.get(f"/v1/typed/{number}", headers={"X-Call": f"typed {number}"})
        assert proxy.end().code == 0
    demo = Path(__file__).parents[2] / "src" / "wiretape" / "addons" / "demo" / "client.py"
    done = wiretape("record", "--session", "demo", "--upstream", standin.url, "--", sys.executable, demo)
    assert done.code == 0, done.err
    with Cassette.open(wiretape.cassette) as cassette:
        for number, one in enumerate(cassette.interactions("typed")):
            response = cassette.response(one.id)
            assert response is not None
            replaced = [names for names, value in _fields(json.loads(response.body)) if "REDACTED" in value]
            assert all(SECRET_NAMES & set(names) for names in replaced), (sdk_models.TYPED[number], replaced)
            if not replaced:
                assert response.body == upstream.answers[f"typed {number}"].body
        found: set[str] = set()
        for one in cassette.interactions("demo"):
            request, response = cassette.request(one.id), cassette.response(one.id)
            assert response is not None
            assert not PLACEHOLDER.search(request.body + response.body)
            assert not PLACEHOLDER.search(one.target.encode()) or "/download?token=REDACTED-token-" in one.target
            pairs = (*request.headers, *response.head.headers)
            found |= {name.decode().lower() for name, value in pairs if PLACEHOLDER.search(value)}
        assert found == {"x-api-key"}


def _fields(node: Any, names: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], str]]:
    """All values in *node*, with the names that lead to each."""
    if isinstance(node, dict):
        return [pair for key, value in node.items() for pair in _fields(value, (*names, key))]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(node, list):
        return [pair for value in node for pair in _fields(value, names)]  # pyright: ignore[reportUnknownVariableType]
    return [(names, str(node))]


SECRET_NAMES = {
    "access_token",
    "api_key",
    "authorization",
    "bootstrap_token",
    "code_verifier",
    "credentials",
    "email_key",
    "extra_headers",
    "headers",
    "id_token",
    "key",
    "new_key",
    "query_params",
    "refresh_token",
    "secret",
    "state_token",
    "token",
    "trust_token_preview",
}


def test_what_differs_in_secrets_only_is_answered_in_recorded_order(
    wiretape: Wiretape, upstream: Upstream, make_answer: Callable[..., Scripted]
) -> None:
    """A key holds no secret: two users' bare calls are the same request, unless a path tells them apart."""
    for user in ("anna", "ben"):
        for path in ("/v1/me", f"/v1/users/{user}"):
            upstream.answers[f"{user} {path}"] = make_answer(pieces=(json.dumps({"name": user}).encode(),))

    def names(url: str, users: tuple[str, ...], path: str) -> list[str]:
        heads = [{"X-Call": user, "Authorization": f"Bearer token-of-{user}-{url}"} for user in users]
        asks = [
            httpx.get(url + path.format(user), headers=head, trust_env=False)
            for user, head in zip(users, heads, strict=True)
        ]
        return [answer.json()["name"] for answer in asks]

    with wiretape.serving("record", "--upstream", upstream.url) as proxy:
        assert names(proxy.url, ("anna", "ben"), "/v1/me") == ["anna", "ben"]
        assert names(proxy.url, ("anna", "ben"), "/v1/users/{}") == ["anna", "ben"]
        assert proxy.end().code == 0
    with wiretape.serving("replay") as proxy:
        assert names(proxy.url, ("ben", "anna"), "/v1/me") == ["anna", "ben"]
        assert names(proxy.url, ("ben", "anna"), "/v1/users/{}") == ["ben", "anna"]
        assert proxy.end().code == 0
