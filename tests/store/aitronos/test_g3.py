"""Seed 2 and what its page says of blocks, tools and rules; G4 beside it, which differs by its response."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from msgspec import UNSET

from wiretape.store.aitronos import g3, g4
from wiretape.store.interaction import Request, ResponseHead
from wiretape.store.reading import Reading, ToolCall, Usage, read

SEED = (Path(__file__).with_name("seeds") / "g3_text.json").read_bytes()
PARIS = (
    "The capital of France is Paris. It is located in the north-central part of the country and is known for its art, "
    "culture, and iconic landmarks like the Eiffel Tower."
)
MINIMAL_G4 = (
    b'{"success":true,"thread_id":"thrd_abc123","response":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn",'
    b'"response_id":"resp_abc123","is_summarized":false}'
)
TOOL_TURN = (
    b'{"success":true,"thread_id":"thrd_abc123","response":[{"type":"tool_use","id":"call_1","name":"get_weather",'
    b'"input":{"city":"Bern"}}],"stop_reason":"tool_use","response_id":"resp_2","is_summarized":false}'
)
BLOCKS = b"""{"success": true, "thread_id": "thread_1", "response_id": "resp_1", "is_summarized": true,
  "response_blocks": [
    {"type": "text", "content": "Let me look."},
    {"type": "tool_call", "tool_name": "get_weather", "tool_arguments": {"city": "Paris", "days": 2}},
    {"type": "tool_result", "tool_name": "get_weather", "tool_result": "sunny"},
    {"type": "text", "content": "It is sunny."}
  ],
  "assistant_id": "asst_1", "reasoning_content": "Check the city.",
  "tools": {"available": [{"name": "get_weather"}, "web_search"],
            "used": [{"name": "get_weather", "arguments": {"days": 2, "city": "Paris"}, "success": true,
                      "result_preview": "sun."}]},
  "rules": [{"rule_id": "rule_1", "name": "Be kind", "priority": 100, "category": "safety"}]}"""


def answered(body: bytes, target: str = "/v1/model/response", method: str = "POST") -> Reading:
    """The reading of an answer of these generations."""
    request = Request(method=method, scheme="https", host="api.aitronos.com", port=443, target=target)
    head = ResponseHead(status=200, reason="OK", headers=((b"content-type", b"application/json"),))
    return read(request, head, body)


def test_the_seed_decodes_to_the_last_field() -> None:
    """Five fields, the others unset."""
    assert msgspec.json.decode(SEED, type=g3.Answer) == g3.Answer(
        success=True, thread_id="thread_xyz789", response=PARIS, response_id="resp_abc123", is_summarized=False
    )


def test_the_seed_reads() -> None:
    """No usage, no model, no reason to stop: the generation tells none."""
    reading = answered(SEED)
    assert (reading.generation, reading.kind, reading.problem, reading.unknown) == ("G3", "json", None, [])
    assert (reading.text, reading.thread_id, reading.response_id) == (PARIS, "thread_xyz789", "resp_abc123")
    assert (reading.summarized, reading.stop_reason, reading.model, reading.usage) == (False, None, None, None)


def test_blocks_mode_has_no_response_and_everything_else() -> None:
    """The text is in the blocks then."""
    answer = msgspec.json.decode(BLOCKS, type=g3.Answer)
    assert answer.response is UNSET
    reading = answered(BLOCKS)
    assert (reading.generation, reading.problem, reading.unknown) == ("G3", None, [])
    assert (reading.text, reading.reasoning) == ("Let me look.\nIt is sunny.", "Check the city.")
    assert (reading.assistant_id, reading.summarized) == ("asst_1", True)
    assert (reading.tools_available, reading.rules) == (["get_weather", "web_search"], ["Be kind"])


def test_the_blocks_and_the_tools_used_tell_of_one_call() -> None:
    """Arguments in another order are the same arguments; each telling adds what it knows."""
    assert answered(BLOCKS).tool_calls == [
        ToolCall(name="get_weather", arguments='{"city": "Paris", "days": 2}', result="sunny", success=True)
    ]


def test_every_field_of_tools_and_rules_is_kept() -> None:
    """The structs keep all, and arguments to the byte."""
    answer = msgspec.json.decode(BLOCKS, type=g3.Answer)
    assert answer.tools
    assert answer.tools.used
    used = answer.tools.used[0]
    assert (used.name, used.success, used.result_preview) == ("get_weather", True, "sun.")
    assert isinstance(used.arguments, msgspec.Raw)
    assert bytes(used.arguments) == b'{"days": 2, "city": "Paris"}'
    assert answer.rules == [g3.Rule(rule_id="rule_1", name="Be kind", priority=100, category="safety")]


def test_calls_of_the_same_tool_keep_their_own_results() -> None:
    """A result belongs to the first call of its name that has none."""
    body = b"""{"success":true,"thread_id":"t","is_summarized":false,"response_blocks":[
        {"type":"tool_call","tool_name":"f","tool_arguments":{"n":1}},
        {"type":"tool_call","tool_name":"f","tool_arguments":{"n":2}},
        {"type":"tool_result","tool_name":"f","tool_result":"one"},
        {"type":"tool_result","tool_name":"f","tool_result":"two"},
        {"type":"tool_result","tool_name":"g","tool_result":"orphan"}]}"""
    calls = answered(body).tool_calls
    assert [(call.name, call.arguments, call.result) for call in calls] == [
        ("f", '{"n":1}', "one"),
        ("f", '{"n":2}', "two"),
        ("g", None, "orphan"),
    ]


def test_g4_differs_by_an_array_and_a_stop_reason() -> None:
    """And by the ids of its threads."""
    answer = msgspec.json.decode(MINIMAL_G4, type=g4.Answer)
    assert answer == g4.Answer(
        success=True,
        thread_id="thrd_abc123",
        response=[g4.Block(type="text", text="Hi")],
        stop_reason="end_turn",
        response_id="resp_abc123",
        is_summarized=False,
    )
    reading = answered(MINIMAL_G4)
    assert (reading.generation, reading.text, reading.stop_reason) == ("G4", "Hi", "end_turn")
    assert (reading.thread_id, reading.problem, reading.unknown) == ("thrd_abc123", None, [])


def test_a_tool_turn_of_g4() -> None:
    """A call has an id here, which the next request answers."""
    reading = answered(TOOL_TURN)
    assert (reading.generation, reading.text, reading.stop_reason) == ("G4", None, "tool_calls")
    assert reading.tool_calls == [
        ToolCall(id="call_1", name="get_weather", arguments='{"city":"Bern"}', type="tool_use")
    ]


def test_text_around_a_call_in_g4() -> None:
    """The pieces of text are one text."""
    body = TOOL_TURN.replace(b'"response":[', b'"response":[{"type":"text","text":"Moment, "},').replace(
        b'}}],"stop', b'}},{"type":"text","text":"bitte."}],"stop'
    )
    reading = answered(body)
    assert reading.text == "Moment, bitte."
    assert len(reading.tool_calls) == 1


def test_g4_tells_a_call_in_blocks_once_more() -> None:
    """With a picture of the tool, and still one call."""
    body = TOOL_TURN.replace(
        b'"is_summarized"',
        b'"response_blocks":[{"type":"tool_call","tool_name":"get_weather","tool_arguments":{"city":"Bern"},'
        b'"icon_url":"https://x/y.png"}],"is_summarized"',
    )
    reading = answered(body)
    assert (len(reading.tool_calls), reading.unknown) == (1, [])


def test_the_word_response_deep_inside_misleads_nobody() -> None:
    """Recognition looks for words, and decoding decides."""
    body = b"""{"success":true,"thread_id":"t","response":"x","is_summarized":false,"response_blocks":[
        {"type":"tool_call","tool_name":"f","tool_arguments":{"response": [1], "choices": [2]}}]}"""
    reading = answered(body)
    assert (reading.generation, reading.text, reading.problem) == ("G3", "x", None)


@pytest.mark.parametrize(
    ("usage", "unit"),
    [
        (b'{"input_tokens":3,"output_tokens":4,"total_tokens":7}', "tokens"),
        (b'{"inputNeurons":3,"outputSynapses":4,"totalSynapses":7}', "neurons/synapses"),
        (b'{"input_neurons":3,"output_synapses":4,"total_synapses":7}', "neurons/synapses"),
    ],
)
def test_a_usage_nobody_described_is_understood_in_any_vocabulary(usage: bytes, unit: str) -> None:
    """`include` offers one, no page shows it."""
    reading = answered(SEED.replace(b"false", b'false, "usage": ' + usage))
    assert reading.usage is not None
    assert (reading.usage.input, reading.usage.output, reading.usage.total) == (3, 4, 7)
    assert reading.usage.unit == unit
    assert reading.unknown == []


def test_news_is_reported() -> None:
    """By path, with the value where the value is the news."""
    reading = answered(MINIMAL_G4.replace(b'"end_turn"', b'"max_tokens"').replace(b'"success"', b'"mood":1,"success"'))
    assert reading.unknown == ["$.mood", '$.stop_reason = "max_tokens"']
    assert reading.stop_reason == "max_tokens"


def test_how_a_stream_was_cancelled() -> None:
    """From five seconds on, what was said is kept."""
    body = (
        b'{"success":true,"cancel_mode":"keep_partial","elapsed_seconds":7.25,"user_message_deleted":false,'
        b'"assistant_response_deleted":false,"partial_content_saved":true}'
    )
    assert msgspec.json.decode(body, type=g4.Cancelled) == g4.Cancelled(
        success=True,
        cancel_mode="keep_partial",
        elapsed_seconds=7.25,
        user_message_deleted=False,
        assistant_response_deleted=False,
        partial_content_saved=True,
    )
    reading = answered(body, "/v1/model/response/thrd_1/cancel")
    assert (reading.operation, reading.thread_id, reading.status) == ("cancel_stream", "thrd_1", "keep_partial")
    assert (reading.problem, reading.unknown) == (None, [])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("output-modes", b'{"success":true,"output_modes":[{"mode":"text","description":"d","is_default":true}]}'),
        ("reasoning-levels", b'{"reasoning_levels":[{"level":"off","description":"d","is_default":true}]}'),
    ],
)
def test_what_is_on_offer(path: str, body: bytes) -> None:
    """Modes and levels are lists, known to the last field."""
    reading = answered(body, f"/v1/model/response/{path}", "GET")
    assert (reading.problem, reading.unknown, reading.kind) == (None, [], "json")


def test_usage_is_none_where_nothing_was_counted() -> None:
    """An empty usage was sent, an absent one was not."""
    assert answered(SEED).usage is None
    assert answered(SEED.replace(b"false", b'false, "usage": {}')).usage == Usage()
