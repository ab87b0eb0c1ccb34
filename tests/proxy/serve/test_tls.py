"""Tunnels and TLS: what clients that none of us wrote find, through the environment that we set for them."""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest
import requests

from wiretape.proxy.serve.environment import client_environment
from wiretape.store.aitronos.hosts import API_HOSTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.proxy.serve.conftest import Raw, Replay, Said, Shelf

    type Get = Callable[..., bytes]

HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CONNECTED = b"HTTP/1.1 200 Connection established\r\n\r\n"
API = "api.aitronos.com"
CHUNKED = ((b"Transfer-Encoding", b"chunked"),)


def connect(name: str) -> bytes:
    """A request for a tunnel."""
    return f"CONNECT {name} HTTP/1.1\r\nHost: {name}\r\nProxy-Authorization: Basic ZGVmYXVsdDp5\r\n\r\n".encode()


def trusting(replay: Replay) -> ssl.SSLContext:
    """A context that believes our CA alone, as strictly as Python can."""
    context = ssl.create_default_context(cafile=str(replay.served.ours.certificate))
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def opened(raw: Raw, replay: Replay, name: str, sni: str | None = None) -> ssl.SSLSocket:
    """TLS through a tunnel to *name*."""
    raw.send(connect(name))
    assert raw.until(b"\r\n\r\n") == CONNECTED
    secure = trusting(replay).wrap_socket(raw.socket, server_hostname=sni or name.rpartition(":")[0].strip("[]"))
    raw.socket = secure
    return secure


@pytest.fixture
def environment(replay: Replay, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What a client of the replay finds in its environment, in force."""
    ours = replay.served.ours
    found = client_environment(
        {}, proxy=replay.served.url, certificate=ours.certificate, bundle=ours.bundle, api_hosts=API_HOSTS
    )
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    return found


@pytest.mark.usefixtures("environment")
class TestClients:
    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_httpx(self, scheme: str, replay: Replay) -> None:
        """Forward proxy and tunnel."""
        with httpx.Client() as client:
            for _ in range(3):
                assert client.get(f"{scheme}://{API}/v1/x").text == "hello"
                with client.stream("GET", f"{scheme}://{API}/v1/stream") as stream:
                    assert b"".join(stream.iter_raw()) == b"onetwothree"
            foreign = client.get(f"{scheme}://example.org/")
        assert (foreign.status_code, foreign.headers["x-wiretape-miss"]) == (424, "unknown")
        assert foreign.json()["request"] == f"GET {scheme}://example.org/"
        assert replay.end().served == 6

    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_requests(self, scheme: str) -> None:
        """Another library, another name for the bundle."""
        with requests.Session() as session:
            for _ in range(3):
                assert session.get(f"{scheme}://{API}/v1/x", timeout=30).text == "hello"
                assert session.get(f"{scheme}://{API}/v1/stream", timeout=30).text == "onetwothree"

    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_curl(self, scheme: str) -> None:
        """And a program, with two requests on one connection."""
        url = f"{scheme}://{API}/v1/x"
        done = subprocess.run(["curl", "-sS", url, url], capture_output=True, text=True, check=False)
        assert (done.stdout, done.stderr, done.returncode) == ("hellohello", "", 0)

    def test_a_client_of_its_own_process(self) -> None:
        """Python's own library, by environment alone."""
        script = f"import urllib.request; print(urllib.request.urlopen('https://{API}/v1/x').read())"
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
        assert (done.stdout, done.stderr) == ("b'hello'\n", "")


class TestTunnels:
    def test_keep_alive(self, replay: Replay, get: Get) -> None:
        """Several requests inside, pipelined ones too."""
        with replay.raw() as raw:
            opened(raw, replay, f"{API}:443")
            for _ in range(3):
                raw.send(get() + get("/v1/stream") + get())
                assert raw.read(len(HELLO)) == HELLO
                assert raw.until(b"0\r\n\r\n").startswith(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n")
                assert raw.read(len(HELLO)) == HELLO

    def test_plain_http_inside(self, replay: Replay, get: Get) -> None:
        """Some clients open a tunnel for everything."""
        with replay.raw() as raw:
            raw.send(connect(f"{API}:80"))
            assert raw.until(b"\r\n\r\n") == CONNECTED
            raw.send(get() + get(f"http://{API}/v1/x"))
            assert raw.read(2 * len(HELLO)) == HELLO * 2

    def test_what_comes_with_the_request_for_the_tunnel(self, replay: Replay, get: Get) -> None:
        """Belongs to the tunnel, even behind other requests."""
        said = replay.exchange(get("/v1/stream") + get("/v1/none") + connect(f"{API}:80") + get())
        assert said.endswith(CONNECTED + HELLO)

    def test_a_hello_that_does_not_wait(self, replay: Replay, get: Get) -> None:
        """TLS begun before the tunnel is granted."""
        outgoing, incoming = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = trusting(replay).wrap_bio(incoming, outgoing, server_hostname=API)
        with pytest.raises(ssl.SSLWantReadError):
            tls.do_handshake()
        with replay.raw() as raw:
            raw.send(connect(f"{API}:443") + outgoing.read())
            assert raw.read(len(CONNECTED)) == CONNECTED
            while True:
                incoming.write(raw.socket.recv(65536))
                try:
                    tls.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    continue
            tls.write(get())
            raw.send(outgoing.read())
            read = b""
            while len(read) < len(HELLO):
                try:
                    read += tls.read()
                except ssl.SSLWantReadError:
                    incoming.write(raw.socket.recv(65536))
            assert read == HELLO

    def test_a_foreign_host(self, replay: Replay, get: Get) -> None:
        """Intercepted like any other, so that the app reads why."""
        with replay.raw() as raw:
            opened(raw, replay, "example.org:8443")
            raw.send(get())
            head, body = raw.answer()
        assert head.startswith(b"HTTP/1.1 424 ")
        assert b"GET https://example.org:8443/v1/x" in body

    @pytest.mark.parametrize(
        "name", ["127.0.0.1:443", "[::1]:443", "xn--bcher-kva.example:443", f"{'a' * 60}.test:443"]
    )
    def test_every_host_has_a_certificate(self, replay: Replay, get: Get, name: str) -> None:
        """Names and addresses."""
        with replay.raw() as raw:
            opened(raw, replay, name)
            raw.send(get())
            assert raw.answer()[0].startswith(b"HTTP/1.1 424 ")

    def test_a_hello_may_name_another_host(self, replay: Replay) -> None:
        """The certificate is for whom the hello names."""
        with replay.raw() as raw:
            secure = opened(raw, replay, "127.0.0.1:443", sni="Other.example")
            names = secure.getpeercert()
        assert names is not None
        assert names["subjectAltName"] == (("DNS", "other.example"),)

    def test_certificates_are_made_once(self, replay: Replay) -> None:
        """One for each host, whoever asks."""
        found: set[bytes | None] = set()
        for _ in range(3):
            with replay.raw() as raw:
                found.add(opened(raw, replay, f"{API}:443").getpeercert(binary_form=True))
        assert len(found) == 1

    def test_http_1_1_is_agreed_upon(self, replay: Replay) -> None:
        """A client that offers HTTP/2 as well gets what we speak."""
        context = trusting(replay)
        context.set_alpn_protocols(["h2", "http/1.1"])
        with replay.raw() as raw:
            raw.send(connect(f"{API}:443"))
            raw.until(b"\r\n\r\n")
            with context.wrap_socket(raw.socket, server_hostname=API) as secure:
                assert secure.selected_alpn_protocol() == "http/1.1"

    def test_redirects_stay_in_the_tunnel(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """Under the name and scheme that the client uses."""
        shelf.record(said("/v1/r", status=307, headers=((b"Location", f"http://{API}:80/v1/x".encode()),), chunks=()))
        with shelf.replay() as replay, replay.raw() as raw:
            opened(raw, replay, "freddy-api.aitronos.com:443")
            raw.send(get("/v1/r"))
            assert b"Location: https://freddy-api.aitronos.com/v1/x\r\n" in raw.answer()[0]

    def test_to_ourselves(self, replay: Replay, get: Get) -> None:
        """A base-URL client whose proxy we are."""
        with replay.raw() as raw:
            opened(raw, replay, f"127.0.0.1:{replay.port}")
            raw.send(get())
            assert raw.read(len(HELLO)) == HELLO

    def test_garbage_inside(self, replay: Replay, get: Get) -> None:
        """Refused in words there as well."""
        with replay.raw() as raw:
            opened(raw, replay, f"{API}:443")
            raw.send(get() + b"garbage\r\n\r\n")
            assert raw.read(len(HELLO)) == HELLO
            assert raw.rest().startswith(b"HTTP/1.1 400 ")

    def test_long_and_broken_answers(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """Through TLS like without."""
        piece = bytes(range(256)) * 256
        shelf.record(
            said(chunks=[piece] * 100),
            said("/v1/broken", chunks=[b"a"], headers=CHUNKED, length=False, ended="upstream_error"),
        )
        with shelf.replay() as replay, replay.raw() as raw:
            opened(raw, replay, f"{API}:443")
            raw.send(get() + get("/v1/broken"))
            assert raw.answer()[1] == piece * 100
            assert raw.rest().endswith(b"\r\n\r\n1\r\na\r\n")

    def test_who_does_not_trust_us_is_told_of(self, replay: Replay) -> None:
        """Once, to the person at the terminal: what else would say why an app fails."""
        for _ in range(3):
            with replay.raw() as raw:
                raw.send(connect(f"{API}:443"))
                raw.until(b"\r\n\r\n")
                with pytest.raises(ssl.SSLCertVerificationError):
                    ssl.create_default_context(cadata=None).wrap_socket(raw.socket, server_hostname=API)
        replay.emptied()
        (line,) = replay.lines
        assert line.startswith(f"a client broke off TLS for {API} (")
        assert "must trust the CA" in line

    def test_who_leaves_amid_the_greeting(self, replay: Replay) -> None:
        """Leaves nothing behind."""
        with replay.raw() as raw:
            raw.send(connect(f"{API}:443") + b"\x16\x03\x01")
        with replay.raw() as raw:
            raw.send(connect(f"{API}:443"))
        replay.emptied()


class TestTlsOfOurOwn:
    def test_a_base_url_of_https(self, replay: Replay, get: Get) -> None:
        """The proxy's own port speaks TLS where the client begins with it."""
        with replay.raw() as raw:
            raw.socket = trusting(replay).wrap_socket(raw.socket, server_hostname="127.0.0.1")
            raw.send(get())
            assert raw.read(len(HELLO)) == HELLO

    def test_a_proxy_of_https(self, replay: Replay, get: Get) -> None:
        """A tunnel inside of TLS, and TLS inside of that."""
        context = trusting(replay)
        with replay.raw() as raw:
            raw.socket = outer = context.wrap_socket(raw.socket, server_hostname="localhost")
            raw.send(connect(f"{API}:443"))
            assert raw.until(b"\r\n\r\n") == CONNECTED
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            inner = context.wrap_bio(incoming, outgoing, server_hostname=API)
            read = b""
            asked = False
            while len(read) < len(HELLO):
                try:
                    inner.do_handshake()
                    if not asked:
                        asked = bool(inner.write(get()))
                        outer.sendall(outgoing.read())
                    read += inner.read()
                except ssl.SSLWantReadError:
                    outer.sendall(outgoing.read())
                    incoming.write(outer.recv(65536))
            assert read == HELLO

    def test_a_name_for_loopback(self, replay: Replay) -> None:
        """The certificate is for whatever we are called."""
        context = trusting(replay)
        with (
            socket.create_connection(("127.0.0.1", replay.port)) as plain,
            context.wrap_socket(plain, server_hostname="wiretape.test") as secure,
        ):
            assert secure.version() == "TLSv1.3"
