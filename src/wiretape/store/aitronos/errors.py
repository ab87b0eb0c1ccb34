"""What the API sends when something went wrong: the envelope of today, validation lists, plain words of old.

Sources: pages on error codes and error handling, the company's own standards (envelope); OpenAPI types of the SDKs
(`detail` list); SDK aitronos 4.5.7 and Swift package (plain words).

Contradictions:
    422 is a `detail` list in the SDKs' types and an envelope with `VALIDATION_ERROR` in the documentation.
    `error` is an object today and was a string.
    `trace_id` is a UUID in the documentation and `req_…` in the company's standards.
    The documentation's sample sends the literal type `error_type`.
"""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Raw, UnsetType

from wiretape.store.aitronos.wire import Wire, json_text, known, whole
from wiretape.store.aitronos.words import ErrorReading, FieldError, Reading

type ErrorType = Annotated[
    str,
    known(
        "client_error",
        "authentication_error",
        "authorization_error",
        "server_error",
        "validation_error",
        "rate_limit_error",
        "error_type",
    ),
]


class ErrorBody(Wire):
    """The inside of an envelope, in streams some of its fields alone (pages on error codes and error handling).

    Attributes:
        code: such as `VALIDATION_ERROR`.
        message: for users.
        system_message: for developers.
        type: which kind of error.
        status: the HTTP status again.
        details: an object, of which the CLI reads `github_errors[].message`.
        trace_id: for the support.
        timestamp: ISO 8601.
    """

    code: str | int | UnsetType | None = UNSET
    message: str | UnsetType | None = UNSET
    system_message: str | UnsetType | None = UNSET
    type: ErrorType | UnsetType | None = UNSET
    status: int | str | UnsetType | None = UNSET
    details: Raw | UnsetType = UNSET
    trace_id: str | UnsetType | None = UNSET
    timestamp: str | int | UnsetType | None = UNSET


class Detail(Wire):
    """One finding of FastAPI's validation (types of the SDKs).

    Attributes:
        loc: the way to the field, names and indexes.
        msg: what is wrong.
        type: the rule that was broken.
        input: what was sent (newer FastAPI).
        ctx: the rule's numbers (newer FastAPI).
        url: a page on the rule (newer FastAPI).
    """

    loc: list[str | int] | UnsetType = UNSET
    msg: str | UnsetType | None = UNSET
    type: str | UnsetType | None = UNSET
    input: Any = UNSET
    ctx: Any = UNSET
    url: str | UnsetType | None = UNSET


class Envelope(Wire):
    """Any error body (pages on error codes and error handling, SDK aitronos 4.5.7, types of the SDKs).

    Attributes:
        success: false.
        error: the inside, or plain words (old).
        message: plain words (old).
        detail: FastAPI's findings, or its plain words.
        status_code: by analogy.
        trace_id: by analogy with the inside.
    """

    success: bool | UnsetType | None = UNSET
    error: ErrorBody | str | UnsetType | None = UNSET
    message: str | UnsetType | None = UNSET
    detail: list[Detail] | str | dict[str, Any] | UnsetType | None = UNSET
    status_code: int | UnsetType | None = UNSET
    trace_id: str | UnsetType | None = UNSET


def error_of(envelope: Envelope) -> ErrorReading:
    """What *envelope* says, from wherever it says it."""
    inner = envelope.error
    found = body_error(inner) if inner else ErrorReading()
    found.message = found.message or envelope.message or None
    found.trace_id = found.trace_id or envelope.trace_id or None
    detail = envelope.detail
    if isinstance(detail, str):
        found.message = found.message or detail
    elif isinstance(detail, list):
        found.fields = [_field(one) for one in detail]
        found.message = found.message or (found.fields[0].message if found.fields else None)
    elif isinstance(detail, dict):
        found.details = found.details or msgspec.json.encode(detail).decode()
    return found


def body_error(body: ErrorBody | str) -> ErrorReading:
    """What the inside of an envelope says; plain words are the message."""
    if isinstance(body, str):
        return ErrorReading(message=body)
    return ErrorReading(
        code=str(body.code) if body.code else None,
        message=body.message or None,
        system_message=body.system_message or None,
        type=body.type or None,
        status=whole(body.status),
        trace_id=body.trace_id or None,
        details=json_text(body.details) if body.details else None,
        timestamp=str(body.timestamp) if body.timestamp else None,
    )


def tell_error(body: ErrorBody | str, reading: Reading) -> None:
    """Puts an error that stands inside an answer or a stream into *reading*."""
    reading.error = body_error(body)


def _field(one: Detail) -> FieldError:
    where = ".".join(str(step) for step in one.loc or [])
    return FieldError(where=where, message=one.msg or None, type=one.type or None)
