"""Between mitmproxy's flows and our structs: bytes and ordered header pairs, nothing interpreted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mitmproxy import http

from wiretape.store.interaction import Request, ResponseHead

_FOREIGN = re.compile(rb"[^\x21-\x7e]")

if TYPE_CHECKING:
    from wiretape.proxy.decide.routing import Origin
    from wiretape.store.interaction import Headers


def target(request: http.Request) -> str:
    """Path and query as sent, bytes that no address may hold percent-encoded, as servers take them."""
    return _FOREIGN.sub(lambda found: b"%%%02X" % found[0][0], request.data.path).decode("ascii")


def request_head(request: http.Request, meant: Origin, target: str) -> Request:
    """*request* as the client meant it, without its body."""
    return Request(
        method=request.method,
        scheme=meant.scheme,
        host=meant.host,
        port=meant.port,
        target=target,
        http_version=request.http_version,
        headers=pairs(request.headers),
    )


def response_head(response: http.Response) -> ResponseHead:
    """The head of *response*."""
    return ResponseHead(
        status=response.status_code,
        reason=response.data.reason.decode("latin-1"),
        http_version=response.http_version,
        headers=pairs(response.headers),
    )


def to_response(head: ResponseHead) -> http.Response:
    """A recorded head as mitmproxy's response, without a body."""
    return http.Response(
        http_version=head.http_version.encode("latin-1"),
        status_code=head.status,
        reason=head.reason.encode("latin-1"),
        headers=http.Headers(head.headers),
        content=None,
        trailers=None,
        timestamp_start=0.0,
        timestamp_end=None,
    )


def pairs(headers: http.Headers) -> Headers:
    """Headers as pairs."""
    return tuple((bytes(name), bytes(value)) for name, value in headers.fields)
