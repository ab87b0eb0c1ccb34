"""What a request's body is, and its canonical bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from wiretape.proxy.decide.codings import undone
from wiretape.proxy.decide.jsonform import canonical_json
from wiretape.proxy.decide.multipart import canonical_multipart
from wiretape.proxy.decide.urlform import canonical_form

if TYPE_CHECKING:
    from wiretape.proxy.decide.jsonpath import Path

type BodyKind = Literal["empty", "json", "form", "multipart", "bytes"]


def canonical_body(
    body: bytes, content_type: bytes, content_encoding: bytes, ignored: tuple[Path, ...] = ()
) -> tuple[BodyKind, bytes]:
    """The kind of *body* and its canonical bytes; what is not well-formed is matched by its bytes.

    JSON is tried where the content type says so and wherever a body looks like it, multipart likewise: clients send
    both under wrong content types.
    """
    if body and content_encoding:
        plain = undone(body, content_encoding)
        if plain is None:
            return "bytes", body
        body = plain
    if not body:
        return "empty", b""
    media = content_type.partition(b";")[0].strip().lower()
    form: bytes | None
    if (_opens_json(body) or _is_json(media)) and (form := canonical_json(body, ignored)) is not None:
        return "json", form
    if media == b"application/x-www-form-urlencoded":
        return "form", canonical_form(body)
    if body.startswith(b"--") and (form := canonical_multipart(body, content_type)) is not None:
        return "multipart", form
    return "bytes", body


def _is_json(media: bytes) -> bool:
    return media in {b"application/json", b"text/json"} or media.endswith(b"+json")


def _opens_json(body: bytes) -> bool:
    first = body[:1]
    if first in b" \t\r\n":
        first = body.lstrip(b" \t\r\n")[:1]
    return first in {b"{", b"["}
