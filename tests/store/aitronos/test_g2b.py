"""G2b: messages in `output[]`, and background answers in both of their dialects."""

from __future__ import annotations

import msgspec
import pytest

from wiretape.store.aitronos import g2b
from wiretape.store.interaction import Request, ResponseHead
from wiretape.store.reading import ErrorReading, Reading, ToolCall, Usage, read

WHOLE = b"""{"id":"resp_1","object":"response","createdAt":1741476542,"status":"completed","model":"gpt-4.1",
"output":[{"type":"message","id":"msg_1","status":"completed","role":"assistant",
"content":[{"type":"output_text","text":"Hel","annotations":[]},{"type":"output_text","text":"lo","annotations":[]}]}],
"error":null,"incompleteDetails":null,"instructions":null,"maxOutputTokens":5,"parallelToolCalls":true,
"previousResponseId":null,"reasoning":null}"""
SUBMITTED = b'{"id":"resp_67","status":"queued","created_at":1741476542}'
POLLED_SNAKE = b"""{"id":"resp_67","status":"completed","created_at":1741476542,"completed_at":1741476550,
"output":[{"type":"message","content":[{"type":"output_text","text":"Done"}]}],
"usage":{"input_tokens":10,"output_tokens":5,"total_tokens":15}}"""
RUNNING_CAMEL = b"""{"id":"resp_67","status":"processing","createdAt":1,"startedAt":2,
"progress":{"percentage":45.5,"stage":"search","stepsCompleted":1,"totalSteps":3},"model":"gpt-4o",
"thread":{"id":"thread_1","messageCount":4}}"""
FAILED_CAMEL = b"""{"id":"resp_67","status":"failed","createdAt":1,"completedAt":3,
"error":{"message":"No more","code":"MODEL_OVERLOADED","type":"server_error"}}"""


def answered(body: bytes, method: str = "POST", target: str = "/v1/model/response") -> Reading:
    """The reading of an answer of this generation."""
    request = Request(method=method, scheme="https", host="freddy-api.aitronos.com", port=443, target=target)
    head = ResponseHead(status=200, reason="OK", headers=((b"content-type", b"application/json"),))
    return read(request, head, body)


def polled(body: bytes) -> Reading:
    """The reading of a background answer that was asked for again."""
    return answered(body, "GET", "/v1/model/response/resp_67?organizationId=org_1")


def test_a_whole_answer_decodes_and_reads() -> None:
    """The form that aitronos-freddy demands."""
    answer = msgspec.json.decode(WHOLE, type=g2b.Answer)
    assert (answer.id, answer.object, answer.created_at, answer.status) == (
        "resp_1",
        "response",
        1741476542,
        "completed",
    )
    assert (answer.max_output_tokens, answer.parallel_tool_calls, answer.previous_response_id) == (5, True, None)
    assert answer.output
    assert (answer.output[0].type, answer.output[0].id, answer.output[0].role) == ("message", "msg_1", "assistant")
    reading = answered(WHOLE)
    assert (reading.generation, reading.text, reading.status) == ("G2b", "Hello", "completed")
    assert (reading.model, reading.response_id, reading.problem) == ("gpt-4.1", "resp_1", None)
    assert (reading.unknown, reading.error) == ([], None)


def test_a_background_answer_in_the_guides_dialect() -> None:
    """It is snake_case, counts tokens, and its first answer has neither model nor output."""
    first = answered(SUBMITTED)
    assert (first.generation, first.status, first.response_id) == ("G2b", "queued", "resp_67")
    last = polled(POLLED_SNAKE)
    assert (last.generation, last.operation, last.status, last.text) == ("G2b", "get_response", "completed", "Done")
    assert last.usage == Usage(input=10, output=5, total=15, unit="tokens")
    assert (first.unknown, last.unknown, first.problem, last.problem) == ([], [], None, None)


def test_a_background_answer_in_the_api_pages_dialect() -> None:
    """It is camelCase, with progress, a thread, an error of code and type."""
    running = polled(RUNNING_CAMEL)
    assert (running.generation, running.status, running.thread_id) == ("G2b", "processing", "thread_1")
    answer = msgspec.json.decode(RUNNING_CAMEL, type=g2b.Answer)
    assert answer.progress == g2b.Progress(percentage=45.5, stage="search", steps_completed=1, total_steps=3)
    failed = polled(FAILED_CAMEL)
    assert failed.error == ErrorReading(code="MODEL_OVERLOADED", message="No more", type="server_error")
    assert (running.unknown, failed.unknown, running.problem, failed.problem) == ([], [], None, None)


def test_a_call_of_a_function_is_an_item_of_the_output() -> None:
    """By analogy with the APIs that share the words of this generation; no page shows it."""
    item = b'{"type":"function_call","id":"call_1","name":"f","arguments":"{\\"n\\":1}"}'
    reading = answered(WHOLE.replace(b'"output":[', b'"threadId":"thread_7","output":[' + item + b","))
    assert reading.tool_calls == [ToolCall(id="call_1", name="f", arguments='{"n":1}', type="function_call")]
    assert (reading.text, reading.thread_id, reading.unknown) == ("Hello", "thread_7", [])


def test_an_error_may_be_plain_words() -> None:
    """As the models of aitronos-freddy have it."""
    reading = answered(WHOLE.replace(b'"error":null', b'"error":"broken"'))
    assert reading.error == ErrorReading(message="broken")


def test_the_old_cancel_answer() -> None:
    """DELETE on the response, before there was an endpoint for it."""
    body = b'{"id":"resp_67","status":"cancelled","cancelledAt":1741476542,"message":"Response cancelled"}'
    reading = answered(body, "DELETE", "/v1/model/response/resp_67?organizationId=org_1")
    assert (reading.operation, reading.status, reading.response_id) == ("cancel_response", "cancelled", "resp_67")
    assert (reading.problem, reading.unknown) == (None, [])


@pytest.mark.parametrize("status", ["queued", "in_progress", "processing", "completed", "failed", "cancelled"])
def test_the_states_of_both_dialects_are_known(status: str) -> None:
    """`in_progress` in one, `processing` in the other."""
    reading = polled(b'{"id":"resp_1","status":"%s"}' % status.encode())
    assert (reading.status, reading.unknown) == (status, [])


def test_an_id_is_kept_in_the_path_where_the_answer_is_an_error() -> None:
    """The request knows which response it asked for."""
    request = Request(method="GET", scheme="https", host="h", port=1, target="/v1/model/response/resp_9")
    reading = read(request, ResponseHead(status=404, reason="Not Found"), b'{"message":"gone"}')
    assert (reading.response_id, reading.ids) == ("resp_9", {"response_id": "resp_9"})
