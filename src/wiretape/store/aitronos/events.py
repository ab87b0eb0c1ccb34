"""The events of a response stream: one struct per event name, each with the fields of every style that sends it.

Styles (pages on streaming events, streaming mode, reconnecting): how frames look.
    A: bare JSON objects, generation G1, see `g1.py`.
    B: G2. The name on the `event:` line, none in the JSON, no `[DONE]`.
    C: G3. The name on the `event:` line, in the JSON, or in both; no `[DONE]`.
    D: G4. Frames of data only, the name in the JSON, `[DONE]` at the end, an `id:` line or none.

Contradictions:
    `response.output_text.done` has an index on one page and none on the other (B).
    One page shows payloads without an `event` key, an older copy says each has one (C).
    The reconnect page speaks of the frames' `id:` field, the page with examples shows none (D).
    The fields of `response.completed`, `response.heartbeat` and `response.error` in style D are inferred from C.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from msgspec import UNSET, UnsetType

from wiretape.store.aitronos.blocks import ResponseBlock
from wiretape.store.aitronos.errors import ErrorBody
from wiretape.store.aitronos.g2b import Item
from wiretape.store.aitronos.g3 import Common
from wiretape.store.aitronos.g4 import Block, StopReason
from wiretape.store.aitronos.wire import Wire, known
from wiretape.store.aitronos.words import Generation

type Source = Annotated[str, known("replay")]
type Id = str | int | UnsetType | None
type Text = str | UnsetType | None


type Status = Annotated[str, known("processing", "in_progress", "completed", "failed", "cancelled")]


class StreamEvent(Wire):
    """What any event may have.

    Attributes:
        event: the name (C, D).
        source: `replay` where a reconnect sends it again (D).
        status: of the response.
    """

    event: str | UnsetType = UNSET
    source: Source | UnsetType | None = UNSET
    status: Status | UnsetType | None = UNSET


class Processing(StreamEvent):
    """`response.processing`: comes at once, before the work is set up (D).

    Attributes:
        thread_id: `thrd_…`.
        message: for people.
    """

    thread_id: Id = UNSET
    message: Text = UNSET


class Created(StreamEvent):
    """`response.created`: the model begins (B, C, D).

    Attributes:
        id: of the response (B).
        thread_id: of the thread (C, D).
        is_summarized: whether older messages were condensed (C).
        assistant_id: optional (C, D).
        output_mode: as asked for (C).
        user_id: who asks (D).
        org_id: for whom (D).
        user_message_id: of the message just taken in (D).
        trace_id: for the support (D).
    """

    id: Id = UNSET
    thread_id: Id = UNSET
    is_summarized: bool | UnsetType | None = UNSET
    assistant_id: Id = UNSET
    output_mode: Text = UNSET
    user_id: Id = UNSET
    org_id: Id = UNSET
    user_message_id: Id = UNSET
    trace_id: Text = UNSET


class Context(StreamEvent):
    """`response.context`: what the API takes the user's place to be (D).

    Attributes:
        user_id: who asks.
        org_id: for whom.
        org_name: the organization's name.
        timezone: taken as the user's.
        country: two letters.
        location_source: where the place is known from.
        profile_timezone: optional.
        detected_timezone: optional.
        suggested_timezone: optional.
        timezone_mismatch: optional.
    """

    user_id: Id = UNSET
    org_id: Id = UNSET
    org_name: Text = UNSET
    timezone: Text = UNSET
    country: Text = UNSET
    location_source: Text = UNSET
    profile_timezone: Text = UNSET
    detected_timezone: Text = UNSET
    suggested_timezone: Text = UNSET
    timezone_mismatch: bool | UnsetType | None = UNSET


class ItemAdded(StreamEvent):
    """`response.output_item.added`: a new item of the output (B).

    Attributes:
        index: its place.
        item: its type and role.
    """

    index: int | UnsetType | None = UNSET
    item: Item | UnsetType | None = UNSET


class TextDelta(StreamEvent):
    """`response.output_text.delta` (B) and `response.content_delta` (C, D): a piece of text.

    Attributes:
        delta: the piece.
        index: of the item (B).
    """

    delta: Text = UNSET
    index: int | UnsetType | None = UNSET


class TextDone(StreamEvent):
    """`response.output_text.done`: the whole text (B).

    Attributes:
        text: the text.
        index: of the item, on one of two pages.
    """

    text: Text = UNSET
    index: int | UnsetType | None = UNSET


class BlockEvent(StreamEvent):
    """`response.block`: a whole block (C, D).

    Attributes:
        block: a text, a call, a result.
    """

    block: ResponseBlock | UnsetType | None = UNSET


class Reasoning(StreamEvent):
    """`reasoning.started`, `reasoning.content`, `reasoning.completed` (C, D).

    Attributes:
        content: a piece of what the model thinks, in `reasoning.content`.
    """

    content: Text = UNSET


class Completed(Common):
    """`response.completed`: the end that was hoped for, with all of it once more (B, C, D).

    Attributes:
        event: as of any event.
        source: as of any event.
        status: as of any event.
        response: text (C) or blocks (D); absent in mode `blocks`.
        stop_reason: inferred from the answer without a stream (D).
        id: of the response, inferred (B).
    """

    event: str | UnsetType = UNSET
    source: Source | UnsetType | None = UNSET
    status: Status | UnsetType | None = UNSET
    response: str | list[Block] | UnsetType | None = UNSET
    stop_reason: StopReason | UnsetType | None = UNSET
    id: Id = UNSET


class Failed(StreamEvent):
    """`response.failed` (B), `response.error` (C, D), `error`: the other end.

    Attributes:
        error: message and code (B), or words.
        message: what went wrong (C).
        code: inferred (D).
        trace_id: inferred (D).
        thread_id: inferred (D).
        type: inferred (D).
    """

    error: ErrorBody | str | UnsetType | None = UNSET
    message: Text = UNSET
    code: Text = UNSET
    trace_id: Text = UNSET
    thread_id: Id = UNSET
    type: Text = UNSET


class CancelledEvent(StreamEvent):
    """`response.cancelled`: somebody called the cancel endpoint (D).

    Attributes:
        thread_id: of the thread.
        partial_content_length: how much was said by then.
    """

    thread_id: Id = UNSET
    partial_content_length: int | UnsetType | None = UNSET


class Heartbeat(StreamEvent):
    """`response.heartbeat`: a keep-alive, about every 30 seconds (D).

    Attributes:
        timestamp: inferred.
    """

    timestamp: Any = UNSET


EVENTS: Final[Mapping[str, type[StreamEvent | Completed]]] = {
    "response.processing": Processing,
    "response.created": Created,
    "response.context": Context,
    "response.output_item.added": ItemAdded,
    "response.output_text.delta": TextDelta,
    "response.output_text.done": TextDone,
    "response.content_delta": TextDelta,
    "response.block": BlockEvent,
    "reasoning.started": Reasoning,
    "reasoning.content": Reasoning,
    "reasoning.completed": Reasoning,
    "response.completed": Completed,
    "response.failed": Failed,
    "response.error": Failed,
    "error": Failed,
    "response.cancelled": CancelledEvent,
    "response.heartbeat": Heartbeat,
}
"""Event name → its struct. Never a closed union: an event of another name is kept and reported."""

ENDS: Final = frozenset({"response.completed", "response.failed", "response.error", "error", "response.cancelled"})
"""Events after which nothing but `[DONE]` follows."""

DONE: Final = "[DONE]"
"""The data of the last frame of style D. It is no JSON."""

GENERATION_OF: Final[Mapping[str, Generation]] = {
    "response.processing": "G4",
    "response.context": "G4",
    "response.heartbeat": "G4",
    "response.cancelled": "G4",
    "response.content_delta": "G3",
    "response.block": "G3",
    "response.error": "G3",
    "reasoning.started": "G3",
    "reasoning.content": "G3",
    "reasoning.completed": "G3",
    "response.output_item.added": "G2b",
    "response.output_text.delta": "G2b",
    "response.output_text.done": "G2b",
    "response.failed": "G2b",
}
"""Event name → the first generation that sends it. One word of style B makes a stream G2b, whose words for the output
it shares; else `[DONE]`, blocks in `response`, an id that begins with `thrd_` or an event of G4 alone make it G4."""

OTHER_ENDS: Final = frozenset({"complete", "completed", "done", "stopped", "failed", "error", "cancelled"})
"""Event names that end the streams of other endpoints: research (done, stopped, failed), file search (complete)."""
