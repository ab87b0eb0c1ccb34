"""HTTP requests as text, from dumps and from editors."""

from __future__ import annotations

import pytest

from wiretape.addons.formats.rawhttp import is_raw_http, read_raw_http
from wiretape.store.errors import UsageError


def test_a_request_as_it_crossed_the_wire() -> None:
    """Nothing of it is changed."""
    asked = read_raw_http(
        b"POST /v1/x?a=1 HTTP/1.1\r\nHost: api.example:8080\r\nX-Odd:  caf\xe9 \r\nx-odd: 2\r\n"
        b"Content-Length: 4\r\n\r\n\r\n\xff\n"
    )
    assert (asked.method, asked.url, asked.http_version) == ("POST", "http://api.example:8080/v1/x?a=1", "HTTP/1.1")
    assert asked.headers[1:3] == ((b"X-Odd", b"caf\xe9"), (b"x-odd", b"2"))
    assert asked.body == b"\r\n\xff\n"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (b"GET /a HTTP/1.1\nHost: x\n\n", "https://x/a"),
        (b"GET /a HTTP/1.1\nHost: x:443\n", "https://x/a"),
        (b"GET /a HTTP/1.1\nHost: x:80", "http://x/a"),
        (b"\n\nGET http://x/a?b HTTP/2\n\n", "http://x/a?b"),
        (b"GET https://x\n", "https://x/"),
        (b"GET /a?u=http://y HTTP/1.1\nhost: [::1]:81\n\n", "http://[::1]:81/a?u=http://y"),
    ],
)
def test_whose_it_is(text: bytes, url: str) -> None:
    """By its target or its `Host` header; without a port, TLS is meant."""
    assert is_raw_http(text)
    assert read_raw_http(text).url == url


@pytest.mark.parametrize(
    ("head", "body", "taken"),
    [
        (b"Content-Length: 2", b"{}\n", b"{}"),
        (b"Content-Length: 2", b"{} changed", b"{} changed"),
        (b"Content-Length: 20", b"{}", b"{}"),
        (b"X: y", b"{}\n", b"{}\n"),
        (b"Transfer-Encoding: chunked", b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n", b"abcde"),
        (b"Transfer-Encoding: chunked", b"3\nabc\n0\n\n", b"abc"),
    ],
)
def test_bodies(head: bytes, body: bytes, taken: bytes) -> None:
    """As they stand; an editor's last newline is none of theirs where the length says so."""
    assert read_raw_http(b"POST /a HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n" + body).body == taken


def test_folded_headers() -> None:
    """Continued lines are put together."""
    assert read_raw_http(b"GET / HTTP/1.1\nHost: x\nA: b\n  c\n\n").headers[1] == (b"A", b"b c")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"", "line 1 is no request line"),
        (b"hello", "line 1 is no request line such as `POST /v1/models HTTP/1.1`: 'hello'"),
        (b"GET /a HTTP/1.1\nHost: x\nno header\n\n", "line 3 is no header such as `Name: value`: 'no header'"),
        (b"GET /a HTTP/1.1\nX: y\n\n", "no `Host` header"),
        (b"GET a HTTP/1.1\nHost: x\n\n", "the target 'a' begins with no slash"),
        (b"GET ftp://x/ HTTP/1.1\n\n", "no http or https address"),
        (b"GET http://x:p/ HTTP/1.1\n\n", "is no address"),
        (b"POST / HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\nzz", "no chunk size behind 0 bytes: 'zz'"),
        (b"POST / HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n5\nab", "ends inside the chunk behind 0 bytes"),
    ],
)
def test_what_is_wrong_is_said(text: bytes, problem: str) -> None:
    """And in which line."""
    with pytest.raises(UsageError) as caught:
        read_raw_http(text)
    assert problem in str(caught.value)


@pytest.mark.parametrize("text", [b"", b"hello", b"{}", b"hello world", b"curl http://x"])
def test_what_is_none(text: bytes) -> None:
    """Other text is not taken for a request."""
    assert not is_raw_http(text)
