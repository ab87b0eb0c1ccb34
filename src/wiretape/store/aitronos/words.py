"""What a reading is made of: the words in which every generation of the API is told."""

from typing import Literal

import msgspec

type Kind = Literal["json", "sse", "stream", "text", "binary", "empty"]
"""What a body is: `stream` is a stream without server-sent framing, JSON objects one after the other."""

type Generation = Literal["G0", "G1", "G2a", "G2b", "G3", "G4"]

TOOL_CALLS = "tool_calls"
"""The one word for every spelling of "stopped to call tools"."""


class ToolCall(msgspec.Struct, kw_only=True):
    """One tool the model called.

    Attributes:
        id: the API's id of the call; the older block forms have none.
        name: the tool's name, or the tool's type where it has no name.
        arguments: JSON text, as it stood on the wire.
        result: what came back, where the answer shows it.
        success: whether it worked, where the answer says so.
        type: the tool's type where the answer names one, `function` by habit.
    """

    id: str | None = None
    name: str | None = None
    arguments: str | None = None
    result: str | None = None
    success: bool | None = None
    type: str | None = None


class Usage(msgspec.Struct, kw_only=True):
    """What an answer cost, in the unit it was counted in.

    In neurons and synapses the reasoning comes on top of the output (the total is the sum of all three); guides that
    count in tokens take it as a part of the output.
    """

    input: int | None = None
    output: int | None = None
    reasoning: int | None = None
    total: int | None = None
    cache_read: int | None = None
    cache_creation: int | None = None
    unit: Literal["neurons/synapses", "tokens"] = "tokens"


class FieldError(msgspec.Struct, kw_only=True):
    """One field that a request had wrong: where, what, which kind."""

    where: str
    message: str | None = None
    type: str | None = None


class ErrorReading(msgspec.Struct, kw_only=True):
    """What went wrong, from any of the error forms, before a stream or inside it.

    Attributes:
        code: the API's word, such as `INVALID_API_KEY`.
        message: for users.
        system_message: for developers.
        type: `client_error`, `server_error`, …
        status: the HTTP status, from the body where it is named there.
        trace_id: for the support.
        details: JSON text of what else was told.
        fields: what validation found.
        retry_after: seconds, from the headers.
        timestamp: as sent.
    """

    code: str | None = None
    message: str | None = None
    system_message: str | None = None
    type: str | None = None
    status: int | None = None
    trace_id: str | None = None
    details: str | None = None
    fields: list[FieldError] = []
    retry_after: float | None = None
    timestamp: str | None = None


class Limit(msgspec.Struct, kw_only=True):
    """One limit: how many, how many are left, when it starts anew (as sent: unix seconds or a span)."""

    limit: int | None = None
    remaining: int | None = None
    reset: str | None = None


class Limits(msgspec.Struct, kw_only=True):
    """Rate limits of an answer, in both dialects.

    Attributes:
        overall: `X-RateLimit-Limit`, `-Remaining`, `-Reset`.
        requests: `x-ratelimit-*-requests`.
        tokens: `x-ratelimit-*-tokens`.
        retry_after: seconds, of `Retry-After` or `X-RateLimit-Retry-After`.
        retry_at: the HTTP date where `Retry-After` is one.
    """

    overall: Limit | None = None
    requests: Limit | None = None
    tokens: Limit | None = None
    retry_after: float | None = None
    retry_at: str | None = None


class Served(msgspec.Struct, kw_only=True):
    """What the response headers tell of the work behind an answer."""

    request_id: str | None = None
    organization: str | None = None
    processing_ms: str | None = None
    api_version: str | None = None
    provider: str | None = None
    provider_request_id: str | None = None
    provider_credits: str | None = None
    processing_method: str | None = None
    model_used: str | None = None
    cost_chf: str | None = None


class Paging(msgspec.Struct, kw_only=True):
    """Where a list goes on: the cursors and counts an answer names, by the name they have there."""

    cursors: dict[str, str] = {}
    counts: dict[str, int] = {}
    has_more: bool | None = None


class Asked(msgspec.Struct, kw_only=True):
    """What a request to a response endpoint asks for, in any generation's words.

    Attributes:
        stream: whether a stream was asked for. Absent means no since G2, and yes in G1.
        messages: how many inputs there were.
        files: ids of files and images that were handed in.
        tools: names of the tools offered (an MCP server by its label).
        system_tools: tool key → mode.
        sampling: the numbers that steer the model, by their name on the wire.
        resumes: whether a dropped stream is to be taken up (`partial_context`).
    """

    model: str | None = None
    stream: bool | None = None
    background: bool | None = None
    output_mode: str | None = None
    organization_id: str | None = None
    thread_id: str | None = None
    assistant_id: str | None = None
    previous_response_id: str | None = None
    previous_message_id: str | None = None
    edit_message_id: str | None = None
    instructions: str | None = None
    reasoning_effort: str | None = None
    reasoning_summary: str | None = None
    messages: int = 0
    files: list[str] = []
    tools: list[str] = []
    system_tools: dict[str, str] = {}
    include: list[str] = []
    sampling: dict[str, float] = {}
    resumes: bool = False


class Reading(msgspec.Struct, kw_only=True):
    """What was understood of one request and its answer. Derived: the bytes stay the truth.

    Attributes:
        generation: which of the API's generations spoke; None for answers all share.
        kind: what the body is.
        family: group of endpoints, such as `responses`, `threads`, `files`; `responses` are the endpoints a model
            answers at, in every generation.
        operation: the endpoint's name in the SDK, such as `create_response`.
        model: as the answer says, else as was asked for.
        thread_id: as the answer says, else the request's.
        response_id: of the answer.
        stop_reason: why the model stopped; every spelling of a stop for tools reads `tool_calls`.
        status: of a job, a background answer or a run.
        text: what the model said; of a stream, the whole of it.
        reasoning: what it thought, where shown.
        refusal: why it would not.
        summarized: whether older messages were condensed.
        tools_available: names of tools the model could have called.
        rules: names of the rules that were applied.
        prompt: text of what was asked, for searching.
        asked: the facts of the request; None where no model was asked.
        ids: the ids in path and answer, by their name there; the answer's word counts.
        listed: ids of the items a list holds.
        stream_ended: whether the stream's own end was seen; None where there is no stream.
        events: number of events in the stream.
        heartbeats: number of keep-alives among them.
        replayed: number of events that a reconnect sent again.
        last_event_id: what a reconnect would ask from.
        unknown: JSON paths of fields and values that no struct knows; of streams and requests, with the event or the
            word `request` in front. Capped.
        problem: why the body could not be read, wholly or in part.
    """

    generation: Generation | None = None
    kind: Kind = "empty"
    family: str | None = None
    operation: str | None = None
    model: str | None = None
    thread_id: str | None = None
    response_id: str | None = None
    assistant_id: str | None = None
    stop_reason: str | None = None
    status: str | None = None
    text: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    summarized: bool | None = None
    tool_calls: list[ToolCall] = []
    tools_available: list[str] = []
    rules: list[str] = []
    usage: Usage | None = None
    error: ErrorReading | None = None
    limits: Limits | None = None
    served: Served | None = None
    prompt: str | None = None
    asked: Asked | None = None
    ids: dict[str, str] = {}
    listed: list[str] = []
    paging: Paging | None = None
    stream_ended: bool | None = None
    events: int = 0
    heartbeats: int = 0
    replayed: int = 0
    last_event_id: str | None = None
    unknown: list[str] = []
    problem: str | None = None
