"""What sort of answer a response is, told from its head: the word in the `kind` column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wiretape.store.interaction import header

if TYPE_CHECKING:
    from wiretape.store.interaction import Headers

_STREAMS = ("application/x-ndjson", "application/stream+json", "application/json-seq", "application/jsonl")
_TEXTS = ("application/xml", "application/javascript", "application/x-www-form-urlencoded", "application/yaml")


def kind_of(headers: Headers, size: int | None) -> str:
    """The kind of a response with *headers* and a body of *size* bytes (None: not known yet).

    Returns:
        `json`, `sse`, `stream` (framed otherwise), `text`, `binary` or `empty`.
    """
    if size == 0:
        return "empty"
    value = (header(headers, b"content-type") or b"").decode("latin-1").partition(";")[0].strip().lower()
    if value == "text/event-stream":
        return "sse"
    if value in _STREAMS:
        return "stream"
    if value == "application/json" or value.endswith("+json"):
        return "json"
    if value.startswith("text/") or value in _TEXTS or value.endswith("+xml"):
        return "text"
    return "binary"
