"""What a body is, by the type it claims and by how it begins; the claim may be missing or wrong."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wiretape.store.aitronos.words import Kind

_CLAIMS: Final[Mapping[bytes, Kind]] = {
    b"text/event-stream": "sse",
    b"application/x-ndjson": "stream",
    b"application/ndjson": "stream",
    b"application/jsonl": "stream",
    b"application/x-jsonl": "stream",
}
_BINARY: Final = (
    b"image/",
    b"audio/",
    b"video/",
    b"font/",
    b"application/zip",
    b"application/pdf",
    b"application/gzip",
)
_SSE_STARTS: Final = (b"data:", b"event:", b"id:", b"retry:", b":")
_BOM: Final = b"\xef\xbb\xbf"
_SNIFFED: Final = 4096


def kind_of(content_type: bytes | None, body: bytes) -> Kind:
    """The kind of *body*; `json` is a promise still to be tried."""
    if not body:
        return "empty"
    claim = (content_type or b"").partition(b";")[0].strip().lower()
    claimed = _claimed(claim)
    if claimed is None:
        return _sniffed(claim, body)
    # A stream may come under the type of the answer it replaces.
    return "sse" if claimed == "json" and _begins(body, _SSE_STARTS) else claimed


def _claimed(claim: bytes) -> Kind | None:
    if claim.endswith((b"/json", b"+json")):
        return "json"
    return "binary" if claim.startswith(_BINARY) else _CLAIMS.get(claim)


def _sniffed(claim: bytes, body: bytes) -> Kind:
    if _begins(body, (b"{", b"[")) and claim != b"text/html":
        return "json"
    return "sse" if _begins(body, _SSE_STARTS[:-1]) else plain_kind(claim, body)


def plain_kind(claim: bytes, body: bytes) -> Kind:
    """`text` or `binary`, for what is neither JSON nor a stream."""
    if claim.startswith(b"text/"):
        return "text"
    try:
        # Not final: a character that the cut splits is no sign of anything.
        codecs.utf_8_decode(body[:_SNIFFED], "strict", False)
    except UnicodeDecodeError:
        return "binary"
    return "binary" if b"\0" in body[:_SNIFFED] else "text"


def _begins(body: bytes, starts: tuple[bytes, ...]) -> bool:
    return body[:64].removeprefix(_BOM).lstrip().startswith(starts)
