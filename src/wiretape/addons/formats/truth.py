"""Headers made true to a body that another tool undid: formats keep bodies joined, and some keep them decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wiretape.proxy.decide.codings import undone
from wiretape.store.encoding import Undecodable, decoded

if TYPE_CHECKING:
    from wiretape.store.interaction import Headers

_FIRST_BYTES = {b"gzip": b"\x1f\x8b", b"x-gzip": b"\x1f\x8b", b"zstd": b"\x28\xb5\x2f\xfd"}
_BODYLESS = (204, 304)
_FIRST_FINAL = 200


def true_headers(headers: Headers, body: bytes, *, method: str, status: int) -> Headers:
    """*headers* of an answer, telling *body* as it is.

    A `Content-Encoding` that the body does not wear any more goes. `Transfer-Encoding` says `chunked` and nothing else,
    and rules out a `Content-Length`; a `Content-Length` counts the body. Answers that have none (to HEAD, 204, 304)
    keep theirs, which speak of another.

    Args:
        headers: as recorded.
        body: what is to be served.
        method: of the request.
        status: of the answer.
    """
    if method.upper() == "HEAD" or status in _BODYLESS or status < _FIRST_FINAL:
        return headers
    chunked = any(name.lower() == b"transfer-encoding" for name, _ in headers)
    dropped = {b"content-length"} if chunked else set[bytes]()
    coding = b",".join(value for name, value in headers if name.lower() == b"content-encoding")
    if body and not worn(body, coding):
        dropped.add(b"content-encoding")
    true: list[tuple[bytes, bytes]] = []
    for name, value in headers:
        match name.lower():
            case lower if lower in dropped:
                continue
            case b"content-length":
                true.append((name, str(len(body)).encode()))
                dropped.add(b"content-length")
            case b"transfer-encoding":
                true.append((name, b"chunked"))
                dropped.add(b"transfer-encoding")
            case _:
                true.append((name, value))
    return tuple(true)


def worn(body: bytes, content_encoding: bytes) -> bool:
    """Whether *body* is encoded as the header says. Of a coding nobody here knows, it is believed."""
    codings = [coding.strip().lower() for coding in content_encoding.split(b",") if coding.strip()]
    match codings[-1] if codings else b"identity":
        case b"gzip" | b"x-gzip" | b"zstd" as last:
            # A cut or doubled one is still what clients undo as far as they can.
            return body.startswith(_FIRST_BYTES[last])
        case b"deflate":
            return undone(body, b"deflate") is not None
        case b"br":
            return _brotli(body)
        case _:
            return True


def _brotli(body: bytes) -> bool:
    try:
        decoded(body, b"br")
    except Undecodable:
        return not _is_text(body)
    return True


def _is_text(body: bytes) -> bool:
    """Brotli has no mark to know it by: without its package, what reads as text is taken for decoded."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
