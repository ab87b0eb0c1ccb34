"""Bytes of one request and its answer → what was said. Derived, rebuildable, and never a reason to lose a recording.

What is known of the API lies in `aitronos/`: routes, shapes, streams, errors, limits. Here they are put together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from wiretape.store.aitronos import routes
from wiretape.store.aitronos.asked import tell_request
from wiretape.store.aitronos.errors import Envelope, error_of
from wiretape.store.aitronos.hosts import G0_HOST
from wiretape.store.aitronos.limits import told
from wiretape.store.aitronos.mending import mended
from wiretape.store.aitronos.objects import objects
from wiretape.store.aitronos.recognise import recognise
from wiretape.store.aitronos.rest import tell_answer
from wiretape.store.aitronos.streams import tell_objects, tell_sse
from wiretape.store.aitronos.unknown import CAP, unknown_fields
from wiretape.store.aitronos.wire import Json, decoder, tree, without_lone_surrogates
from wiretape.store.aitronos.words import (
    Asked,
    ErrorReading,
    FieldError,
    Limit,
    Limits,
    Paging,
    Reading,
    Served,
    ToolCall,
    Usage,
)
from wiretape.store.encoding import decoded
from wiretape.store.interaction import header
from wiretape.store.kinds import kind_of, plain_kind

if TYPE_CHECKING:
    from wiretape.store.interaction import Headers, Request, ResponseHead

__all__ = [
    "Asked",
    "ErrorReading",
    "FieldError",
    "Limit",
    "Limits",
    "Paging",
    "Reading",
    "Served",
    "ToolCall",
    "Usage",
    "read",
]

_FIRST_ERROR_STATUS = 400
_UNPROCESSABLE = 422


def read(request: Request, head: ResponseHead | None, body: bytes, *, ended: str | None = "complete") -> Reading:
    """What *request* asked and what its answer says. Never raises, whatever the bytes are.

    Args:
        request: as the client meant it, body as on the wire.
        head: of the answer; None where none came.
        body: of the answer, as on the wire, content-encoding included; of a broken one, what there is.
        ended: how the interaction ended; anything but `complete` excuses a body that stops in the middle.
    """
    reading = Reading()
    route: routes.Route | None = None
    try:
        route = _tell_route(request, reading)
        tell_request(_plain(request.body, request.headers), reading)
    except Exception as error:  # noqa: BLE001 - a reading is an opinion about bytes, and no opinion may cost a recording
        reading.problem = f"request: {_complaint(error)}"
    asked, reading.problem = reading.problem, None
    try:
        _tell_answer(route, head, body, reading)
    except Exception as error:  # noqa: BLE001 - as above
        complaint = _complaint(error)
        reading.problem = complaint if ended == "complete" else f"ended early: {complaint}"
    reading.problem = "; ".join(filter(None, (asked, reading.problem))) or None
    if reading.generation == "G1" and request.host.lower() == G0_HOST:
        reading.generation = "G0"
    return reading


def _tell_route(request: Request, reading: Reading) -> routes.Route | None:
    match = routes.match(request.method, request.path)
    if match is None:
        return None
    reading.family, reading.operation = match.route.family, match.route.operation
    reading.ids = dict(match.params)
    reading.thread_id = match.params.get("thread_id")
    reading.response_id = match.params.get("response_id")
    return match.route


def _plain(body: bytes, headers: Headers) -> bytes:
    return decoded(body, header(headers, b"content-encoding")) if body else body


def _tell_answer(route: routes.Route | None, head: ResponseHead | None, body: bytes, reading: Reading) -> None:
    if head is None:
        return
    reading.limits, reading.served = told(head.headers)
    if head.status >= _FIRST_ERROR_STATUS:
        reading.error = ErrorReading(message=_reason(head))
    try:
        # What cannot be unpacked stays this.
        reading.kind = "binary" if body else "empty"
        plain = _plain(body, head.headers)
        reading.kind = kind_of(header(head.headers, b"content-type"), plain)
        if reading.kind == "json":
            _tell_json(route, head, plain, reading)
        elif reading.kind == "sse":
            tell_sse(plain, reading)
        elif reading.kind == "stream":
            tell_objects(plain, reading)
    finally:
        _tell_status(head, reading)


def _tell_status(head: ResponseHead, reading: Reading) -> None:
    """What the head knows better than the body, or where the body is silent."""
    if reading.error is not None:
        if reading.error.status is None and head.status >= _FIRST_ERROR_STATUS:
            reading.error.status = head.status
        if reading.error.fields and head.status == _UNPROCESSABLE:
            # The code that the same error has in an envelope.
            reading.error.code = reading.error.code or "VALIDATION_ERROR"
        reading.error.retry_after = reading.limits.retry_after if reading.limits else None
    if reading.served is not None:
        reading.model = reading.served.model_used or reading.model


def _tell_json(route: routes.Route | None, head: ResponseHead, body: bytes, reading: Reading) -> None:
    try:
        _tell_valid_json(route, head, body, reading)
    except msgspec.DecodeError:
        if _holds_objects(body, reading):
            reading.kind = "stream"
            tell_objects(body, reading)
            return
        try:
            mended_body = without_lone_surrogates(body)
        except ValueError:
            pass
        else:
            _tell_valid_json(route, head, mended_body, reading)
            return
        claim = (header(head.headers, b"content-type") or b"").partition(b";")[0].strip().lower()
        if b"json" not in claim and reading.family != "responses":
            # It only began like JSON.
            reading.kind = plain_kind(claim, body)
            return
        raise


def _holds_objects(body: bytes, reading: Reading) -> bool:
    """Whether what is no JSON is several JSON objects, the last one perhaps cut."""
    spans, rest = objects(body)
    several = len(spans) > 1 or (bool(spans) and rest < len(body))
    # Elsewhere a list that was cut is just that.
    return several and (reading.family == "responses" or not body.lstrip().startswith(b"["))


def _tell_valid_json(route: routes.Route | None, head: ResponseHead, body: bytes, reading: Reading) -> None:
    if head.status >= _FIRST_ERROR_STATUS:
        _tell_envelope(body, _reason(head), reading)
    elif route is not None and route.family == "responses":
        _tell_response(route, body, reading)
    else:
        node = tree(body)
        tell_answer(node, route, reading)
        if isinstance(node, dict) and node.get("success") is False:
            # An answer of its own form that says it failed; its other fields are no news.
            envelope, _ = mended(body, Envelope)
            reading.error = error_of(envelope) if envelope else ErrorReading()


def _tell_response(route: routes.Route, body: bytes, reading: Reading) -> None:
    body = _unwrapped(body)
    shape, answer, problem = recognise(body, route.operation)
    if shape is None:
        _tell_strange(body, reading)
        return
    reading.generation = shape.generation
    shape.tell(answer, reading)
    if problem:
        reading.problem = problem
    _report(tree(body), shape.type, reading)


def _unwrapped(body: bytes) -> bytes:
    """The JSON that a JSON string holds, which SDK 4.5.7 takes for the thing itself."""
    while body.lstrip().startswith(b'"'):
        body = msgspec.json.decode(body, type=str).encode()
    return body


def _tell_strange(body: bytes, reading: Reading) -> None:
    node = tree(body)
    if isinstance(node, dict) and (node.get("success") is False or "error" in node or "detail" in node):
        _tell_envelope(body, None, reading)
        return
    keys = ", ".join(list(node)[:10]) if isinstance(node, dict) else type(node).__name__
    reading.problem = f"of no known family: {keys}"


def _tell_envelope(body: bytes, reason: str | None, reading: Reading) -> None:
    try:
        envelope: Envelope | None = decoder(Envelope).decode(body)
    except msgspec.ValidationError:
        envelope, complaints = mended(body, Envelope)
        reading.problem = "; ".join(complaints)
    if envelope is not None:
        reading.error = error_of(envelope)
        reading.error.message = reading.error.message or reason
        _report(tree(body), Envelope, reading)


def _report(node: Json, type_: object, reading: Reading) -> None:
    found = unknown_fields(node, type_)
    if found:
        reading.unknown = [*reading.unknown, *found][:CAP]


def _reason(head: ResponseHead) -> str | None:
    return head.reason.encode("utf-8", "replace").decode() or None


def _complaint(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if not isinstance(error, ValueError) else str(error)
