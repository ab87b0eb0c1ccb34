"""Response streams of styles B, C and D, as the pages show them; other endpoints' streams beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from wiretape.store.interaction import Request, ResponseHead
from wiretape.store.reading import Reading, ToolCall, Usage, read

STREAMS = Path(__file__).with_name("streams")
STYLE_B = (STREAMS / "style_b.sse").read_bytes()
STYLE_C = (STREAMS / "style_c.sse").read_bytes()
STYLE_D = (STREAMS / "style_d.sse").read_bytes()
CANCELLED = (STREAMS / "cancelled.sse").read_bytes()


def streamed(
    body: bytes, target: str = "/v1/model/response", *, method: str = "POST", ended: str | None = "complete"
) -> Reading:
    """The reading of a stream."""
    request = Request(method=method, scheme="https", host="api.aitronos.com", port=443, target=target)
    head = ResponseHead(status=200, reason="OK", headers=((b"content-type", b"text/event-stream; charset=utf-8"),))
    return read(request, head, body, ended=ended)


def test_style_b() -> None:
    """Names on lines of their own, a usage of one number."""
    reading = streamed(STYLE_B)
    assert (reading.generation, reading.kind, reading.problem, reading.unknown) == ("G2b", "sse", None, [])
    assert (reading.text, reading.response_id, reading.status) == ("Hello", "resp_abc123", "completed")
    assert reading.usage == Usage(output=2, unit="neurons/synapses")
    assert (reading.stream_ended, reading.events) == (True, 6)


def test_style_b_without_its_deltas() -> None:
    """`response.output_text.done` has it all once more."""
    frames = [frame for frame in STYLE_B.split(b"\n\n") if b"delta" not in frame]
    assert streamed(b"\n\n".join(frames)).text == "Hello"


def test_style_b_with_a_call_and_a_foreign_heartbeat() -> None:
    """The call is inferred; a keep-alive that some gateway adds makes it no other generation."""
    item = b'{"index":0,"item":{"type":"function_call","id":"call_1","name":"f","arguments":"{}"}}'
    body = STYLE_B.replace(b'{"index":0,"item":{"type":"message","role":"assistant"}}', item)
    reading = streamed(b'data: {"event":"response.heartbeat"}\n\n' + body)
    assert reading.tool_calls == [ToolCall(id="call_1", name="f", arguments="{}", type="function_call")]
    assert (reading.generation, reading.heartbeats, reading.unknown) == ("G2b", 1, [])


def test_style_c() -> None:
    """Name on the line and in the JSON; a call with its success."""
    reading = streamed(STYLE_C)
    assert (reading.generation, reading.kind, reading.problem, reading.unknown) == ("G3", "sse", None, [])
    assert (reading.text, reading.reasoning) == ("Hello", "Check the city.")
    assert (reading.thread_id, reading.response_id) == ("thread_xyz789", "resp_abc123")
    assert reading.tool_calls == [ToolCall(name="get_weather", arguments='{"city":"Paris"}', success=True)]
    assert (reading.status, reading.summarized, reading.stream_ended) == ("completed", False, True)


@pytest.mark.parametrize("where", ["line", "json"])
def test_style_c_with_the_name_in_one_place_only(where: str) -> None:
    """Two pages contradict each other on where it is."""
    lines = STYLE_C.split(b"\n")
    if where == "json":
        lines = [line for line in lines if not line.startswith(b"event:")]
    else:
        lines = [
            b"data: {" + line.partition(b'",')[2] if b'{"event":"' in line and b'",' in line else line for line in lines
        ]
        lines = [b"data: {}" if b'{"event"' in line else line for line in lines]
        assert b'"event"' not in b"\n".join(lines)
    reading = streamed(b"\n".join(lines))
    assert (reading.generation, reading.text, reading.unknown) == ("G3", "Hello", [])
    assert (reading.reasoning, len(reading.tool_calls)) == ("Check the city.", 1)


def test_style_c_in_blocks_mode() -> None:
    """Text and calls come as blocks; told twice, they are counted once."""
    body = b"""event: response.block
data: {"block":{"type":"text","content":"One."}}

event: response.block
data: {"block":{"type":"tool_call","tool_name":"f","arguments":{"n":1}}}

event: response.block
data: {"block":{"type":"tool_result","tool_name":"f","tool_result":"ok"}}

event: response.completed
data: {"status":"completed","thread_id":"thread_1","is_summarized":false,"response_blocks":[\
{"type":"text","content":"One."},{"type":"tool_call","tool_name":"f","tool_arguments":{"n": 1}},\
{"type":"tool_result","tool_name":"f","tool_result":"ok"}]}

"""
    whole = streamed(body)
    assert (whole.text, whole.unknown) == ("One.", [])
    assert whole.tool_calls == [ToolCall(name="f", arguments='{"n": 1}', result="ok")]
    cut = streamed(body.partition(b"event: response.completed")[0], ended="upstream_error")
    assert (cut.text, cut.stream_ended) == ("One.", False)
    assert cut.tool_calls == [ToolCall(name="f", arguments='{"n":1}', result="ok")]


def test_style_d() -> None:
    """The name in the JSON only, ids, a heartbeat, `[DONE]`."""
    reading = streamed(STYLE_D)
    assert (reading.generation, reading.kind, reading.problem, reading.unknown) == ("G4", "sse", None, [])
    assert (reading.text, reading.thread_id, reading.response_id) == ("Grüezi 👋", "thrd_abc123", "resp_abc123")
    assert (reading.stream_ended, reading.events, reading.heartbeats, reading.last_event_id) == (True, 8, 1, "7")
    assert reading.ids == {
        "user_id": "usr_1",
        "org_id": "org_1",
        "user_message_id": "msg_1",
        "trace_id": "2fbbf3b6-51a1-4f1b-88e2-c00e8b52fbb8",
    }


def test_style_d_without_id_lines() -> None:
    """The page with examples shows none."""
    body = b"\n".join(line for line in STYLE_D.split(b"\n") if not line.startswith(b"id:"))
    reading = streamed(body)
    assert (reading.generation, reading.text, reading.last_event_id) == ("G4", "Grüezi 👋", None)


def test_a_tool_turn_of_style_d() -> None:
    """The last event has the call and the reason."""
    body = b"""data: {"event":"response.completed","status":"completed","thread_id":"thrd_1","is_summarized":false,\
"stop_reason":"tool_use","response":[{"type":"tool_use","id":"call_1","name":"f","input":{"a":1}}]}

data: [DONE]

"""
    reading = streamed(body)
    assert (reading.stop_reason, reading.text) == ("tool_calls", None)
    assert reading.tool_calls == [ToolCall(id="call_1", name="f", arguments='{"a":1}', type="tool_use")]


def test_a_cancelled_turn() -> None:
    """What was said until then is the text."""
    reading = streamed(CANCELLED)
    assert (reading.generation, reading.text, reading.status) == ("G4", "Once upon", "cancelled")
    assert (reading.stream_ended, reading.unknown) == (True, [])


@pytest.mark.parametrize(
    ("body", "code", "message", "generation"),
    [
        (
            b'event: response.failed\ndata: {"status":"failed","error":{"message":"No","code":"OVERLOADED"}}\n\n',
            "OVERLOADED",
            "No",
            "G2b",
        ),
        (
            b'event: response.error\ndata: {"event":"response.error","status":"failed","message":"No"}\n\n',
            None,
            "No",
            "G3",
        ),
        (
            b'data: {"event":"response.error","status":"failed","message":"No"}\n\ndata: [DONE]\n\n',
            None,
            "No",
            "G4",
        ),
        (b'event: error\ndata: {"message":"No"}\n\n', None, "No", "G2b"),
    ],
)
def test_errors_inside_a_stream(body: bytes, code: str | None, message: str, generation: str) -> None:
    """They come with status 200 and are an end."""
    reading = streamed(body)
    assert reading.error is not None
    assert (reading.error.code, reading.error.message) == (code, message)
    assert (reading.stream_ended, reading.generation, reading.unknown) == (True, generation, [])


def test_a_stream_under_the_type_of_json_is_still_a_stream() -> None:
    """The URL is the same in both modes, so a gateway may be wrong about it."""
    request = Request(method="POST", scheme="https", host="h", port=1, target="/v1/model/response")
    head = ResponseHead(status=200, reason="OK", headers=((b"content-type", b"application/json"),))
    for body in (STYLE_B, STYLE_C, STYLE_D):
        assert read(request, head, body) == streamed(body)


@pytest.mark.parametrize(
    ("method", "target", "body", "ended"),
    [
        ("GET", "/v1/research/sessions/s1/events?from_seq=3", b'event: done\nid: 9\ndata: {"seq":9}\n\n', True),
        ("GET", "/v1/research/sessions/s1/events", b": heartbeat\n\n", False),
        ("GET", "/v1/me/filemanager/search/stream?q=x", b'data: {"type":"hit"}\n\ndata: {"type":"complete"}\n\n', True),
        ("GET", "/v1/scrape/jobs/j1/stream", b'event: progress\ndata: {"percent":3}\n\n', False),
    ],
)
def test_streams_of_other_endpoints(method: str, target: str, body: bytes, ended: bool) -> None:  # noqa: FBT001
    """They have ends of their own, and unknown events are none of our business."""
    reading = streamed(body, target, method=method)
    assert (reading.kind, reading.stream_ended, reading.unknown, reading.problem) == ("sse", ended, [], None)
    assert reading.generation is None
