"""Blocks of an answer: pieces of text, calls of tools and what came back (G3, G4, and their streams)."""

from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import UNSET, Raw, UnsetType

from wiretape.store.aitronos.wire import Wire, json_text, known
from wiretape.store.aitronos.words import ToolCall


class ResponseBlock(Wire):
    """One discrete piece of an answer.

    Attributes:
        type: `text`, `tool_call`, `tool_result` (seed 2).
        content: of a text (seed 2).
        tool_name: of a call or a result (seed 2).
        tool_arguments: of a call, an object (seed 2).
        tool_result: of a result, a string (seed 2).
        arguments: of a call, in the stream's event (page on streaming events).
        success: of a call, in the stream's event (page on streaming events).
        execution_time_ms: of a call, in the stream's event (page on streaming events).
        icon_url: of a tool, G4 (newest page on the response object).
    """

    type: Annotated[str, known("text", "tool_call", "tool_result")] | UnsetType = UNSET
    content: str | UnsetType | None = UNSET
    tool_name: str | UnsetType | None = UNSET
    tool_arguments: Raw | UnsetType = UNSET
    tool_result: str | UnsetType | None = UNSET
    arguments: Raw | UnsetType = UNSET
    success: bool | UnsetType | None = UNSET
    execution_time_ms: int | float | UnsetType | None = UNSET
    icon_url: str | UnsetType | None = UNSET


def tool_calls_of(blocks: Iterable[ResponseBlock]) -> list[ToolCall]:
    """The calls among *blocks*, each with the result that followed it under the same name."""
    calls: list[ToolCall] = []
    for block in blocks:
        if block.type == "tool_result":
            _add_result(calls, block)
        elif block.type == "tool_call" or block.tool_name:
            calls.append(_call(block))
    return calls


def merged(first: list[ToolCall], second: list[ToolCall]) -> list[ToolCall]:
    """One list from two tellings of the same calls: each of *second* completes a call of *first*, or is added."""
    if not first or not second:
        return first or second
    calls = list(first)
    free = list(first)
    for call in second:
        twin = next((one for one in free if _same(one, call)), None)
        if twin is None:
            calls.append(call)
        else:
            free.remove(twin)
            _complete(twin, call)
    return calls


def _add_result(calls: list[ToolCall], block: ResponseBlock) -> None:
    result = block.tool_result if isinstance(block.tool_result, str) else block.content or None
    success = block.success if isinstance(block.success, bool) else None
    for call in calls:
        if call.result is None and call.name == (block.tool_name or call.name):
            call.result = result
            call.success = call.success if success is None else success
            return
    calls.append(ToolCall(name=block.tool_name or None, result=result, success=success))


def _call(block: ResponseBlock) -> ToolCall:
    arguments = block.tool_arguments or block.arguments
    return ToolCall(
        name=block.tool_name or None,
        arguments=json_text(arguments) if arguments else None,
        result=block.tool_result if isinstance(block.tool_result, str) else None,
        success=block.success if isinstance(block.success, bool) else None,
    )


def _same(one: ToolCall, other: ToolCall) -> bool:
    if one.id and other.id:
        return one.id == other.id
    if one.name != other.name:
        return False
    return not one.arguments or not other.arguments or _canonical(one.arguments) == _canonical(other.arguments)


def _canonical(arguments: str) -> object:
    try:
        return msgspec.json.decode(arguments.encode())
    except (msgspec.DecodeError, UnicodeEncodeError):
        return arguments


def _complete(call: ToolCall, other: ToolCall) -> None:
    call.id = call.id or other.id
    call.arguments = call.arguments or other.arguments
    call.result = other.result if call.result is None else call.result
    call.success = other.success if call.success is None else call.success
    call.type = call.type or other.type
