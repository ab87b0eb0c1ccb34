"""HTTP itself: keep-alive, pipelining, chunked bodies, HEAD, interim answers, absolute targets, old versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests

if TYPE_CHECKING:
    import httpx

    from tests.addons.standin.conftest import Raw
    from wiretape.addons.standin import StandIn


def test_pipelined_requests(raw: Raw) -> None:
    """Requests sent in one go are answered in order on one connection."""
    one = b"GET /v1/health/ HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    received = raw.exchange(one + one + last)
    assert received.count(b"HTTP/1.1 200 OK") == 2
    assert received.index(b"HTTP/1.1 404") > received.rindex(b"HTTP/1.1 200")


def test_request_in_small_bites(raw: Raw, standin: StandIn) -> None:
    """A chunked body arrives whole, however it is cut."""
    head = b"POST /v1/threads HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    with raw.connect() as connection:
        for byte in head + b'5\r\n{"tit\r\n9\r\nle":"Hi"}\r\n0\r\n\r\n':
            connection.sendall(bytes([byte]))
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    assert b'"title":"Hi"' in received
    assert standin.requests[0].body == b'{"title":"Hi"}'


def test_head(client: httpx.Client, raw: Raw) -> None:
    """HEAD gets the headers of GET and no body, and the connection can go on."""
    answer = client.head("/v1/models")
    assert int(answer.headers["content-length"]) > 0
    assert answer.content == b""
    received = raw.exchange(
        b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    assert received.split(b"\r\n\r\n")[1].startswith(b"HTTP/1.1 404")


def test_expect_continue(raw: Raw) -> None:
    """A client that waits before its body is told to go on."""
    body = b'{"inputs":[]}'
    with raw.connect() as connection:
        connection.sendall(
            b"POST /v1/model/response HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body)
        )
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK")


def test_absolute_target(raw: Raw, standin: StandIn) -> None:
    """The target may be in the absolute form that proxies get; it is kept as it was sent."""
    assert raw.get("http://api.aitronos.test/v1/models?x=1").status == 200
    assert standin.requests[0].target == "http://api.aitronos.test/v1/models?x=1"
    assert standin.requests[0].path == "/v1/models"


def test_redirect_follows_the_host(raw: Raw, client: httpx.Client) -> None:
    """The redirect to the slash is absolute and names the host that the client named."""
    reply = raw.get("/v1/health?probe=1")
    assert reply.status == 307
    assert reply.headers["location"] == "http://api.test/v1/health/?probe=1"
    assert client.get("/v1/health", follow_redirects=True).json()["status"] == "healthy"


def test_not_modified(client: httpx.Client) -> None:
    """Whoever holds the model list is told so, without a body."""
    tag = client.get("/v1/models").headers["etag"]
    answer = client.get("/v1/models", headers={"If-None-Match": tag})
    assert answer.status_code == 304
    assert answer.content == b""
    assert client.get("/v1/models", headers={"If-None-Match": '"other"'}).status_code == 200


def test_old_version(raw: Raw) -> None:
    """A client of HTTP/1.0 gets no chunks: the connection's end is the stream's."""
    body = b'{"inputs":[],"stream":true}'
    head = b"POST /v1/model/response HTTP/1.0\r\nContent-Length: %d\r\n\r\n" % len(body)
    received = raw.exchange(head + body)
    assert b"Transfer-Encoding" not in received
    assert received.endswith(b"data: [DONE]\n\n")


def test_half_closed(raw: Raw) -> None:
    """A client that has said all it wants still gets its answer."""
    with raw.connect() as connection:
        connection.sendall(b"GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.shutdown(1)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    assert received.startswith(b"HTTP/1.1 200 OK")


def test_not_http(raw: Raw, standin: StandIn) -> None:
    """Bytes that are no HTTP get a 400 and a closed connection, and count for nothing."""
    assert raw.exchange(b"\x16\x03\x01 hello\r\n\r\n").startswith(b"HTTP/1.1 400")
    assert standin.hits == 0


def test_upgrade_is_ignored(raw: Raw) -> None:
    """An offer to speak another protocol is answered in this one, CONNECT with the envelope."""
    reply = raw.get("/v1/models", "Upgrade: h2c", "Connection: Upgrade")
    assert reply.status == 200
    assert raw.exchange(b"CONNECT api.test:443 HTTP/1.1\r\nHost: api.test:443\r\n\r\n").startswith(b"HTTP/1.1 404")


def test_requests_library(standin: StandIn) -> None:
    """The requests library, which buffers and escapes differently, gets on with it too."""
    with requests.Session() as session:
        session.trust_env = False
        body = {"inputs": [{"content": "Grüezi"}], "stream": True}
        answer = session.post(f"{standin.url}/v1/model/response", json=body, stream=True, timeout=30)
        lines = list(answer.iter_lines())
    assert b"data: [DONE]" in lines
    assert b"Gr\\u00fcezi" in standin.requests[0].body
