"""What each event of a response stream adds to the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from wiretape.store.aitronos import events, g2b, g3, g4
from wiretape.store.aitronos.blocks import ResponseBlock, merged, tool_calls_of
from wiretape.store.aitronos.errors import body_error
from wiretape.store.aitronos.vocabulary import stop_reason
from wiretape.store.aitronos.wire import Wire, id_text
from wiretape.store.aitronos.words import ErrorReading

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wiretape.store.aitronos.words import Reading


class Parts(msgspec.Struct):
    """The pieces of a stream before they are put together.

    Attributes:
        text: deltas.
        done: the whole text, where an event before the end tells it.
        thoughts: pieces of the reasoning.
        blocks: whole blocks.
        told: number of events that were taken.
    """

    text: list[str] = []
    done: str | None = None
    thoughts: list[str] = []
    blocks: list[ResponseBlock] = []
    told: int = 0


def take(event: Wire, parts: Parts, reading: Reading) -> bool:
    """Adds *event*; whether it holds what only G4 sends."""
    parts.told += 1
    status = getattr(event, "status", None)
    if isinstance(status, str):
        reading.status = status
    thread_id = id_text(getattr(event, "thread_id", None))
    reading.thread_id = thread_id or reading.thread_id
    _TAKERS[type(event)](event, parts, reading)
    return isinstance(getattr(event, "response", None), list)


def finish(parts: Parts, reading: Reading) -> None:
    """Puts the pieces together; what the last event told as a whole stays."""
    if reading.text is None:
        reading.text = "".join(parts.text) if parts.text else parts.done
    if reading.reasoning is None and parts.thoughts:
        reading.reasoning = "".join(parts.thoughts)
    if parts.blocks:
        reading.tool_calls = merged(reading.tool_calls, tool_calls_of(parts.blocks))
        if reading.text is None:
            said = [block.content for block in parts.blocks if block.type == "text" and block.content]
            reading.text = "\n".join(said) or None


def _delta(event: events.TextDelta, parts: Parts, _reading: Reading) -> None:
    if event.delta:
        parts.text.append(event.delta)


def _item(event: events.ItemAdded, _parts: Parts, reading: Reading) -> None:
    call = g2b.call_of(event.item) if event.item else None
    if call:
        reading.tool_calls = [*reading.tool_calls, call]


def _done(event: events.TextDone, parts: Parts, _reading: Reading) -> None:
    if isinstance(event.text, str):
        parts.done = (parts.done or "") + event.text


def _block(event: events.BlockEvent, parts: Parts, _reading: Reading) -> None:
    if event.block:
        parts.blocks.append(event.block)


def _reasoning(event: events.Reasoning, parts: Parts, _reading: Reading) -> None:
    if event.content:
        parts.thoughts.append(event.content)


def _created(event: events.Created, _parts: Parts, reading: Reading) -> None:
    reading.response_id = id_text(event.id) or reading.response_id
    reading.assistant_id = id_text(event.assistant_id) or reading.assistant_id
    if isinstance(event.is_summarized, bool):
        reading.summarized = event.is_summarized
    for name in ("user_id", "org_id", "user_message_id", "trace_id"):
        value = id_text(getattr(event, name))
        if value:
            reading.ids = {**reading.ids, name: value}


def _completed(event: events.Completed, _parts: Parts, reading: Reading) -> None:
    if isinstance(event.response, str):
        reading.text = event.response
    elif event.response:
        g4.tell_blocks(event.response, reading)
    reading.response_id = id_text(event.id) or reading.response_id
    reading.stop_reason = stop_reason(event.stop_reason)
    g3.tell_common(event, reading)


def _failed(event: events.Failed, _parts: Parts, reading: Reading) -> None:
    error = body_error(event.error) if event.error else ErrorReading()
    error.message = error.message or event.message or None
    error.code = error.code or event.code or None
    error.trace_id = error.trace_id or event.trace_id or None
    error.type = error.type or event.type or None
    reading.error = error


def _heartbeat(_event: events.Heartbeat, _parts: Parts, reading: Reading) -> None:
    reading.heartbeats += 1


def _nothing(_event: events.StreamEvent, _parts: Parts, _reading: Reading) -> None:
    """Its status and its thread are all it tells."""


_TAKERS: Final[Mapping[type, Callable[[Any, Parts, Reading], None]]] = {
    events.Processing: _nothing,
    events.Created: _created,
    events.Context: _nothing,
    events.ItemAdded: _item,
    events.TextDelta: _delta,
    events.TextDone: _done,
    events.BlockEvent: _block,
    events.Reasoning: _reasoning,
    events.Completed: _completed,
    events.Failed: _failed,
    events.CancelledEvent: _nothing,
    events.Heartbeat: _heartbeat,
}
