"""Generation G4 (2026): as G3, but `response` is an array of blocks and the model says why it stopped.

Sources: SDK 0.8.178, the newest copy of the page on the response object, the guide on authentication.

Contradictions:
    Ids of threads begin with `thrd_`; the docstrings of SDK 0.8 and 5.0 still say `thread_`.
    The documentation's Python sample reads `result.response[0]["text"]`, the SDK hands out a plain dict.
"""

from typing import Annotated

from msgspec import UNSET, Raw, UnsetType

from wiretape.store.aitronos.g3 import Common, tell_common
from wiretape.store.aitronos.vocabulary import stop_reason
from wiretape.store.aitronos.wire import Wire, id_text, json_text, known
from wiretape.store.aitronos.words import Reading, ToolCall

type StopReason = Annotated[str, known("end_turn", "tool_use")]


class Block(Wire):
    """One piece of the response (newest page on the response object).

    Attributes:
        type: `text` or `tool_use`.
        text: of a text.
        id: of a call, `call_…`; a later input answers it by `tool_call_id`.
        name: of the tool.
        input: the arguments, an object.
    """

    type: Annotated[str, known("text", "tool_use")] | UnsetType = UNSET
    text: str | UnsetType | None = UNSET
    id: str | int | UnsetType | None = UNSET
    name: str | UnsetType | None = UNSET
    input: Raw | UnsetType = UNSET


class Answer(Common, kw_only=True):
    """A whole response (SDK 0.8.178, newest page on the response object).

    Attributes:
        success: true.
        response: texts and calls of tools, in their order.
        stop_reason: `end_turn` or `tool_use`.
    """

    response: list[Block]
    success: bool | UnsetType = UNSET
    stop_reason: StopReason | UnsetType | None = UNSET


class Cancelled(Wire):
    """Answer of the cancel endpoint, G3 and G4 (types of the SDKs).

    Attributes:
        success: whether the stream was cancelled.
        cancel_mode: before five seconds `quick_edit` (both messages are deleted), from then on `keep_partial`.
        elapsed_seconds: since the stream began.
        user_message_deleted: in `quick_edit`.
        assistant_response_deleted: in `quick_edit`.
        partial_content_saved: in `keep_partial`.
    """

    success: bool
    cancel_mode: Annotated[str, known("quick_edit", "keep_partial")]
    elapsed_seconds: float | UnsetType | None = UNSET
    user_message_deleted: bool | UnsetType | None = UNSET
    assistant_response_deleted: bool | UnsetType | None = UNSET
    partial_content_saved: bool | UnsetType | None = UNSET


class ModeInfo(Wire):
    """One output mode or reasoning level on offer (types of the SDKs).

    Attributes:
        mode: of an output mode.
        level: of a reasoning level.
        description: for people.
        is_default: whether it is taken where none is asked for.
    """

    mode: str | UnsetType = UNSET
    level: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    is_default: bool | UnsetType | None = UNSET


class OutputModes(Wire):
    """Answer of the endpoint for output modes (types of the SDKs).

    Attributes:
        output_modes: on offer.
        success: optional.
    """

    output_modes: list[ModeInfo]
    success: bool | UnsetType | None = UNSET


class ReasoningLevels(Wire):
    """Answer of the endpoint for reasoning levels (types of the SDKs).

    Attributes:
        reasoning_levels: on offer.
        success: optional.
    """

    reasoning_levels: list[ModeInfo]
    success: bool | UnsetType | None = UNSET


def tell(answer: Answer, reading: Reading) -> None:
    """Puts what *answer* says into *reading*."""
    tell_blocks(answer.response, reading)
    reading.stop_reason = stop_reason(answer.stop_reason)
    tell_common(answer, reading)


def tell_blocks(blocks: list[Block], reading: Reading) -> None:
    """Puts the texts and the calls among *blocks* into *reading*."""
    said = [block.text for block in blocks if isinstance(block.text, str)]
    if said:
        reading.text = "".join(said)
    calls = [_call(block) for block in blocks if block.type == "tool_use"]
    if calls:
        reading.tool_calls = calls


def tell_cancelled(answer: Cancelled, reading: Reading) -> None:
    """Puts how a stream was cancelled into *reading*."""
    reading.status = answer.cancel_mode


def tell_nothing(_answer: OutputModes | ReasoningLevels, _reading: Reading) -> None:
    """A list of what is on offer says nothing of its own."""


def _call(block: Block) -> ToolCall:
    return ToolCall(
        id=id_text(block.id),
        name=block.name or None,
        arguments=json_text(block.input) if block.input else None,
        type=block.type or None,
    )
