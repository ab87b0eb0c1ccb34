"""What clients send to the response endpoints, in every generation.

Sources: SDK 5.0.0 and 0.8.178 (current names), aitronos-freddy 0.1.2 (AF, camelCase), SDK aitronos 4.5.7 and the Swift
package (G1), guides of G2.

Contradictions:
    `output_mode` is text, plain, blocks in seed 2 and text, plain, structured in SDK 0.8 and 5.0; assistants also take
    json and json_schema.
    `organization_id` is required on older pages and optional on newer ones.
    `thread` is a string or an object in one guide; everywhere else the field is `thread_id`.
    The default of `model` is `gpt-4o` or `ftg-3.0`, by the page's age.
    The tool type `personalConnector` is camelCase among snake_case names.
    `max_output_synapses`, `max_completion_tokens`, `maxOutputSynapses`, `maxTokens` mean the same.
"""

from typing import Annotated, Any

from msgspec import UNSET, Raw, UnsetType, field

from wiretape.store.aitronos.wire import Wire, known

type Text = str | UnsetType | None
type Flag = bool | UnsetType | None
type Number = int | float | UnsetType | None
type Id = str | int | UnsetType | None
type Ids = list[str | int] | UnsetType | None


class FileRef(Wire):
    """A file handed in (SDK 5.0.0, guides of G2).

    Attributes:
        file_id: since G3.
        file_id_camel: G2.
        url: of an image (G2).
        data: of an image, base64 (G2).
    """

    file_id: Id = UNSET
    file_id_camel: Id = field(default=UNSET, name="fileId")
    url: Text = UNSET
    data: Text = UNSET


class InputBlock(Wire):
    """One block of an input's content (SDK 5.0.0).

    Attributes:
        type: `text`, `file`, or one of the image forms, which no page lists.
        text: of a text; in G2 the only field.
        file_id: of a file.
        image_url: of an image, an address or an object, inferred.
        source: of an image, inferred.
        data: of an image, inferred.
    """

    type: Annotated[str, known("text", "file", "image", "image_url")] | UnsetType | None = UNSET
    text: Text = UNSET
    file_id: Id = UNSET
    image_url: Any = UNSET
    source: Any = UNSET
    data: Any = UNSET


class InputMessage(Wire):
    """One input, in the new form (`content`) or the old one (`texts` and others) (SDK 5.0.0, guides of G2).

    Attributes:
        role: `tool` is known to the SDKs only.
        content: text, blocks, or the object a tool returned (SDK 5.0.0).
        files: of the message (both forms).
        id: of the message.
        tool_call_id: which call a tool message answers.
        cache_control: hint for a prompt cache (SDK 0.8.178).
        texts: G2.
        images: G2.
        audio: G2.
    """

    role: Annotated[str, known("user", "assistant", "system", "tool")] | UnsetType = UNSET
    content: str | list[InputBlock] | dict[str, Any] | UnsetType | None = UNSET
    files: list[FileRef] | UnsetType | None = UNSET
    id: Id = UNSET
    tool_call_id: Text = UNSET
    cache_control: dict[str, Any] | UnsetType | None = UNSET
    texts: list[InputBlock] | UnsetType | None = UNSET
    images: list[FileRef] | UnsetType | None = UNSET
    audio: list[FileRef] | UnsetType | None = UNSET


class Tool(Wire):
    """One tool offered: a function, an MCP server, the user's connectors (SDK 5.0.0).

    Attributes:
        type: which of the three.
        name: of a function.
        description: of a function.
        parameters: JSON schema of a function.
        strict: of a function.
        server_label: of an MCP server.
        configuration_id: of an MCP server that is saved.
        server_url: of an MCP server.
        authorization: of an MCP server, a secret.
        headers: of an MCP server, secrets.
        allowed_tools: of an MCP server.
        configuration_ids: of connectors.
    """

    type: Annotated[str, known("function", "mcp", "personalConnector")] | UnsetType = UNSET
    name: Text = UNSET
    description: Text = UNSET
    parameters: Raw | UnsetType = UNSET
    strict: Flag = UNSET
    server_label: Text = UNSET
    configuration_id: Text = UNSET
    server_url: Text = UNSET
    authorization: Text = UNSET
    headers: Raw | UnsetType = UNSET
    allowed_tools: list[str] | UnsetType | None = UNSET
    configuration_ids: list[str] | UnsetType | None = UNSET


class SystemTool(Wire):
    """How one of the API's own tools is set (SDK 5.0.0, each tool may have more).

    Attributes:
        mode: on, off, auto.
        sources: include them.
        outputs: include them.
        results: include them.
        image_url: include them.
        provider: which one.
    """

    mode: Annotated[str, known("on", "off", "auto")] | UnsetType | None = UNSET
    sources: Flag = UNSET
    outputs: Flag = UNSET
    results: Flag = UNSET
    image_url: Flag = UNSET
    provider: Text = UNSET


class ReasoningConfig(Wire):
    """How hard to think (SDK 5.0.0).

    Attributes:
        effort: `none` in SDK 0.8 only.
        summary: how much of it to show.
    """

    effort: Annotated[str, known("off", "none", "low", "medium", "high", "maximum")] | UnsetType | None = UNSET
    summary: Annotated[str, known("off", "auto", "concise", "detailed")] | UnsetType | None = UNSET


class ThreadRef(Wire):
    """A thread as an object (guide on threads).

    Attributes:
        id: of the thread.
        metadata: the user's own keys.
    """

    id: Id = UNSET
    metadata: dict[str, Any] | UnsetType | None = UNSET


class PartialCall(Wire):
    """A call of a tool that was done before a stream dropped (SDK 0.8.178).

    Attributes:
        name: of the tool.
        input: its arguments.
        output: its result.
    """

    name: Text = UNSET
    input: Raw | UnsetType = UNSET
    output: Text = UNSET


class PartialContext(Wire):
    """What a client has of a stream that dropped (SDK 0.8.178).

    Attributes:
        partial_text: the text so far.
        partial_tool_calls: the calls so far.
        user_answers: to questions asked before the drop.
    """

    partial_text: Text = UNSET
    partial_tool_calls: list[PartialCall] | UnsetType | None = UNSET
    user_answers: Text = UNSET
