"""Errors as the API tells them: its statuses and codes, and the dialects of their bodies."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, Final

from wiretape.addons.standin.answer import Answer
from wiretape.addons.standin.counter import iso_time, tag
from wiretape.addons.standin.jsontext import dumps

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wiretape.addons.standin.call import Call
    from wiretape.addons.standin.jsontext import Json


@dataclass(frozen=True, slots=True)
class Failure:
    """What the API says with a status."""

    code: str
    kind: str
    message: str
    dialect: str = "envelope"


FAILURES: Final[Mapping[int, Failure]] = {
    400: Failure("BAD_REQUEST", "client_error", "The request could not be understood."),
    401: Failure("AUTHENTICATION_REQUIRED", "authentication_error", "Authentication is required."),
    403: Failure("INSUFFICIENT_PERMISSIONS", "authorization_error", "You may not do this."),
    404: Failure("NOT_FOUND", "client_error", "There is nothing here."),
    405: Failure("METHOD_NOT_ALLOWED", "client_error", "This method is not allowed here."),
    408: Failure("REQUEST_TIMEOUT", "client_error", "The request took too long."),
    409: Failure("CONFLICT", "client_error", "Somebody else was faster."),
    416: Failure("RANGE_NOT_SATISFIABLE", "client_error", "The range lies outside."),
    422: Failure("VALIDATION_ERROR", "validation_error", "The request is not valid."),
    425: Failure("TOO_EARLY", "client_error", "Too early."),
    429: Failure("RATE_LIMIT_EXCEEDED", "rate_limit_error", "Too many requests."),
    500: Failure("INTERNAL_SERVER_ERROR", "server_error", "Something went wrong."),
    502: Failure("BAD_GATEWAY", "server_error", "Bad Gateway", "html"),
    503: Failure("SERVICE_UNAVAILABLE", "server_error", "The service is not available."),
}


@dataclass(frozen=True, slots=True)
class _Told:
    """All that a dialect may want to tell."""

    n: int
    status: int
    code: str
    kind: str
    message: str
    field: str


def failure(
    call: Call, status: int, *, code: str = "", message: str = "", dialect: str = "", field: str = "inputs"
) -> Answer:
    """An error answer, in the dialect that the request asked for, else the one named here, else the status's own."""
    usual = FAILURES[status]
    chosen = call.scenario.errors or dialect or usual.dialect
    told = _Told(call.n, status, code or usual.code, usual.kind, message or usual.message, field)
    content_type, body = DIALECTS[chosen](told)
    answer = Answer(status, [("Content-Type", content_type)] if content_type else [], body)
    answer.headers += _waiting(call, status)
    return answer


def _waiting(call: Call, status: int) -> list[tuple[str, str]]:
    """The headers that tell a client when to come back."""
    asked = call.scenario.retry_after
    seconds = int(asked) if asked.isdigit() else 1
    told = formatdate(call.now + seconds, usegmt=True) if asked == "date" else str(seconds)
    if status == 429:  # noqa: PLR2004 - see the table above
        reset = str(int(call.now) + seconds)
        return [
            ("Retry-After", told),
            ("X-RateLimit-Remaining", "0"),
            ("X-RateLimit-Reset", reset),
            ("X-RateLimit-Retry-After", str(seconds)),
        ]
    return [("retry-after", told)] if asked else []


def _json(value: Any) -> tuple[str, bytes]:
    return "application/json", dumps(value)


def _envelope(told: _Told) -> tuple[str, bytes]:
    error: Json = {
        "code": told.code,
        "message": told.message,
        "system_message": f"{told.message} (answer {told.n})",
        "type": told.kind,
        "status": told.status,
        "details": {},
        "trace_id": tag("req", told.n),
        "timestamp": iso_time(told.n),
    }
    return _json({"success": False, "error": error})


def _detail(told: _Told) -> tuple[str, bytes]:
    entry = {"loc": ["body", told.field], "msg": f"{told.message} (answer {told.n})", "type": told.code.lower()}
    return _json({"detail": [entry]})


def _string(told: _Told) -> tuple[str, bytes]:
    return _json({"error": f"{told.message} (answer {told.n})"})


def _message(told: _Told) -> tuple[str, bytes]:
    return _json({"message": f"{told.message} (answer {told.n})"})


def _html(told: _Told) -> tuple[str, bytes]:
    title = f"{told.status} {told.message}"
    page = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
        f"<hr><center>nginx, answer {told.n}</center>\r\n</body>\r\n</html>\r\n"
    )
    return "text/html", page.encode()


def _empty(told: _Told) -> tuple[str, bytes]:
    del told
    return "", b""


DIALECTS: Final[Mapping[str, Callable[[_Told], tuple[str, bytes]]]] = {
    "envelope": _envelope,
    "detail": _detail,
    "string": _string,
    "message": _message,
    "html": _html,
    "empty": _empty,
}
"""The bodies that errors of this API have been seen to have."""
