"""A proxy that asks for a password, in both engines: who brings it is served, whoever does not is told that alone."""

from __future__ import annotations

import base64
import json
import socket
import ssl
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from wiretape.addons.remote import RemoteProxy
from wiretape.addons.standin import StandIn
from wiretape.addons.testing import a_cassette, exchange
from wiretape.proxy.decide.admission import refusal
from wiretape.store.cassette import Cassette
from wiretape.store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conformance.conftest import Proxy, Serve

ENGINES = ("mitmproxy", "direct")
WORD = "Tr0ub4dor&3,yes"
API = "api.aitronos.com"
MODELS = b'{"models":[]}'


def basic(user: str) -> str:
    return f"Proxy-Authorization: Basic {base64.b64encode(user.encode()).decode()}"


def get(target: str, *headers: str, method: str = "GET", version: str = "1.1", host: str = "proxy.test:1234") -> bytes:
    return "\r\n".join([f"{method} {target} HTTP/{version}", f"Host: {host}", *headers, "", ""]).encode()


HEADER = f"X-Wiretape-Password: {WORD}"
BROUGHT = {
    "prefix": get(f"/~default:{WORD}/v1/models"),
    "prefix without a label": get(f"/~:{WORD}/v1/models"),
    "prefix, escaped": get("/~default%3a" + WORD.replace("&", "%26") + "/v1/models"),
    "proxy": get(f"http://{API}/v1/models", basic(f"wiretape:{WORD}"), host=API),
    "proxy, by a label": get(f"http://{API}/v1/models", basic(f"default:{WORD}"), host=API),
    "proxy without a user": get(f"http://{API}/v1/models", basic(f":{WORD}"), host=API),
    "user on a path": get("/v1/models", basic(f"default:{WORD}")),
    "header": get("/v1/models", HEADER),
    "header and label": get("/~default/v1/models", HEADER),
    "header at a proxy": get(f"http://{API}/v1/models", HEADER, host=API),
    "header beside another user": get("/v1/models", HEADER, basic("default:x")),
    "old": get("/v1/models", HEADER, version="1.0"),
    "old proxy": get(f"http://{API}/v1/models", basic(f"default:{WORD}"), version="1.0", host=API),
}
LACKING = {
    "nothing": get("/v1/models"),
    "unknown": get("/v1/never"),
    "another header": get("/v1/models", "X-Wiretape-Password: another word"),
    "empty header": get("/v1/models", "X-Wiretape-Password:"),
    "a part of it": get("/v1/models", f"X-Wiretape-Password: {WORD[:-1]}"),
    "more than it": get(f"/~default:{WORD}x/v1/models"),
    "another prefix": get("/~default:x/v1/models"),
    "empty prefix": get("/~:/v1/models"),
    "a label": get("/~default/v1/models"),
    "it as a label": get(f"/~{WORD}/v1/models"),
    "it as the user": get("/v1/models", basic(f"{WORD}:")),
    "no base64": get("/v1/models", "Proxy-Authorization: Basic !!!"),
    "for the API": get("/v1/models", f"Authorization: Basic {base64.b64encode(b'x:' + WORD.encode()).decode()}"),
    "later in the path": get(f"/v1/~default:{WORD}/models"),
    "in the query": get(f"/v1/models?password={WORD}"),
    "control": get("/~wiretape/health"),
    "control, wrong": get("/~wiretape:x/sessions"),
    "no host": b"GET /v1/models HTTP/1.0\r\n\r\n",
    "old": get("/v1/models", version="1.0"),
    "kept alive": get("/v1/models", "Connection: keep-alive", version="1.0"),
    "head": get("/v1/models", method="HEAD"),
    "awaiting": get("/v1/models", "Content-Length: 5", "Expect: 100-continue", method="POST"),
}
LACKING_AT_PROXY = {
    "nothing": get(f"http://{API}/v1/models", host=API),
    "another word": get(f"http://{API}/v1/models", basic("default:x"), host=API),
    "foreign": get("http://example.org/", host="example.org"),
    "in the path": get(f"http://{API}/~default:{WORD}/v1/models", host=API),
    "old": get(f"http://{API}/v1/models", version="1.0", host=API),
    "head": get(f"http://{API}/v1/models", method="HEAD", host=API),
    "tunnel": get(f"{API}:443", method="CONNECT", host=f"{API}:443"),
    "tunnel, another word": get(f"{API}:443", basic("default:x"), method="CONNECT", host=f"{API}:443"),
    "tunnel, foreign": get("example.org:443", method="CONNECT", host="example.org:443"),
    "tunnel, old": get(f"{API}:443", method="CONNECT", version="1.0", host=f"{API}:443"),
}


def told(*, as_proxy: bool, head: bool = False) -> bytes:
    """All that who brought no password is told."""
    said = refusal(as_proxy=as_proxy)
    lines = [f"HTTP/1.1 {said.status} {said.reason}".encode(), *(b"%b: %b" % pair for pair in said.headers), b"", b""]
    return b"\r\n".join(lines) + (b"" if head else said.document)


@pytest.fixture(scope="module")
def cassette(own_home: Path) -> Path:
    """Two sessions; that of `moved` is a redirect."""
    moved = exchange("GET", "/v1/here", status=307, headers={"Location": f"https://{API}/v1/there?a=b"})
    plain = exchange("GET", "/v1/models", response=MODELS)
    return a_cassette(own_home / "password.cassette", {"default": [plain], "moved": [moved]})


@pytest.fixture(scope="module", params=ENGINES)
def proxy(request: pytest.FixtureRequest, cassette: Path, serving: Serve) -> Iterator[Proxy]:
    """Replays, to whoever brings the password."""
    options = ("-c", str(cassette), "--engine", request.param, "--when-spent", "repeat", "--password", WORD)
    with serving("replay", *options) as proxy:
        yield proxy


def facts(proxy: Proxy) -> dict[str, Any]:
    """How the default session stands."""
    (found,) = [one for one in RemoteProxy(f"http://127.0.0.1:{proxy.port}", WORD).sessions() if one["id"] == "default"]
    return found


@pytest.mark.parametrize("way", BROUGHT)
def test_who_brings_it_is_served(way: str, proxy: Proxy) -> None:
    """By each way in, as if nothing were asked for."""
    with proxy.line() as line:
        answer = line.ask(BROUGHT[way])
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(MODELS)


def test_under_the_proxys_own_address(proxy: Proxy) -> None:
    """A base-URL client whose proxy we are, too."""
    own = f"127.0.0.1:{proxy.port}"
    with proxy.line() as line:
        assert line.ask(get(f"http://{own}/~:{WORD}/v1/models", host=own)).endswith(MODELS)
        assert line.ask(get(f"http://{own}/~:x/v1/models", host=own)) == told(as_proxy=False)


@pytest.mark.parametrize(("as_proxy", "way"), [*((False, w) for w in LACKING), *((True, w) for w in LACKING_AT_PROXY)])
def test_who_does_not_is_told_that_alone(as_proxy: bool, way: str, proxy: Proxy) -> None:  # noqa: FBT001 - a table
    """By the same bytes in both engines; then the connection ends. Nothing is served, missed, or opened."""
    before = facts(proxy)
    asked = (LACKING_AT_PROXY if as_proxy else LACKING)[way]
    with proxy.line() as line:
        answer = line.ask(asked + (b"12345" if way == "awaiting" else b""))
        assert answer + line.rest() == told(as_proxy=as_proxy, head=asked.startswith(b"HEAD "))
    assert facts(proxy) == before


@pytest.mark.parametrize("as_proxy", [False, True])
def test_a_refusal_is_nothing_to_be_asked_again(as_proxy: bool) -> None:  # noqa: FBT001 - both
    """A status that no client repeats, and that means nothing of the API's; words for a program and for a person."""
    said = refusal(as_proxy=as_proxy)
    document = json.loads(said.document)
    assert said.status == document["status"] == document["error"]["status"] == (407 if as_proxy else 424)
    assert (b"x-should-retry", b"false") in said.headers
    assert ((b"Proxy-Authenticate", b'Basic realm="wiretape"') in said.headers) == as_proxy
    assert document["error"]["code"] == "WIRETAPE_PASSWORD"
    assert "X-Wiretape-Password" in document["detail"]


def test_every_request_of_a_connection_brings_it(proxy: Proxy) -> None:
    """The first does not speak for the others; after one without it nothing is answered."""
    with proxy.line() as line:
        assert [line.ask(BROUGHT["header"])[-len(MODELS) :] for _ in range(2)] == [MODELS] * 2
        assert line.ask(BROUGHT["proxy"]).endswith(MODELS)
        answer = line.ask(get("/v1/models") + BROUGHT["header"])
        assert answer + line.rest() == told(as_proxy=False)


def test_over_tls(proxy: Proxy) -> None:
    """A client may speak TLS with the proxy itself; then nobody on the way reads the password."""
    trusted = ssl.create_default_context(cafile=proxy.bundle)
    with httpx.Client(base_url=f"https://127.0.0.1:{proxy.port}", verify=trusted, trust_env=False) as client:
        assert client.get(f"/~:{WORD}/v1/models").content == MODELS
        assert client.get("/v1/models", headers={"X-Wiretape-Password": WORD}).content == MODELS
        assert client.post("/v1/models", content=bytes(1 << 20)).json()["error"]["code"] == "WIRETAPE_PASSWORD"
    with httpx.Client(
        proxy=httpx.Proxy(f"https://wiretape:{WORD}@127.0.0.1:{proxy.port}", ssl_context=trusted),
        verify=trusted,
        trust_env=False,
    ) as client:
        assert client.get(f"https://{API}/v1/models").content == MODELS


def test_inside_a_tunnel_nothing_more_is_asked(proxy: Proxy) -> None:
    """It was brought when the tunnel was."""
    headers = dict([basic(f"wiretape:{WORD}").split(": ")])
    with proxy.line(tunnel=(API, 443), headers=headers) as line:
        for more in ((), ("X-Wiretape-Password: another",), ("X-Wiretape-Session: default",)):
            assert line.ask(get("/v1/models", *more, host=API)).endswith(MODELS)
    with proxy.line(tunnel=(API, 443), headers={"X-Wiretape-Password": WORD}) as line:
        assert line.ask(get("/v1/models", host=API)).endswith(MODELS)


def test_a_long_upload_is_heard_and_dropped(proxy: Proxy) -> None:
    """The client reads why, and nothing else."""
    head = get("/v1/files", f"Content-Length: {4 << 20}", method="POST")
    with proxy.line() as line:
        assert line.ask(head + bytes(4 << 20)) == told(as_proxy=False)


@pytest.mark.parametrize("noise", [b"\x00\x01\x02\r\n\r\n", b"GET nonsense HTTP/1.1\r\n\r\n", b"GET / HTTP/7\r\n\r\n"])
def test_what_strangers_mumble_is_no_miss(noise: bytes, proxy: Proxy) -> None:
    """They are hung up on, whatever they are told first."""
    before = facts(proxy)
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=30) as raw:
        raw.sendall(noise)
        raw.shutdown(socket.SHUT_WR)
        said = b"".join(iter(lambda: raw.recv(65536), b""))
    assert b" 200 " not in said
    assert WORD.encode() not in said
    assert facts(proxy) == before


def test_redirects_lead_back_with_it(proxy: Proxy) -> None:
    """The client's own prefix, as it wrote it; to a proxy's client by the API's name."""
    with proxy.line() as line:
        answer = line.ask(get(f"/~moved:{WORD}/v1/here"))
        assert f"\r\nLocation: http://proxy.test:1234/~moved:{WORD}/v1/there?a=b\r\n".encode() in answer
        answer = line.ask(get(f"http://{API}/v1/here", basic(f"moved:{WORD}"), host=API))
        assert f"\r\nLocation: http://{API}/v1/there?a=b\r\n".encode() in answer


class TestControl:
    @pytest.mark.parametrize("address", ["http://wiretape:{0}@{1}", "http://{1}/~:{0}", "http://{1}/~moved:{0}/"])
    def test_from_the_addresses_that_clients_are_given(self, address: str, proxy: Proxy) -> None:
        """Sessions that are opened are asked with the password, in all three ways."""
        remote = RemoteProxy(address.format(WORD, f"127.0.0.1:{proxy.port}"))
        assert remote.url == f"http://127.0.0.1:{proxy.port}"
        with remote.open("default", label="opened") as session:
            with httpx.Client(base_url=session.url, trust_env=False) as client:
                assert client.get("/v1/models").content == MODELS
            with httpx.Client(proxy=session.proxy, trust_env=False) as client:
                assert client.get(f"http://{API}/v1/models").content == MODELS
            with httpx.Client(base_url=remote.url, headers=session.headers, trust_env=False) as client:
                assert client.get("/v1/models").content == MODELS
            assert session.facts()["served"] == 3
            assert session.summary == {}

    @pytest.mark.parametrize("password", [None, "another password"])
    def test_not_without(self, password: str | None, proxy: Proxy) -> None:
        """What is said then does not repeat it."""
        with pytest.raises(UsageError, match="asks for a password") as caught:
            RemoteProxy(f"http://127.0.0.1:{proxy.port}", password).health()
        assert "another password" not in str(caught.value)

    def test_over_tls_where_the_address_says_so(self, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
        """Never in plain text then, not even where the certificate is not trusted."""
        remote = RemoteProxy(f"https://127.0.0.1:{proxy.port}", WORD)
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        with pytest.raises(UsageError, match=r"no wiretape answers at https://.*certificate verify failed"):
            remote.health()
        monkeypatch.setenv("SSL_CERT_FILE", str(proxy.bundle))
        assert remote.health()["mode"] == "replay"

    def test_by_whatever_name_but_to_no_web_page(self, proxy: Proxy) -> None:
        """A container has names that we cannot know; a page has an origin."""
        with proxy.line() as line:
            assert b" 200 OK\r\n" in line.ask(get("/~wiretape/health", HEADER, host="recorder:8080"))
            assert b" 200 OK\r\n" in line.ask(get(f"/~wiretape:{WORD}/health"))
            assert b" 400 Bad Request\r\n" in line.ask(get("/~wiretape/health", HEADER, "Origin: http://page.test"))


@pytest.mark.parametrize("mode", ["record", "auto", "live"])
def test_nothing_goes_live_without_it(mode: str, serving: Serve, own_home: Path) -> None:
    """Neither is it recorded; what is recorded holds no password, wherever the client repeats its base URL."""
    cassette = own_home / f"password-{mode}.cassette"
    strangers = [*LACKING.values(), *LACKING_AT_PROXY.values(), get("/v1/x", "Content-Length: 4", method="PUT")]
    with StandIn(frame_delay_ms=0) as standin:
        options = ("--mode", mode, "-c", str(cassette), "--upstream", standin.url, "--password", WORD)
        with serving("run", *options) as proxy:
            for asked in strangers:
                with proxy.line() as line:
                    line.ask(asked + (b"12345" if b"Content-Length" in asked else b""))
            assert standin.hits == 0
            assert (facts(proxy)["recorded"], facts(proxy)["passed"], facts(proxy)["misses"]) == (0, 0, 0)
            with proxy.line() as line:
                referer = f"Referer: http://127.0.0.1:{proxy.port}/~:{WORD}/v1/models"
                assert b" 200 OK\r\n" in line.ask(get(f"/~:{WORD}/v1/models", referer))
                assert b" 200 OK\r\n" in line.ask(get("/v1/models", HEADER, basic(f"default:{WORD}")))
            assert standin.hits == 2
    if mode == "live":
        return
    assert b"".join(path.read_bytes() for path in own_home.glob(f"{cassette.name}*")).count(WORD.encode()) == 0
    with Cassette.open(cassette) as tape:
        assert [(i.session, i.target) for i in tape.interactions()] == [("default", "/v1/models")] * 2
