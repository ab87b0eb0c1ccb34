"""G0 and G1: arrays of events, bare streams, the polling trio, integer ids."""

from __future__ import annotations

import msgspec
import pytest

from wiretape.store.aitronos.g1 import RunEvent
from wiretape.store.aitronos.objects import objects
from wiretape.store.interaction import Request, ResponseHead
from wiretape.store.reading import Reading, read

EVENTS = [
    b'{"event":"thread.run.created","status":"queued","isResponse":false,"response":null,"threadId":7}',
    b'{"event":"thread.run.in_progress","status":"in_progress","isResponse":false,"response":null,"threadId":7}',
    b'{"event":"thread.message.delta","status":"in_progress","isResponse":true,"response":"Hel","threadId":7}',
    b'{"event":"thread.message.delta","status":"in_progress","isResponse":true,"response":"lo","threadId":7}',
    b'{"event":"thread.run.completed","status":"completed","isResponse":true,"response":"Hello","threadId":7}',
]
BARE = b"".join(EVENTS)
ASKED = (
    b'{"organization_id": 1, "assistant_id": 2, "model": "ftg-1.5", "tool_choice": "auto", '
    b'"messages": [{"content": "Hello!", "role": "user", "type": "text"}], "stream": false}'
)


def answered(
    body: bytes,
    path: str = "/v1/messages/run-stream",
    *,
    method: str = "POST",
    kind: bytes = b"application/json",
    host: str = "freddy-api.aitronos.com",
    ended: str | None = "complete",
) -> Reading:
    """The reading of a run's answer, asked for as SDK 4.5.7 asks."""
    request = Request(method=method, scheme="https", host=host, port=443, target=path, body=ASKED)
    return read(request, ResponseHead(status=200, reason="OK", headers=((b"content-type", kind),)), body, ended=ended)


def test_an_event_decodes_to_the_last_field() -> None:
    """The wire is camelCase, the thread an integer."""
    assert msgspec.json.decode(EVENTS[2], type=RunEvent) == RunEvent(
        event="thread.message.delta", status="in_progress", is_response=True, response="Hel", thread_id=7
    )


@pytest.mark.parametrize("kind", [b"application/json", b"text/plain", b"application/octet-stream", b""])
@pytest.mark.parametrize("glue", [b"", b"\n", b"\r\n", b",", b" "])
def test_a_bare_stream_reads(glue: bytes, kind: bytes) -> None:
    """Objects may be glued in any way, and no type of content is documented for them."""
    reading = answered(glue.join(EVENTS), kind=kind)
    assert (reading.generation, reading.kind, reading.events) == ("G1", "stream", 5)
    assert (reading.text, reading.status, reading.thread_id) == ("Hello", "completed", "7")
    assert (reading.stream_ended, reading.problem, reading.unknown) == (True, None, [])


def test_events_in_server_sent_frames_read_the_same() -> None:
    """SDK 4.5.7 accepted `data:` in front of the objects."""
    body = b"".join(b"data: " + event + b"\n\n" for event in EVENTS)
    reading = answered(body, kind=b"text/event-stream")
    assert (reading.generation, reading.kind, reading.text) == ("G1", "sse", "Hello")
    assert (reading.stream_ended, reading.events, reading.thread_id) == (True, 5, "7")


@pytest.mark.parametrize(
    "body", [b"[" + b",".join(EVENTS) + b"]", msgspec.json.encode(f"[{','.join(map(bytes.decode, EVENTS))}]")]
)
def test_an_array_reads_also_as_a_string_that_holds_it(body: bytes) -> None:
    """Without a stream the events are an array; SDK 4.5.7 also takes it packed into a string."""
    reading = answered(body)
    assert (reading.generation, reading.kind, reading.text) == ("G1", "json", "Hello")
    assert (reading.events, reading.stream_ended, reading.problem, reading.unknown) == (5, None, None, [])


def test_an_object_with_a_response_reads() -> None:
    """The last form that SDK 4.5.7 looks for."""
    reading = answered(b'{"response":"Hello"}')
    assert (reading.generation, reading.text) == ("G1", "Hello")


def test_without_the_last_event_the_pieces_are_joined() -> None:
    """A stream that broke has said what its deltas said."""
    reading = answered(b"".join(EVENTS[:4]), ended="upstream_error")
    assert (reading.text, reading.stream_ended, reading.events) == ("Hello", False, 4)


@pytest.mark.parametrize("cut", range(len(BARE) + 1))
def test_a_cut_stream_yields_the_events_before_the_cut(cut: int) -> None:
    """At every single byte of the stream."""
    spans, rest = objects(BARE[:cut])
    ends = [end for _, end in objects(BARE)[0]]
    assert [end for _, end in spans] == [end for end in ends if end <= cut]
    assert rest == max([0, *(end for end in ends if end <= cut)])
    reading = answered(BARE[:cut], ended="upstream_error")
    if spans and rest < cut:
        assert (reading.kind, reading.events) == ("stream", len(spans))


def test_braces_and_quotes_in_text_confuse_nobody() -> None:
    """Where the old clients' patterns failed: braces in strings, escaped quotes, a cut inside a string."""
    bodies = [rb'{"a":"}{\"\\"}', rb'{"b":{"c":["{"]}}', '{"ü{":1}'.encode(), b'{"d":"x']
    spans, rest = objects(b"\n".join(bodies))
    assert [b"\n".join(bodies)[start:end] for start, end in spans] == bodies[:3]
    assert b"\n".join(bodies)[rest:] == bodies[3]


def test_a_failed_run() -> None:
    """It ends the stream and says why, if it says anything."""
    body = (
        EVENTS[0] + b'{"event":"thread.run.failed","status":"failed","isResponse":false,"response":"Boom","threadId":7}'
    )
    reading = answered(body)
    assert reading.error is not None
    assert (reading.error.code, reading.error.message) == ("thread.run.failed", "Boom")
    assert (reading.status, reading.stream_ended) == ("failed", True)


def test_an_error_event() -> None:
    """`error` belongs to the run when the stream is one of runs."""
    reading = answered(EVENTS[0] + b'{"event":"error","message":"no credit"}')
    assert reading.error is not None
    assert (reading.error.code, reading.error.message, reading.stream_ended) == ("error", "no credit", True)


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_the_polling_trio(method: str) -> None:
    """Asked by POST from Swift, by GET with a body from the older Python sources."""
    created = answered(b'{"runKey":"run_1","threadKey":"t_1"}', "/v1/messages/run-create")
    assert (created.response_id, created.thread_id, created.generation) == ("run_1", "t_1", "G1")
    status = answered(b'{"runStatus":"requires_action"}', "/v1/messages/run-status", method=method)
    assert (status.status, status.generation, status.unknown) == ("requires_action", "G1", [])
    response = answered(b'{"response":"Hello"}', "/v1/messages/run-response", method=method)
    assert (response.text, response.problem) == ("Hello", None)


def test_integer_keys_are_kept_as_text() -> None:
    """The structs keep the integer, the reading writes it out."""
    created = answered(b'{"runKey":12,"threadKey":34}', "/v1/messages/run-create")
    assert (created.response_id, created.thread_id) == ("12", "34")


def test_a_thread_is_created() -> None:
    """Its key is an id like any other."""
    reading = answered(b'{"threadKey":"t_1"}', "/v1/threads/create")
    assert (reading.family, reading.ids["threadKey"], reading.problem) == ("threads", "t_1", None)


def test_what_is_asked_of_a_run() -> None:
    """The request tells what the answer does not: model, assistant, organization."""
    reading = answered(BARE)
    assert reading.asked is not None
    assert (reading.prompt, reading.model, reading.asked.messages) == ("Hello!", "ftg-1.5", 1)
    assert (reading.asked.organization_id, reading.asked.assistant_id, reading.asked.stream) == ("1", "2", False)


def test_g0_is_told_by_its_path_or_its_host() -> None:
    """Its answers are opaque, so nothing in them can be wrong."""
    opaque = answered(b'{"anything":[1,2]}', "/v1/messages")
    assert (opaque.generation, opaque.problem, opaque.unknown) == ("G0", None, [])
    status = answered(b'{"runStatus":"completed"}', "/v1/messages/run-status", host="freddy-core-api.azurewebsites.net")
    assert (status.generation, status.status) == ("G0", "completed")


def test_news_is_reported() -> None:
    """A new field in a known event, and a new event."""
    reading = answered(EVENTS[0].replace(b'"threadId"', b'"mood":1,"threadId"') + b'{"event":"thread.run.bored"}')
    assert reading.unknown == ["thread.run.created: $.mood", 'thread.run.bored: $.event = "thread.run.bored"']
