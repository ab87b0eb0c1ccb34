"""The events of a streamed turn, in the vocabulary of each style."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wiretape.addons.standin.counter import tag
from wiretape.addons.standin.generations import GENERATIONS, neurons
from wiretape.addons.standin.turn import arguments_text

if TYPE_CHECKING:
    from wiretape.addons.standin.jsontext import Json
    from wiretape.addons.standin.turn import Turn


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its name (a comment has none), its payload without the name, and what it adds to the answer's text."""

    name: str
    payload: Json
    text: str = ""


def _oldest(turn: Turn) -> list[Event]:
    thread = turn.thread if isinstance(turn.thread, int) else turn.n

    def event(name: str, status: str, text: str | None = None) -> Event:
        payload: Json = {"status": status, "isResponse": text is not None, "response": text, "threadId": thread}
        return Event(name, payload, text or "" if name == "thread.message.delta" else "")

    return [
        event("thread.run.created", "queued"),
        event("thread.run.in_progress", "in_progress"),
        *(event("thread.message.delta", "in_progress", delta) for delta in turn.deltas),
        event("thread.run.completed", "completed", turn.text),
    ]


def _named(turn: Turn) -> list[Event]:
    opening = Event("response.created", {"id": turn.response_id, "status": "in_progress"})
    closing = Event("response.completed", {"status": "completed", "usage": neurons(turn)})
    if turn.tool:
        item = {"type": "function_call", "name": turn.tool["name"], "arguments": arguments_text(turn)}
        return [opening, Event("response.output_item.added", {"index": 0, "item": item}), closing]
    return [
        opening,
        Event("response.output_item.added", {"index": 0, "item": {"type": "message", "role": "assistant"}}),
        *(Event("response.output_text.delta", {"index": 0, "delta": delta}, delta) for delta in turn.deltas),
        Event("response.output_text.done", {"index": 0, "text": turn.text}),
        closing,
    ]


def _middle(turn: Turn) -> list[Event]:
    """Reasoning, tool calls and text, which styles C and D tell alike."""
    found: list[Event] = []
    if turn.reasoning:
        found += [
            Event("reasoning.started", {}),
            Event("reasoning.content", {"content": turn.reasoning}),
            Event("reasoning.completed", {}),
        ]
    if turn.tool:
        told = {"tool_name": turn.tool["name"], "arguments": turn.tool["arguments"]}
        block = {"type": "tool_call", **told, "success": True, "execution_time_ms": 200 + turn.n % 100}
        return [*found, Event("response.block", {"block": block})]
    if turn.mode in {"blocks", "structured"}:
        return [*found, *(Event("response.block", {"block": block}, turn.text) for block in turn.blocks)]
    return [*found, *(Event("response.content_delta", {"delta": delta}, delta) for delta in turn.deltas)]


def _completed(turn: Turn, generation: str) -> Event:
    whole = GENERATIONS[generation](turn)
    return Event("response.completed", {"status": "completed", **{k: v for k, v in whole.items() if k != "success"}})


def _both(turn: Turn) -> list[Event]:
    created = {"status": "in_progress", "thread_id": turn.thread, "is_summarized": False, "output_mode": turn.mode}
    return [Event("response.created", created), *_middle(turn), _completed(turn, "G3")]


def _data_only(turn: Turn) -> list[Event]:
    person = {"user_id": "usr_1", "org_id": turn.organization}
    processing = {"status": "processing", "thread_id": turn.thread, "message": f"Preparing response {turn.n}"}
    created = {"status": "in_progress", "thread_id": turn.thread, **person, "user_message_id": tag("msg", turn.n)}
    place = {"org_name": "Lab", "timezone": "Europe/Zurich", "country": "CH", "location_source": "profile"}
    return [
        Event("response.processing", processing),
        Event("response.created", {**created, "trace_id": trace_id(turn.n)}),
        Event("response.context", {**person, **place}),
        *_middle(turn),
        _completed(turn, "G4"),
    ]


def trace_id(n: int) -> str:
    """A trace id in the form of a UUID."""
    return f"2fbbf3b6-51a1-4f1b-88e2-{n:012x}"


VOCABULARIES: Final = {"A": _oldest, "B": _named, "C": _both, "D": _data_only}
"""How each style tells a turn."""


def failed(style: str, turn: Turn) -> Event:
    """The event by which a stream of that style tells, in band, that it failed."""
    message = f"The model stopped at answer {turn.n}."
    if style == "A":
        return Event(
            "thread.run.failed", {"status": "failed", "isResponse": False, "response": None, "threadId": turn.n}
        )
    if style == "B":
        return Event("response.failed", {"status": "failed", "error": {"message": message, "code": "model_error"}})
    return Event("response.error", {"status": "failed", "message": message})


def cancelled(thread: str | int, length: int) -> Event:
    """The event that ends a cancelled turn."""
    return Event("response.cancelled", {"status": "cancelled", "thread_id": thread, "partial_content_length": length})
