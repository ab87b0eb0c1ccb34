"""Generation G2a (2025): `choices`, camelCase, usage in neurons and synapses. Source: seed 1.

No SDK decodes it and its page calls itself "in development", so it may never have been live.

Contradictions:
    `finishReason` is listed with `toolCalls`, its example says `tool_calls`, the guide on synapses and tokens calls the
    field `finish_reason` and the value `tool_call`.
    `content` is said to be a string or an array, and is null in two of four examples.
    `logprobs` is said to be an optional object, and is null in all examples.
    `threadId` is said to be optional, and is always there, null where there is no thread.
    `systemFingerprint` has two formats in the examples.
    Tool types mix `fileSearch` with `image_generation`.
    The page mentions a parameter `n` that no request page has.
"""

from typing import Annotated, Any

from msgspec import UNSET, UnsetType, field

from wiretape.store.aitronos.usage import NeuronUsage
from wiretape.store.aitronos.vocabulary import neuron_usage, stop_reason
from wiretape.store.aitronos.wire import Wire, id_text, known
from wiretape.store.aitronos.words import Reading, ToolCall

type FinishReason = Annotated[
    str, known("stop", "length", "toolCalls", "tool_calls", "tool_call", "content_filter", "function_call")
]
type ToolType = Annotated[
    str,
    known("function", "fileSearch", "webSearch", "codeInterpreter", "image_generation", "computer_use_preview", "mcp"),
]


class Function(Wire):
    """The function a tool call names (seed 1).

    Attributes:
        name: of the function.
        arguments: a string that holds JSON.
    """

    name: str | UnsetType | None = UNSET
    arguments: str | UnsetType | None = UNSET


class Call(Wire):
    """One tool call (seed 1).

    Attributes:
        id: `call_…`.
        type: which kind of tool.
        function: where the type is `function`.
    """

    id: str | int | UnsetType | None = UNSET
    type: ToolType | UnsetType | None = UNSET
    function: Function | UnsetType | None = UNSET


class Part(Wire):
    """One part of structured content, an array that seed 1 names and does not show (inferred).

    Attributes:
        type: `text`, as in the inputs.
        text: the text.
    """

    type: str | UnsetType | None = UNSET
    text: str | UnsetType | None = UNSET


class Message(Wire, rename="camel"):
    """What the model said (seed 1).

    Attributes:
        role: always `assistant`.
        content: text, or parts; null beside tool calls and refusals.
        tool_calls: what it wants called.
        refusal: why it would not answer.
    """

    role: Annotated[str, known("assistant")] | UnsetType | None = UNSET
    content: str | list[Part] | UnsetType | None = UNSET
    tool_calls: list[Call] | UnsetType | None = UNSET
    refusal: str | UnsetType | None = UNSET


class Logprobs(Wire):
    """Log probabilities, whose items no page shows (seed 1).

    Attributes:
        content: of the content's tokens.
        refusal: of the refusal's tokens.
    """

    content: list[Any] | UnsetType | None = UNSET
    refusal: list[Any] | UnsetType | None = UNSET


class Choice(Wire):
    """One completion (seed 1).

    Attributes:
        index: its place.
        message: what was said.
        finish_reason_camel: why it ended (seed 1).
        finish_reason: the same in the guide on synapses and tokens.
        logprobs: null in all examples.
    """

    index: int | UnsetType = UNSET
    message: Message | UnsetType | None = UNSET
    finish_reason_camel: FinishReason | UnsetType | None = field(default=UNSET, name="finishReason")
    finish_reason: FinishReason | UnsetType | None = UNSET
    logprobs: Logprobs | UnsetType | None = UNSET


class Answer(Wire, rename="camel"):
    """A whole response (seed 1).

    Attributes:
        id: `resp_` and letters or digits; two examples have more underscores.
        object: always `response`.
        created_at: unix seconds.
        model: such as `gpt-4o`.
        choices: typically one.
        usage: what it cost.
        organization_id: `org_…`.
        thread_id: null where there is no thread.
        metadata: echo of the request's, the user's own keys.
        system_fingerprint: such as `fp_2024_10_04`.
        service_tier: `flex` and `priority` are named by newer request pages only.
    """

    choices: list[Choice]
    id: str | int | UnsetType = UNSET
    object: Annotated[str, known("response")] | UnsetType = UNSET
    created_at: int | str | UnsetType = UNSET
    model: str | UnsetType | None = UNSET
    usage: NeuronUsage | UnsetType | None = UNSET
    organization_id: str | int | UnsetType | None = UNSET
    thread_id: str | int | UnsetType | None = UNSET
    metadata: dict[str, Any] | UnsetType | None = UNSET
    system_fingerprint: str | UnsetType | None = UNSET
    service_tier: Annotated[str, known("auto", "default", "flex", "priority")] | UnsetType | None = UNSET


def tell(answer: Answer, reading: Reading) -> None:
    """Puts what *answer* says into *reading*."""
    reading.response_id = id_text(answer.id)
    reading.thread_id = id_text(answer.thread_id)
    reading.model = answer.model or None
    if answer.usage:
        reading.usage = neuron_usage(answer.usage)
    for choice in answer.choices:
        reading.stop_reason = reading.stop_reason or stop_reason(choice.finish_reason_camel or choice.finish_reason)
        if choice.message:
            _tell_message(choice.message, reading)


def _tell_message(message: Message, reading: Reading) -> None:
    content = message.content
    if content:
        said = content if isinstance(content, str) else "".join(part.text or "" for part in content)
        reading.text = said if reading.text is None else f"{reading.text}\n{said}"
    if message.refusal:
        reading.refusal = message.refusal
    if message.tool_calls:
        reading.tool_calls = reading.tool_calls + [_call(call) for call in message.tool_calls]


def _call(call: Call) -> ToolCall:
    function = call.function or Function()
    return ToolCall(
        id=id_text(call.id),
        name=function.name or call.type or None,
        arguments=function.arguments if isinstance(function.arguments, str) else None,
        type=call.type or None,
    )
