"""What a request asks for: facts for the reading, and the words for searching."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import msgspec
from msgspec import UNSET

from wiretape.store.aitronos.create import CreateRequest, PromptRequest, RunRequest
from wiretape.store.aitronos.mending import mended
from wiretape.store.aitronos.unknown import unknown_fields
from wiretape.store.aitronos.wire import Json, decoder, id_text, tree, whole
from wiretape.store.aitronos.words import Asked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wiretape.store.aitronos.requests import FileRef, InputMessage, Tool
    from wiretape.store.aitronos.words import Reading

REQUESTS: Final[Mapping[str, type[CreateRequest | RunRequest]]] = {
    "create_response": CreateRequest,
    "create_response_stream": CreateRequest,
    "create_message": RunRequest,
    "run_stream": RunRequest,
    "run_create": RunRequest,
    "run_status": RunRequest,
    "run_response": RunRequest,
}
"""Operation of the family `responses` → the body it takes."""

_SAMPLING = (
    ("temperature", "temperature"),
    ("top_p", "top_p"),
    ("max_output_synapses", "max_output_synapses"),
    ("max_completion_tokens", "max_completion_tokens"),
    ("max_tokens_camel", "maxTokens"),
    ("max_output_synapses_camel", "maxOutputSynapses"),
    ("frequency_penalty", "frequency_penalty"),
    ("presence_penalty", "presence_penalty"),
    ("max_tool_calls", "max_tool_calls"),
    ("n", "n"),
)


def tell_request(body: bytes, reading: Reading) -> None:
    """Puts what *body* asks for into *reading*; a body that is no JSON object asks for nothing that is known."""
    if not body.lstrip().startswith(b"{"):
        return
    type_ = REQUESTS.get(reading.operation or "") if reading.family == "responses" else None
    if type_ is None:
        _tell_other(body, reading)
        return
    request = _decoded(body, type_, reading)
    if isinstance(request, CreateRequest):
        _tell_create(request, reading)
    elif isinstance(request, RunRequest):
        _tell_run(request, reading)


def _decoded[T](body: bytes, type_: type[T], reading: Reading) -> T | None:
    try:
        request: T | None = decoder(type_).decode(body)
    except msgspec.DecodeError:
        request, complaints = mended(body, type_)
        if complaints:
            reading.problem = f"request: {'; '.join(complaints)}"
    reading.unknown = [f"request {path}" for path in unknown_fields(tree(body), type_)]
    return request


def _tell_create(request: CreateRequest, reading: Reading) -> None:
    asked = Asked(
        model=request.model or None,
        stream=request.stream if isinstance(request.stream, bool) else False,
        background=request.background if isinstance(request.background, bool) else None,
        output_mode=request.output_mode or None,
        organization_id=id_text(request.organization_id) or id_text(request.organization_id_camel),
        thread_id=id_text(request.thread_id) or id_text(request.thread_id_camel) or _thread(request),
        assistant_id=id_text(request.assistant_id) or id_text(request.assistant_id_camel),
        previous_response_id=id_text(request.previous_response_id),
        previous_message_id=id_text(request.previous_message_id),
        edit_message_id=id_text(request.edit_message_id),
        instructions=request.instructions or None,
        resumes=bool(request.partial_context),
    )
    if request.reasoning:
        asked.reasoning_effort = request.reasoning.effort or None
        asked.reasoning_summary = request.reasoning.summary or None
    if request.include:
        asked.include = request.include
    if request.tools:
        asked.tools = [_tool_name(tool) for tool in request.tools]
    if request.system_tools:
        asked.system_tools = {key: (tool and tool.mode) or "" for key, tool in request.system_tools.items()}
    _tell_sampling(request, asked)
    _tell_inputs(request, asked, reading)
    _settle(asked, reading)


def _tell_sampling(request: CreateRequest, asked: Asked) -> None:
    for field, name in _SAMPLING:
        number = getattr(request, field)
        if number is not UNSET and whole(number) is not None:
            asked.sampling[name] = number


def _tell_inputs(request: CreateRequest, asked: Asked, reading: Reading) -> None:
    inputs = request.inputs
    if isinstance(inputs, str):
        asked.messages, reading.prompt = 1, inputs
    elif inputs:
        asked.messages = len(inputs)
        asked.files = [file for message in inputs for file in _files(message)]
        reading.prompt = "\n".join(text for message in inputs for text in _texts(message)) or None


def _tell_run(request: RunRequest, reading: Reading) -> None:
    polls = reading.operation in {"run_create", "run_status", "run_response"}
    asked = Asked(
        model=request.model or None,
        # In G1 a stream is the default, but nothing that is polled streams.
        stream=request.stream if isinstance(request.stream, bool) else not polls,
        organization_id=id_text(request.organization_id) or id_text(request.organization_id_camel),
        thread_id=id_text(request.thread_id) or id_text(request.thread_id_camel) or id_text(request.thread_key),
        assistant_id=id_text(request.assistant_id) or id_text(request.assistant_id_camel),
        instructions=request.instructions or request.additional_instructions or None,
    )
    if request.messages:
        asked.messages = len(request.messages)
        reading.prompt = "\n".join(message.content or "" for message in request.messages) or None
    reading.response_id = id_text(request.run_key)
    _settle(asked, reading)


def _settle(asked: Asked, reading: Reading) -> None:
    """The request's word stands until the answer says otherwise."""
    reading.asked = asked
    reading.model = asked.model
    reading.thread_id = reading.thread_id or asked.thread_id
    reading.assistant_id = asked.assistant_id


def _tell_other(body: bytes, reading: Reading) -> None:
    try:
        request = decoder(PromptRequest).decode(body)
    except msgspec.DecodeError:
        return
    texts = [*_any_texts(cast("Json", request.messages or request.inputs or None))]
    if isinstance(request.prompt, str):
        texts.append(request.prompt)
    reading.prompt = "\n".join(texts) or None
    reading.model = request.model if isinstance(request.model, str) else None


def _texts(message: InputMessage) -> Iterable[str]:
    content = message.content
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        yield from (block.text for block in content if isinstance(block.text, str))
    elif isinstance(content, dict):
        yield msgspec.json.encode(content).decode()
    yield from (block.text for block in message.texts or [] if isinstance(block.text, str))


def _any_texts(node: Json) -> Iterable[str]:
    """The texts of messages in whatever form: `content` or `text`, on its own or in lists."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, list):
        for one in node:
            yield from _any_texts(one)
    elif isinstance(node, dict):
        yield from _any_texts(node.get("content") or node.get("text"))


def _files(message: InputMessage) -> Iterable[str]:
    if not (message.files or message.images or message.audio or isinstance(message.content, list)):
        return []
    refs: list[FileRef] = [*(message.files or []), *(message.images or []), *(message.audio or [])]
    content = message.content
    blocks = content if isinstance(content, list) else []
    ids = [id_text(ref.file_id) or id_text(ref.file_id_camel) for ref in refs]
    return [one for one in [*ids, *(id_text(block.file_id) for block in blocks)] if one]


def _thread(request: CreateRequest) -> str | None:
    thread = request.thread
    return thread if isinstance(thread, str) else id_text(thread.id) if thread else None


def _tool_name(tool: Tool) -> str:
    return tool.name or tool.server_label or tool.type or "?"
