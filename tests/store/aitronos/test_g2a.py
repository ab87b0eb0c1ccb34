"""The answers of seed 1, field by field, as structs and as readings."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from msgspec import UNSET

from wiretape.store.aitronos.g2a import Answer, Call, Choice, Function, Message
from wiretape.store.aitronos.usage import NeuronUsage
from wiretape.store.interaction import Request, ResponseHead
from wiretape.store.reading import Reading, ToolCall, Usage, read

SEEDS = Path(__file__).with_name("seeds")
TEXT = (SEEDS / "g2a_text.json").read_bytes()
TOOLS = (SEEDS / "g2a_tools.json").read_bytes()
REASONING = (SEEDS / "g2a_reasoning.json").read_bytes()
FILTERED = (SEEDS / "g2a_filtered.json").read_bytes()

PARIS = (
    "The capital of France is Paris. It has been the country's capital since 508 CE and is known for its art, culture, "
    "and iconic landmarks like the Eiffel Tower."
)
GRAPH = (
    "To solve this problem, we need to find the optimal path through the graph. After analyzing all possible routes, "
    "the shortest path is A → C → E → G with a total distance of 47 units."
)
REFUSAL = (
    "I cannot provide instructions for creating harmful substances or devices. This request violates our safety "
    "guidelines."
)


def answered(body: bytes) -> Reading:
    """The reading of an answer to a new response."""
    request = Request(method="POST", scheme="https", host="api.aitronos.com", port=443, target="/v1/model/response")
    head = ResponseHead(status=200, reason="OK", headers=((b"Content-Type", b"application/json"),))
    return read(request, head, body)


def answer(id_: str, created: int, message: Message, reason: str, usage: NeuronUsage, model: str = "gpt-4o") -> Answer:
    """An answer with what all four examples share."""
    return Answer(
        id=id_,
        object="response",
        created_at=created,
        model=model,
        choices=[Choice(index=0, message=message, finish_reason_camel=reason, logprobs=None)],
        usage=usage,
        organization_id="org_xyz789",
        thread_id=None,
        metadata={},
        system_fingerprint="fp_2024_10_04",
        service_tier="default",
    )


def expected_tools() -> Answer:
    """The second example of the seed."""
    call = Call(
        id="call_abc123",
        type="function",
        function=Function(name="get_weather", arguments='{"location":"San Francisco","unit":"celsius"}'),
    )
    made = answer(
        "resp_def456uvw123",
        1728057650,
        Message(role="assistant", content=None, tool_calls=[call]),
        "tool_calls",
        NeuronUsage(input_neurons=156, output_synapses=28, total_synapses=184),
    )
    made.thread_id = "thread_conversation_001"
    made.metadata = {"user_id": "user_12345", "session_id": "sess_abc"}
    return made


def expected_reasoning() -> Answer:
    """The third example of the seed."""
    made = answer(
        "resp_reasoning_789",
        1728057700,
        Message(role="assistant", content=GRAPH),
        "stop",
        NeuronUsage(input_neurons=892, output_synapses=156, reasoning_synapses=2847, total_synapses=3895),
        model="o3-preview",
    )
    made.system_fingerprint = "fp_o3_2024_10_04"
    return made


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            TEXT,
            answer(
                "resp_abc123xyz789",
                1728057600,
                Message(role="assistant", content=PARIS),
                "stop",
                NeuronUsage(
                    input_neurons=24,
                    output_synapses=38,
                    total_synapses=62,
                    cache_read_neurons=0,
                    cache_creation_neurons=0,
                ),
            ),
        ),
        (TOOLS, expected_tools()),
        (REASONING, expected_reasoning()),
        (
            FILTERED,
            answer(
                "resp_filtered_456",
                1728057750,
                Message(role="assistant", content=None, refusal=REFUSAL),
                "content_filter",
                NeuronUsage(input_neurons=45, output_synapses=23, total_synapses=68),
            ),
        ),
    ],
    ids=["text", "tools", "reasoning", "filtered"],
)
def test_each_example_decodes_to_the_last_field(body: bytes, expected: Answer) -> None:
    """All of it, with null and absent told apart."""
    assert msgspec.json.decode(body, type=Answer) == expected


@pytest.mark.parametrize("body", [TEXT, TOOLS, REASONING, FILTERED])
def test_nothing_in_the_examples_is_unknown(body: bytes) -> None:
    """The structs know every field and every value of the seed."""
    reading = answered(body)
    assert (reading.problem, reading.unknown, reading.error) == (None, [], None)
    assert (reading.generation, reading.kind, reading.operation) == ("G2a", "json", "create_response")


def test_a_text_answer_reads() -> None:
    """Cache counts of zero are counts."""
    reading = answered(TEXT)
    assert (reading.response_id, reading.thread_id, reading.model) == ("resp_abc123xyz789", None, "gpt-4o")
    assert (reading.text, reading.stop_reason, reading.refusal) == (PARIS, "stop", None)
    assert reading.usage == Usage(
        input=24, output=38, total=62, cache_read=0, cache_creation=0, unit="neurons/synapses"
    )


def test_a_tool_answer_reads() -> None:
    """Its arguments stay the JSON text that was sent."""
    reading = answered(TOOLS)
    assert (reading.text, reading.stop_reason) == (None, "tool_calls")
    assert reading.thread_id == "thread_conversation_001"
    arguments = '{"location":"San Francisco","unit":"celsius"}'
    assert reading.tool_calls == [ToolCall(id="call_abc123", name="get_weather", arguments=arguments, type="function")]


def test_a_reasoning_answer_reads() -> None:
    """Reasoning is counted apart from the output."""
    reading = answered(REASONING)
    assert (reading.text, reading.model) == (GRAPH, "o3-preview")
    assert reading.usage == Usage(input=892, output=156, reasoning=2847, total=3895, unit="neurons/synapses")


def test_a_refused_answer_reads() -> None:
    """A refusal is no text."""
    reading = answered(FILTERED)
    assert (reading.text, reading.refusal, reading.stop_reason) == (None, REFUSAL, "content_filter")


@pytest.mark.parametrize("body", [TEXT, TOOLS, REASONING, FILTERED])
def test_in_all_examples_the_total_is_the_sum_of_input_output_and_reasoning(body: bytes) -> None:
    """The unit is mixed, the sum is not."""
    usage = answered(body).usage
    assert usage is not None
    assert usage.total == (usage.input or 0) + (usage.output or 0) + (usage.reasoning or 0)


@pytest.mark.parametrize(
    ("sent", "read_as"),
    [
        ("toolCalls", "tool_calls"),
        ("tool_calls", "tool_calls"),
        ("tool_call", "tool_calls"),
        ("function_call", "tool_calls"),
        ("stop", "stop"),
        ("length", "length"),
        ("content_filter", "content_filter"),
    ],
)
@pytest.mark.parametrize("field", ["finishReason", "finish_reason"])
def test_the_spellings_of_a_stop_for_tools_become_one(field: str, sent: str, read_as: str) -> None:
    """The list, the example and a guide disagree, on the field's name as well."""
    body = TEXT.replace(b'"finishReason": "stop"', f'"{field}": "{sent}"'.encode())
    reading = answered(body)
    assert (reading.stop_reason, reading.unknown, reading.problem) == (read_as, [], None)


def test_absent_is_not_null() -> None:
    """`threadId` is null without a thread; without the field it is unset."""
    assert msgspec.json.decode(TEXT, type=Answer).thread_id is None
    assert msgspec.json.decode(TEXT.replace(b'"threadId": null,', b""), type=Answer).thread_id is UNSET


@pytest.mark.parametrize(
    "kind",
    ["function", "fileSearch", "webSearch", "codeInterpreter", "image_generation", "computer_use_preview", "mcp"],
)
def test_every_tool_type_is_known_and_names_a_call_without_function(kind: str) -> None:
    """Seven types in three styles of writing."""
    body = b'{"choices":[{"message":{"content":null,"toolCalls":[{"id":"call_1","type":"%s"}]}}]}' % kind.encode()
    reading = answered(body)
    assert reading.tool_calls == [ToolCall(id="call_1", name=kind, type=kind)]
    assert reading.unknown == []


def test_structured_content_and_several_choices_make_one_text() -> None:
    """The seed allows an array of parts, and mentions more than one choice."""
    body = b"""{"choices":[{"message":{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}},
        {"message":{"content":"c"}}]}"""
    assert answered(body).text == "ab\nc"


def test_news_is_reported_and_costs_nothing() -> None:
    """A new field and a new reason, both by their path."""
    body = TEXT.replace(b'"index": 0', b'"index": 0, "mood": {"x": 1}').replace(b'"stop"', b'"bored"')
    reading = answered(body)
    assert reading.unknown == ["$.choices[*].mood", '$.choices[*].finishReason = "bored"']
    assert (reading.text, reading.stop_reason, reading.problem) == (PARIS, "bored", None)


def test_a_field_of_a_wrong_type_costs_that_field_only() -> None:
    """The family is still known, and the problem names the place."""
    reading = answered(TEXT.replace(b'"index": 0', b'"index": "first"'))
    assert (reading.generation, reading.text, reading.stop_reason) == ("G2a", PARIS, "stop")
    assert reading.problem == "Expected `int`, got `str` - at `$.choices[0].index`"
