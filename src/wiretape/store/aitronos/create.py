"""The bodies of `POST /v1/model/response` (G2 to G4) and of the runs of G0 and G1."""

from typing import Annotated, Any

from msgspec import UNSET, Raw, UnsetType, field

from wiretape.store.aitronos.requests import (
    Flag,
    Id,
    Ids,
    InputMessage,
    Number,
    PartialContext,
    ReasoningConfig,
    SystemTool,
    Text,
    ThreadRef,
    Tool,
)
from wiretape.store.aitronos.wire import Wire, known

type Include = Annotated[
    str,
    known(
        "all",
        "tools.available",
        "tools.used",
        "web_search.sources",
        "code_interpreter.outputs",
        "file_search.results",
        "message.logprobs",
        "reasoning.encrypted",
        "request.logs",
        "usage.detailed",
        "rules.debug",
        "rules",
    ),
]
type OutputMode = Annotated[str, known("text", "plain", "blocks", "structured", "json", "json_schema")]


class CreateRequest(Wire):
    """A question to a model (SDK 5.0.0). Only `inputs` is required.

    Attributes:
        inputs: messages, in the old or the new form.
        organization_id: chosen by the API where the user has only one.
        thread_id: goes on with a thread.
        assistant_id: only with a thread's first message.
        workflow_id: of FlowPlate.
        vector_store_ids: to search in.
        space_id: puts the thread into it.
        previous_response_id: forgets what came after it; excludes the two below.
        edit_message_id: deletes this message and all after it, on the server.
        previous_message_id: deletes all messages after it, on the server.
        model: key of the model.
        tools: on offer.
        stream: absent means no.
        instructions: for the model.
        temperature: 0 to 1.
        top_p: 0 to 1.
        max_output_synapses: most to say.
        reasoning: how hard to think.
        include: what else to tell; most values add fields that no page describes.
        metadata: the user's own keys.
        disable_rules: with API keys only.
        store: whether the thread is listed.
        output_mode: the answer's form.
        system_tools: tool key → setting.
        background: answer at once and be polled (old guides).
        thread: string or object (one guide).
        rules: ids (old pages).
        n: how many choices (seed 1, no request page).
        functions: old pages.
        organization_id_camel: AF.
        thread_id_camel: AF.
        assistant_id_camel: AF.
        max_tokens_camel: AF.
        response_format_camel: AF.
        max_output_synapses_camel: old pages.
        slice_ids: SDK 0.8.178.
        skill_ids: SDK 0.8.178; empty is not absent.
        force_skill_id: SDK 0.8.178.
        max_completion_tokens: SDK 0.8.178; wins over `max_output_synapses`.
        assistant_name: preview, SDK 0.8.178.
        assistant_description: preview, SDK 0.8.178.
        assistant_instructions: preview, SDK 0.8.178.
        frequency_penalty: SDK 0.8.178.
        presence_penalty: SDK 0.8.178.
        max_tool_calls: SDK 0.8.178.
        parallel_tool_calls: SDK 0.8.178.
        service_tier: SDK 0.8.178.
        thread_context_mode: SDK 0.8.178.
        is_incognito: SDK 0.8.178.
        partial_context: takes up a dropped stream, SDK 0.8.178.
        prefer_deep_search: SDK 0.8.178.
        deep_search_config: SDK 0.8.178.
    """

    inputs: list[InputMessage] | str | UnsetType | None = UNSET
    organization_id: Id = UNSET
    thread_id: Id = UNSET
    assistant_id: Id = UNSET
    workflow_id: Id = UNSET
    vector_store_ids: Ids = UNSET
    space_id: Id = UNSET
    previous_response_id: Id = UNSET
    edit_message_id: Id = UNSET
    previous_message_id: Id = UNSET
    model: Text = UNSET
    tools: list[Tool] | UnsetType | None = UNSET
    stream: Flag = UNSET
    instructions: Text = UNSET
    temperature: Number = UNSET
    top_p: Number = UNSET
    max_output_synapses: Number = UNSET
    reasoning: ReasoningConfig | UnsetType | None = UNSET
    include: list[Include] | UnsetType | None = UNSET
    metadata: dict[str, Any] | UnsetType | None = UNSET
    disable_rules: Flag = UNSET
    store: Flag = UNSET
    output_mode: OutputMode | UnsetType | None = UNSET
    system_tools: dict[str, SystemTool | None] | UnsetType | None = UNSET
    background: Flag = UNSET
    thread: str | ThreadRef | UnsetType | None = UNSET
    rules: Ids = UNSET
    n: Number = UNSET
    functions: Raw | UnsetType = UNSET
    organization_id_camel: Id = field(default=UNSET, name="organizationId")
    thread_id_camel: Id = field(default=UNSET, name="threadId")
    assistant_id_camel: Id = field(default=UNSET, name="assistantId")
    max_tokens_camel: Number = field(default=UNSET, name="maxTokens")
    response_format_camel: Raw | UnsetType = field(default=UNSET, name="responseFormat")
    max_output_synapses_camel: Number = field(default=UNSET, name="maxOutputSynapses")
    slice_ids: Ids = UNSET
    skill_ids: Ids = UNSET
    force_skill_id: Id = UNSET
    max_completion_tokens: Number = UNSET
    assistant_name: Text = UNSET
    assistant_description: Text = UNSET
    assistant_instructions: Text = UNSET
    frequency_penalty: Number = UNSET
    presence_penalty: Number = UNSET
    max_tool_calls: Number = UNSET
    parallel_tool_calls: Flag = UNSET
    service_tier: Annotated[str, known("auto", "default", "flex", "priority")] | UnsetType | None = UNSET
    thread_context_mode: Annotated[str, known("full", "auto", "off", "saver")] | UnsetType | None = UNSET
    is_incognito: Flag = UNSET
    partial_context: PartialContext | UnsetType | None = UNSET
    prefer_deep_search: Flag = UNSET
    deep_search_config: dict[str, Any] | UnsetType | None = UNSET


class RunMessage(Wire):
    """One message of a run (SDK aitronos 4.5.7, Swift package).

    Attributes:
        content: the text.
        role: who says it.
        type: `text`; not sent by the Swift package.
        files: Swift package only, form unknown.
    """

    content: str | UnsetType | None = UNSET
    role: Annotated[str, known("user", "assistant", "system")] | UnsetType | None = UNSET
    type: Annotated[str, known("text")] | UnsetType | None = UNSET
    files: Any = UNSET


class RunRequest(Wire):
    """A run on a thread, and what it is polled with (SDK aitronos 4.5.7, Swift package, older Python sources).

    Attributes:
        organization_id: an integer.
        assistant_id: an integer.
        thread_id: goes on with a thread, an integer.
        model: default of 4.5.7 is `ftg-1.5`.
        tool_choice: `auto`.
        instructions: optional.
        additional_instructions: optional.
        messages: what is asked.
        stream: absent means yes.
        thread_key: of a poll.
        run_key: of a poll.
        organization_id_camel: G0.
        assistant_id_camel: G0.
        thread_id_camel: G0.
    """

    organization_id: Id = UNSET
    assistant_id: Id = UNSET
    thread_id: Id = UNSET
    model: Text = UNSET
    tool_choice: Raw | UnsetType = UNSET
    instructions: Text = UNSET
    additional_instructions: Text = UNSET
    messages: list[RunMessage] | UnsetType | None = UNSET
    stream: Flag = UNSET
    thread_key: Id = UNSET
    run_key: Id = UNSET
    organization_id_camel: Id = field(default=UNSET, name="organizationId")
    assistant_id_camel: Id = field(default=UNSET, name="assistantId")
    thread_id_camel: Id = field(default=UNSET, name="threadId")


class PromptRequest(Wire):
    """What is asked at other endpoints, to name a thread or to make a picture (SDK 5.0.0).

    Attributes:
        prompt: the text.
        messages: any form.
        inputs: any form.
        model: where one is chosen.
        stream: where there is a choice.
    """

    prompt: Any = UNSET
    messages: Any = UNSET
    inputs: Any = UNSET
    model: Any = UNSET
    stream: Any = UNSET
