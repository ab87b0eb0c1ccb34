"""A stored request made ready to be sent again, and sent: as it was, but for its secrets, which are not stored."""

from __future__ import annotations

import http.client
import ssl
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import msgspec

from wiretape.proxy.decide.redaction.placeholders import MARK
from wiretape.proxy.decide.routing import API
from wiretape.store.errors import UsageError
from wiretape.store.interaction import address

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from wiretape.proxy.decide.routing import Hosts
    from wiretape.store.interaction import Headers, Request

# Models think for minutes before their first word.
_PATIENCE_SECONDS: Final = 900.0
_READ_BYTES: Final = 256 * 1024


class Proxy(msgspec.Struct, frozen=True):
    """The proxy that records what is sent: its address, and the CAs by which it is known inside a tunnel."""

    url: str
    bundle: Path


class Sending(msgspec.Struct, frozen=True):
    """A request as it goes out.

    Attributes:
        request: as stored, with the target and the headers to send.
        own_api: it goes to the API by the proxy's base URL, else through the proxy to its own host.
    """

    request: Request
    own_api: bool


def parse_header(text: str) -> tuple[str, bytes]:
    """Read `--header`: `NAME: VALUE`; the name comes in lower case.

    Raises:
        UsageError: it is something else.
    """
    name, colon, value = text.partition(":")
    if not colon or not name.strip() or not text.isprintable():
        # The value is a secret, and does not belong into a message.
        raise UsageError("--header takes NAME: VALUE, as in --header 'X-API-Key: …'")
    return name.strip().lower(), value.strip().encode()


def ready(request: Request, identity: str, hosts: Hosts, given: Mapping[str, bytes], key: str | None) -> Sending:
    """*request* with its credentials.

    Args:
        request: as stored, without its body.
        identity: whose request it is.
        hosts: who is the API, as far as the session knows.
        given: values of headers, by names in lower case; they take the place of those that were stored.
        key: the API's key, for credentials that were redacted and not given.
    """
    headers = tuple((name, _credential(name, value, given, key)) for name, value in request.headers)
    target = hosts.inward_of(request) if identity == API else request.target
    return Sending(msgspec.structs.replace(request, headers=headers, target=target), identity == API)


def _credential(name: bytes, value: bytes, given: Mapping[str, bytes], key: str | None) -> bytes:
    known = given.get(name.decode("latin-1").lower())
    if known is not None:
        return known
    if key is not None and MARK in value and name.lower() in (b"x-api-key", b"authorization"):
        return value[: value.index(MARK)] + key.encode()
    return value


def left_out(sending: Sending, body: Iterable[bytes]) -> str | None:
    """Where a request still holds a placeholder in the place of a secret; None where it holds none."""
    for name, value in sending.request.headers:
        if MARK in value:
            return f"header {name.decode('latin-1')}"
    path, _, query = sending.request.target.partition("?")
    for part, text in (("path", path), ("query", query)):
        if MARK.decode() in text:
            return part
    tail = b""
    for piece in body:
        seen = tail + piece
        if MARK in seen:
            return "body"
        tail = seen[1 - len(MARK) :]
    return None


def send(proxy: Proxy, sending: Sending, body: Iterable[bytes], size: int) -> None:
    """Send a request and take its answer to the end.

    Args:
        proxy: where to.
        sending: the request.
        body: its bytes, in pieces.
        size: how many they are.

    Raises:
        OSError, http.client.HTTPException, ValueError: it could not be sent, or its answer broke off.
    """
    request = sending.request
    connection, target, host = _way(proxy, sending)
    try:
        connection.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
        headers, chunked = _headers(request.headers, host, size)
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders()
        try:
            for data in _framed(body) if chunked else body:
                connection.send(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # whoever has heard enough may have answered already
        response = connection.getresponse()
        while response.read(_READ_BYTES):
            pass
    finally:
        connection.close()


def _way(proxy: Proxy, sending: Sending) -> tuple[http.client.HTTPConnection, str, str]:
    """A connection for the request, its target there, and its `Host`."""
    parts, request = urlsplit(proxy.url), sending.request
    assert parts.hostname is not None
    if sending.own_api:
        plain = http.client.HTTPConnection(parts.hostname, parts.port, timeout=_PATIENCE_SECONDS)
        return plain, request.target, parts.netloc
    there = address(request.scheme, request.host, request.port)
    host = there.partition("://")[2]
    if request.scheme == "http":
        plain = http.client.HTTPConnection(parts.hostname, parts.port, timeout=_PATIENCE_SECONDS)
        return plain, there + request.target, host
    trusted = ssl.create_default_context(cafile=str(proxy.bundle))
    tunnel = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=_PATIENCE_SECONDS, context=trusted)
    tunnel.set_tunnel(request.host, request.port)
    return tunnel, request.target, host


def _headers(stored: Headers, host: str, size: int) -> tuple[list[tuple[bytes, bytes]], bool]:
    """The headers in their order, with `Host` and the length as they are now; and whether the body goes in chunks."""
    chunked = any(name.lower() == b"transfer-encoding" for name, _ in stored)
    right = {b"host": host.encode(), b"transfer-encoding": b"chunked"}
    if not chunked:
        right[b"content-length"] = str(size).encode()
    there = {name.lower() for name, _ in stored}
    headers = [(name, right.get(name.lower(), value)) for name, value in stored]
    if b"host" not in there:
        # In HTTP/2 it is no header.
        headers.insert(0, (b"Host", right[b"host"]))
    if size and not chunked and b"content-length" not in there:
        headers.append((b"Content-Length", right[b"content-length"]))
    return headers, chunked


def _framed(body: Iterable[bytes]) -> Iterator[bytes]:
    for data in body:
        if data:
            yield b"%x\r\n%b\r\n" % (len(data), data)
    yield b"0\r\n\r\n"
