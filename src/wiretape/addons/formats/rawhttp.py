"""An HTTP request as text: request line, headers, a blank line, the body; as a dump holds it or a person writes it."""

from __future__ import annotations

import re

from wiretape.proxy.decide.routing import parse_url
from wiretape.store.errors import UsageError
from wiretape.store.interaction import USUAL_PORTS, Headers, Request, header

_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) +(\S+)(?: +(HTTP/[0-9](?:\.[0-9])?))? *")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def is_raw_http(text: bytes) -> bool:
    """Whether *text* begins like an HTTP request."""
    found = _LINE.fullmatch(text.lstrip(b"\r\n").partition(b"\n")[0].rstrip(b"\r"))
    return found is not None and (found[3] is not None or found[1].isupper())


def read_raw_http(text: bytes) -> Request:
    """The request that *text* is.

    Lines of the head may end with LF alone, as editors write them; the body is taken as it is, chunked ones put
    together. A target without a host belongs to the one of the `Host` header.

    Raises:
        UsageError: it is no HTTP request; the message says in which line.
    """
    head, body = _divided(text.lstrip(b"\r\n"))
    first, *lines = head
    found = _LINE.fullmatch(first)
    if found is None:
        raise UsageError(f"line 1 is no request line such as `POST /v1/models HTTP/1.1`: {_shown(first)}")
    headers = tuple(_headers(lines))
    scheme, host, port, target = _address(found[2], header(headers, b"host") or b"")
    version = (found[3] or b"HTTP/1.1").decode()
    return Request(
        method=found[1].decode(),
        scheme=scheme,
        host=host,
        port=port,
        target=target,
        http_version=version if "." in version else f"{version}.0",
        headers=headers,
        body=_body(headers, body),
    )


def _divided(text: bytes) -> tuple[list[bytes], bytes]:
    """The lines of the head, and what follows its blank line."""
    lines: list[bytes] = []
    at = 0
    while at < len(text):
        end = text.find(b"\n", at)
        line = (text[at:] if end < 0 else text[at:end]).removesuffix(b"\r")
        at = len(text) if end < 0 else end + 1
        if not line:
            break
        lines.append(line)
    return lines or [b""], text[at:]


def _headers(lines: list[bytes]) -> Headers:
    found: list[tuple[bytes, bytes]] = []
    for number, line in enumerate(lines, 2):
        name, colon, value = line.partition(b":")
        if line[:1] in (b" ", b"\t") and found:
            found[-1] = found[-1][0], found[-1][1] + b" " + line.strip()
        elif not colon or not _NAME.fullmatch(name):
            raise UsageError(f"line {number} is no header such as `Name: value`: {_shown(line)}")
        else:
            found.append((name, value.strip()))
    return tuple(found)


def _address(target: bytes, host: bytes) -> tuple[str, str, int, str]:
    """Scheme, host, port and target; a host that is named without a scheme is asked by TLS, as clients do."""
    text = target.decode("utf-8", "surrogateescape")
    absolute = "://" in text.partition("?")[0]
    if not absolute and not host:
        raise UsageError("the request has no `Host` header, and its target names no host: whose request is it?")
    try:
        origin, below = parse_url(text if absolute else f"https://{host.decode('latin-1')}")
    except ValueError as error:
        raise UsageError(f"the request's address {error}") from None
    if absolute:
        return origin.scheme, origin.host, origin.port, below
    if not text.startswith("/"):
        raise UsageError(f"line 1: the target {text!r} begins with no slash")
    return "https" if origin.port == USUAL_PORTS["https"] else "http", origin.host, origin.port, text


def _body(headers: Headers, body: bytes) -> bytes:
    if b"chunked" in (header(headers, b"transfer-encoding") or b"").lower():
        return _unchunked(body)
    size = header(headers, b"content-length")
    if size is not None and size.isdigit() and not body[int(size) :].strip():
        # Behind it stands at most the newline that an editor puts at a file's end.
        return body[: int(size)]
    return body


def _unchunked(body: bytes) -> bytes:
    content = b""
    rest = body
    while True:
        line, newline, rest = rest.partition(b"\n")
        digits = line.partition(b";")[0].strip()
        if not newline or not re.fullmatch(rb"[0-9A-Fa-f]+", digits):
            raise UsageError(f"the chunked body has no chunk size behind {len(content)} bytes: {_shown(line)}")
        size = int(digits, 16)
        if size == 0:
            return content
        if len(rest) < size:
            raise UsageError(f"the chunked body ends inside the chunk behind {len(content)} bytes")
        content += rest[:size]
        rest = rest[size:].removeprefix(b"\r").removeprefix(b"\n")


def _shown(line: bytes) -> str:
    return repr(line[:60].decode("utf-8", "replace")) + ("…" if len(line) > 60 else "")  # noqa: PLR2004 - short enough
