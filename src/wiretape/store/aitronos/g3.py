"""Generation G3 (from 2025-11): one snake_case object whose `response` is a string. Source: seed 2.

Contradictions:
    `response` is not marked optional, and is not included where `output_mode` is `blocks`.
    A block's arguments are `tool_arguments` here, and `arguments` (with `success`, `execution_time_ms`) in the example
    of the streaming event `response.block`.
    The mode is called `blocks` here and `structured` by SDK 0.8 and 5.0.
    `include` offers `usage.detailed`, and no field for a usage, a model or a time is described.
"""

from typing import Any

from msgspec import UNSET, Raw, UnsetType

from wiretape.store.aitronos.blocks import ResponseBlock, merged, tool_calls_of
from wiretape.store.aitronos.usage import AnyUsage
from wiretape.store.aitronos.vocabulary import any_usage
from wiretape.store.aitronos.wire import Wire, id_text, json_text
from wiretape.store.aitronos.words import Reading, ToolCall


class UsedTool(Wire):
    """One tool the model called (seed 2).

    Attributes:
        name: of the tool.
        arguments: an object.
        success: whether it worked.
        result_preview: the result's beginning.
    """

    name: str | UnsetType | None = UNSET
    arguments: Raw | UnsetType = UNSET
    success: bool | UnsetType | None = UNSET
    result_preview: str | UnsetType | None = UNSET


class Tools(Wire):
    """Which tools there were and which were called (seed 2).

    Attributes:
        available: with `include: tools.available`; the items' form is described nowhere.
        used: with `include: tools.used`.
    """

    available: list[Any] | UnsetType | None = UNSET
    used: list[UsedTool] | UnsetType | None = UNSET


class Rule(Wire):
    """One rule that was applied (seed 2).

    Attributes:
        rule_id: of the rule.
        name: of the rule.
        priority: 0 to 100.
        category: optional.
    """

    rule_id: str | int | UnsetType | None = UNSET
    name: str | UnsetType | None = UNSET
    priority: int | UnsetType | None = UNSET
    category: str | UnsetType | None = UNSET


class Common(Wire):
    """What the answers of G3 and G4, and the last event of their streams, have in common.

    Attributes:
        thread_id: `thread_…` in G3, `thrd_…` in G4.
        response_id: optional; `resp_…`.
        is_summarized: whether older messages were condensed to fit.
        response_blocks: where the mode asks for blocks, or tools were used.
        assistant_id: optional.
        reasoning_content: optional; what a reasoning model thought.
        tools: with `include: tools.available` or `tools.used`.
        rules: with `include: rules`.
        usage: inferred from `include: usage.detailed`, form unknown.
        model: inferred, by analogy with the older generations.
    """

    thread_id: str | int | UnsetType | None = UNSET
    response_id: str | int | UnsetType | None = UNSET
    is_summarized: bool | UnsetType | None = UNSET
    response_blocks: list[ResponseBlock] | UnsetType | None = UNSET
    assistant_id: str | int | UnsetType | None = UNSET
    reasoning_content: str | UnsetType | None = UNSET
    tools: Tools | UnsetType | None = UNSET
    rules: list[Rule] | UnsetType | None = UNSET
    usage: AnyUsage | UnsetType | None = UNSET
    model: str | UnsetType | None = UNSET


class Answer(Common, kw_only=True):
    """A whole response (seed 2).

    Attributes:
        success: always true.
        response: the text, with markdown in mode `text`, without in `plain`; absent in `blocks`.
    """

    success: bool
    response: str | UnsetType | None = UNSET


def tell(answer: Answer, reading: Reading) -> None:
    """Puts what *answer* says into *reading*."""
    if isinstance(answer.response, str):
        reading.text = answer.response
    tell_common(answer, reading)


def tell_common(answer: Common, reading: Reading) -> None:
    """Puts what G3 and G4 have in common into *reading*, whose text may be there already."""
    reading.thread_id = id_text(answer.thread_id) or reading.thread_id
    reading.response_id = id_text(answer.response_id) or reading.response_id
    reading.assistant_id = id_text(answer.assistant_id) or reading.assistant_id
    reading.model = answer.model or reading.model
    if isinstance(answer.is_summarized, bool):
        reading.summarized = answer.is_summarized
    if answer.reasoning_content:
        reading.reasoning = answer.reasoning_content
    if answer.usage:
        reading.usage = any_usage(answer.usage)
    if answer.response_blocks:
        _tell_blocks(answer.response_blocks, reading)
    if answer.tools:
        _tell_tools(answer.tools, reading)
    if answer.rules:
        reading.rules = [rule.name or id_text(rule.rule_id) or "" for rule in answer.rules]


def _tell_blocks(blocks: list[ResponseBlock], reading: Reading) -> None:
    if reading.text is None:
        said = [block.content for block in blocks if isinstance(block.content, str)]
        reading.text = "\n".join(said) if said else None
    reading.tool_calls = merged(reading.tool_calls, tool_calls_of(blocks))


def _tell_tools(tools: Tools, reading: Reading) -> None:
    reading.tools_available = [_name(tool) for tool in tools.available or []]
    used = [
        ToolCall(
            name=tool.name or None,
            arguments=json_text(tool.arguments) if tool.arguments else None,
            success=tool.success if isinstance(tool.success, bool) else None,
            result=tool.result_preview if isinstance(tool.result_preview, str) else None,
        )
        for tool in tools.used or []
    ]
    reading.tool_calls = merged(reading.tool_calls, used)


def _name(tool: object) -> str:
    """The name of a tool whose form nobody described: text, or an object with a name of some kind."""
    if isinstance(tool, dict):
        for key in ("name", "tool_name", "tool_key", "id", "type"):
            value = tool.get(key)  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
            if isinstance(value, str):
                return value
    return tool if isinstance(tool, str) else "?"
