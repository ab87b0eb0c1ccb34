"""Generation G2b (2025): `output[]` of messages, and background answers that are polled.

Sources: the models of aitronos-freddy 0.1.2 (AF), the guide on background mode, the API page of the same endpoint.

Contradictions:
    The guide writes snake_case and the states queued, in_progress, completed, failed, cancelled; the API page writes
    camelCase and the states processing, completed, failed, cancelled. AF knows camelCase only.
    AF requires `id`, `createdAt`, `status`, `model`, `output`; the first answer of a background run has neither model
    nor output.
    `error` is a string in AF and an object on the API page.
"""

from typing import Annotated, Any

from msgspec import UNSET, Raw, UnsetType

from wiretape.store.aitronos.errors import ErrorBody, tell_error
from wiretape.store.aitronos.usage import AnyUsage
from wiretape.store.aitronos.vocabulary import any_usage
from wiretape.store.aitronos.wire import Wire, id_text, json_text, known
from wiretape.store.aitronos.words import Reading, ToolCall

FUNCTION_CALL = "function_call"

type State = Annotated[
    str, known("queued", "in_progress", "processing", "completed", "failed", "cancelled", "incomplete")
]
type Stamp = int | float | str | UnsetType | None


class Content(Wire):
    """One part of a message (AF).

    Attributes:
        type: `output_text`.
        text: the text.
        annotations: empty in every example.
        refusal: inferred.
    """

    type: Annotated[str, known("output_text", "refusal")] | UnsetType = UNSET
    text: str | UnsetType | None = UNSET
    annotations: list[Any] | UnsetType | None = UNSET
    refusal: str | UnsetType | None = UNSET


class Item(Wire):
    """One item of the output (AF).

    Attributes:
        type: `message`; no page shows another, a call of a function is inferred; others are taken and reported.
        id: of the message.
        status: of the message.
        role: `assistant`.
        content: its parts.
        name: of a function that is called, inferred.
        arguments: of a function that is called, inferred.
        call_id: of a function that is called, inferred.
    """

    type: Annotated[str, known("message", FUNCTION_CALL)] | UnsetType = UNSET
    id: str | int | UnsetType | None = UNSET
    status: State | UnsetType | None = UNSET
    role: Annotated[str, known("assistant")] | UnsetType | None = UNSET
    content: list[Content] | str | UnsetType | None = UNSET
    name: str | UnsetType | None = UNSET
    arguments: Raw | UnsetType = UNSET
    call_id: str | int | UnsetType | None = UNSET


class Progress(Wire, rename="camel"):
    """How far a background answer is (API page).

    Attributes:
        percentage: 0 to 100.
        stage: the present step's name.
        steps_completed: how many are done.
        total_steps: how many there are.
    """

    percentage: int | float | UnsetType | None = UNSET
    stage: str | UnsetType | None = UNSET
    steps_completed: int | UnsetType | None = UNSET
    total_steps: int | UnsetType | None = UNSET


class Thread(Wire, rename="camel"):
    """The thread of a background answer (API page).

    Attributes:
        id: of the thread.
        message_count: how many messages it has.
    """

    id: str | int | UnsetType | None = UNSET
    message_count: int | UnsetType | None = UNSET


class Answer(Wire, rename="camel"):
    """A response or a polled state, camelCase (AF, API page).

    Attributes:
        id: `resp_…`.
        object: `response` (AF).
        created_at: unix seconds.
        started_at: API page.
        completed_at: API page.
        cancelled_at: of a cancelled answer (old cancel page).
        status: state of the answer.
        model: the model used.
        output: messages.
        error: a string (AF) or an object with message, code, type (API page).
        incomplete_details: AF.
        instructions: AF.
        max_output_tokens: AF.
        parallel_tool_calls: AF.
        previous_response_id: AF.
        reasoning: AF.
        progress: API page.
        usage: API page, vocabulary not shown.
        thread: API page.
        thread_id: inferred, by analogy with the request.
        message: of a cancelled answer (old cancel page).
    """

    id: str | int
    status: State
    object: Annotated[str, known("response")] | UnsetType = UNSET
    created_at: Stamp = UNSET
    started_at: Stamp = UNSET
    completed_at: Stamp = UNSET
    cancelled_at: Stamp = UNSET
    model: str | UnsetType | None = UNSET
    output: list[Item] | UnsetType | None = UNSET
    error: ErrorBody | str | UnsetType | None = UNSET
    incomplete_details: Raw | UnsetType = UNSET
    instructions: str | UnsetType | None = UNSET
    max_output_tokens: int | UnsetType | None = UNSET
    parallel_tool_calls: bool | UnsetType | None = UNSET
    previous_response_id: str | int | UnsetType | None = UNSET
    reasoning: Raw | UnsetType = UNSET
    progress: Progress | UnsetType | None = UNSET
    usage: AnyUsage | UnsetType | None = UNSET
    thread: Thread | UnsetType | None = UNSET
    thread_id: str | int | UnsetType | None = UNSET
    message: str | UnsetType | None = UNSET


class GuideAnswer(Wire):
    """A response or a polled state, snake_case (guides on background mode and on text generation).

    Attributes:
        id: `resp_…`.
        object: `response`.
        created_at: unix seconds.
        started_at: by analogy with the API page.
        completed_at: of a finished one.
        status: state of the answer.
        model: the model used.
        output: messages.
        error: a string or an object.
        usage: tokens.
        thread_id: by analogy with the request.
    """

    id: str | int
    status: State
    object: Annotated[str, known("response")] | UnsetType = UNSET
    created_at: Stamp = UNSET
    started_at: Stamp = UNSET
    completed_at: Stamp = UNSET
    model: str | UnsetType | None = UNSET
    output: list[Item] | UnsetType | None = UNSET
    error: ErrorBody | str | UnsetType | None = UNSET
    usage: AnyUsage | UnsetType | None = UNSET
    thread_id: str | int | UnsetType | None = UNSET


def tell(answer: Answer, reading: Reading) -> None:
    """Puts a camelCase answer into *reading*."""
    _tell_common(answer, reading)
    reading.thread_id = (id_text(answer.thread.id) if answer.thread else None) or id_text(answer.thread_id)


def tell_guide(answer: GuideAnswer, reading: Reading) -> None:
    """Puts a snake_case answer into *reading*."""
    _tell_common(answer, reading)
    reading.thread_id = id_text(answer.thread_id)


def _tell_common(answer: Answer | GuideAnswer, reading: Reading) -> None:
    reading.response_id = id_text(answer.id)
    reading.status = answer.status
    reading.model = answer.model or None
    if answer.usage:
        reading.usage = any_usage(answer.usage)
    if answer.error:
        tell_error(answer.error, reading)
    if answer.output:
        said = [text for item in answer.output for text in _texts(item)]
        reading.text = "".join(said) if said else None
        reading.refusal = "".join(_refusals(answer.output)) or None
        reading.tool_calls = [call for call in map(call_of, answer.output) if call]


def call_of(item: Item) -> ToolCall | None:
    """The call that an item of the output is, where it is one."""
    if not item.type or item.type != FUNCTION_CALL:
        return None
    return ToolCall(
        id=id_text(item.call_id) or id_text(item.id),
        name=item.name or None,
        arguments=json_text(item.arguments) if item.arguments else None,
        type=item.type,
    )


def _texts(item: Item) -> list[str]:
    if isinstance(item.content, str):
        return [item.content]
    return [part.text for part in item.content or [] if isinstance(part.text, str)]


def _refusals(output: list[Item]) -> list[str]:
    parts = [part for item in output if isinstance(item.content, list) for part in item.content]
    return [part.refusal for part in parts if part.refusal]
