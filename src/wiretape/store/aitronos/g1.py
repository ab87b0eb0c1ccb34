"""Generations G0 and G1 (2024-09 to 2025-03): runs on threads, told as events with integer ids.

An answer is an array of events, a stream of bare event objects, or JSON text that holds one of these as a string. Runs
could also be polled: run-create, run-status, run-response. Of G0 only the addresses are known, its answers are opaque.

Contradictions:
    Absent `stream` means a stream here, and none since G2.
    run-status and run-response were asked by POST (Swift) and by GET with a JSON body (older Python sources).
"""

from collections.abc import Sequence
from typing import Annotated

from msgspec import UNSET, UnsetType

from wiretape.store.aitronos.wire import Wire, id_text, known
from wiretape.store.aitronos.words import ErrorReading, Reading

DELTA = "thread.message.delta"
COMPLETED = "thread.run.completed"
FAILURES = frozenset({"thread.run.failed", "error"})
ENDS = frozenset({COMPLETED, *FAILURES})
"""Events after which nothing follows; no other end is marked in a G1 stream."""

type EventName = Annotated[
    str,
    known(
        "thread.run.created",
        "thread.run.queued",
        "thread.run.in_progress",
        "thread.run.completed",
        "thread.run.failed",
        "thread.run.step.created",
        "thread.run.step.in_progress",
        "thread.run.step.delta",
        "thread.run.step.completed",
        "thread.message.created",
        "thread.message.in_progress",
        "thread.message.delta",
        "thread.message.completed",
        "error",
    ),
]
type RunState = Annotated[
    str,
    known(
        "queued",
        "in_progress",
        "requires_action",
        "cancelling",
        "completed",
        "cancelled",
        "failed",
        "incomplete",
        "expired",
    ),
]


class RunEvent(Wire, rename="camel"):
    """One event of a run (SDK aitronos 4.5.7, Swift package).

    Attributes:
        event: what happened.
        status: state of the run.
        is_response: whether `response` is text for the user; both parsers drop an event without it.
        response: a piece of text in a delta, the whole text at the end.
        response_type: kind of text, values unknown.
        thread_id: an integer; both parsers drop an event without it.
        message: of an error, inferred from the error bodies of that time.
        error: of an error, inferred as above.
    """

    event: EventName
    status: RunState | UnsetType | None = UNSET
    is_response: bool | UnsetType | None = UNSET
    response: str | UnsetType | None = UNSET
    response_type: str | UnsetType | None = UNSET
    thread_id: int | str | UnsetType | None = UNSET
    message: str | UnsetType | None = UNSET
    error: str | UnsetType | None = UNSET


class RunCreated(Wire, rename="camel"):
    """Answer of run-create (Swift package, older Python sources).

    Attributes:
        run_key: what to poll for.
        thread_key: what to poll in.
    """

    run_key: int | str
    thread_key: int | str | UnsetType | None = UNSET


class RunStatus(Wire, rename="camel"):
    """Answer of run-status (Swift package, older Python sources).

    Attributes:
        run_status: state of the run.
    """

    run_status: RunState | None


class RunResponse(Wire):
    """Answer of run-response, also taken from run-stream (SDK aitronos 4.5.7, Swift package).

    Attributes:
        response: the whole text.
    """

    response: str | None


def tell_events(events: Sequence[RunEvent], reading: Reading) -> None:
    """Puts a run's events into *reading*: the finished text, else the pieces that came."""
    for event in events:
        if isinstance(event.status, str):
            reading.status = event.status
        reading.thread_id = id_text(event.thread_id) or reading.thread_id
        if event.event in FAILURES:
            reading.error = _failure(event)
    reading.events = len(events)
    reading.text = _text(events)


def tell_event(event: RunEvent, reading: Reading) -> None:
    """Puts a single event into *reading*."""
    tell_events([event], reading)


def tell_opaque(_answer: object, _reading: Reading) -> None:
    """An answer of G0: JSON whose form nobody wrote down."""


def tell_created(answer: RunCreated, reading: Reading) -> None:
    """Puts a run's keys into *reading*."""
    reading.response_id = id_text(answer.run_key)
    reading.thread_id = id_text(answer.thread_key)


def tell_status(answer: RunStatus, reading: Reading) -> None:
    """Puts a run's state into *reading*."""
    reading.status = answer.run_status


def tell_response(answer: RunResponse, reading: Reading) -> None:
    """Puts a run's text into *reading*."""
    reading.text = answer.response


def _text(events: Sequence[RunEvent]) -> str | None:
    said = [event for event in events if isinstance(event.response, str)]
    for event in said:
        if event.event == COMPLETED:
            return event.response or ""
    pieces = [event.response or "" for event in said if event.event == DELTA and event.is_response]
    if pieces:
        return "".join(pieces)
    # As SDK 4.5.7 does: without a finished run, the last event that has a response.
    return (said[-1].response or "") if said else None


def _failure(event: RunEvent) -> ErrorReading:
    words = [word for word in (event.message, event.error, event.response) if isinstance(word, str)]
    return ErrorReading(code=event.event, message=words[0] if words else None)
