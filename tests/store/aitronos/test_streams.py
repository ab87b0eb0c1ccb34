"""Response streams of styles B, C and D, as the pages show them, and what can befall a stream."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wiretape.store.interaction import Request, ResponseHead
from wiretape.store.reading import Reading, ToolCall, Usage, read
from wiretape.store.sse import events_of

steady = settings(derandomize=True, deadline=None)

STYLE_B = b"""event: response.created
data: {"id":"resp_abc123","status":"in_progress"}

event: response.output_item.added
data: {"index":0,"item":{"type":"message","role":"assistant"}}

event: response.output_text.delta
data: {"index":0,"delta":"Hel"}

event: response.output_text.delta
data: {"index":0,"delta":"lo"}

event: response.output_text.done
data: {"index":0,"text":"Hello"}

event: response.completed
data: {"status":"completed","usage":{"outputSynapses":2}}

"""
STYLE_C = b"""event: response.created
data: {"event":"response.created","status":"in_progress","thread_id":"thread_xyz789","is_summarized":false,\
"output_mode":"text"}

event: reasoning.started
data: {"event":"reasoning.started"}

event: reasoning.content
data: {"event":"reasoning.content","content":"Check the city."}

event: reasoning.completed
data: {"event":"reasoning.completed"}

event: response.block
data: {"event":"response.block","block":{"type":"tool_call","tool_name":"get_weather","arguments":{"city":"Paris"},\
"success":true,"execution_time_ms":245}}

event: response.content_delta
data: {"event":"response.content_delta","delta":"Hello"}

event: response.completed
data: {"event":"response.completed","status":"completed","thread_id":"thread_xyz789","response_id":"resp_abc123",\
"is_summarized":false,"response":"Hello"}

"""
STYLE_D = """id: 1
data: {"event":"response.processing","status":"processing","thread_id":"thrd_abc123","message":"Preparing response"}

id: 2
data: {"event":"response.created","status":"in_progress","thread_id":"thrd_abc123","user_id":"usr_1","org_id":"org_1",\
"user_message_id":"msg_1","trace_id":"2fbbf3b6-51a1-4f1b-88e2-c00e8b52fbb8"}

id: 3
data: {"event":"response.context","user_id":"usr_1","org_id":"org_1","org_name":"Lab","timezone":"Europe/Zurich",\
"country":"CH","location_source":"profile"}

id: 4
data: {"event":"response.content_delta","delta":"Grüezi "}

id: 5
data: {"event":"response.heartbeat"}

id: 6
data: {"event":"response.content_delta","delta":"👋"}

id: 7
data: {"event":"response.completed","status":"completed","thread_id":"thrd_abc123","response_id":"resp_abc123",\
"is_summarized":false,"response":[{"type":"text","text":"Grüezi 👋"}]}

data: [DONE]

""".encode()
CANCELLED = b"""data: {"event":"response.content_delta","delta":"Once upon"}

data: {"event":"response.cancelled","status":"cancelled","thread_id":"thrd_abc123","partial_content_length":1234}

data: [DONE]

"""


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


@pytest.mark.parametrize("end", [b"\r\n", b"\r"])
@pytest.mark.parametrize("body", [STYLE_B, STYLE_C, STYLE_D])
def test_other_line_ends_change_nothing(body: bytes, end: bytes) -> None:
    """CRLF and CR are as good as LF."""
    assert streamed(body.replace(b"\n", end)) == streamed(body)


def test_a_bom_changes_nothing() -> None:
    """One at the start is skipped."""
    assert streamed(b"\xef\xbb\xbf" + STYLE_C) == streamed(STYLE_C)


def test_comments_are_heartbeats() -> None:
    """And no events."""
    body = STYLE_C.replace(b"\n\n", b"\n\n: ping\n\n")
    reading = streamed(body)
    assert (reading.text, reading.heartbeats, reading.events) == ("Hello", 7, 7)


def test_data_on_several_lines() -> None:
    """They are one JSON text with a line end in it."""
    body = b'data: {"event":"response.content_delta",\ndata: "delta":"Hi"}\n\n'
    assert streamed(body).text == "Hi"


def test_a_missing_last_blank_line_loses_nothing() -> None:
    """A browser would drop the frame; the bytes were there."""
    reading = streamed(STYLE_D.rstrip(b"\n"))
    assert (reading.stream_ended, reading.events, reading.text) == (True, 8, "Grüezi 👋")


def test_done_alone_is_an_end() -> None:
    """Where `response.completed` never came."""
    body = b'data: {"event":"response.content_delta","delta":"Hi"}\n\ndata: [DONE]\n\n'
    reading = streamed(body)
    assert (reading.stream_ended, reading.generation, reading.text) == (True, "G4", "Hi")


def test_without_an_end_none_was_seen() -> None:
    """The text is what came."""
    body = STYLE_D.partition(b"id: 7")[0]
    reading = streamed(body, ended="client_disconnect")
    assert (reading.stream_ended, reading.text, reading.status) == (False, "Grüezi 👋", "in_progress")


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


def test_a_reconnect_replays_and_then_goes_on() -> None:
    """The backlog says so itself, the overlap has the same ids."""
    backlog = STYLE_D.replace(b'data: {"event"', b'data: {"source":"replay","event"').partition(b"id: 6")[0]
    live = STYLE_D[STYLE_D.index(b"id: 5") :]
    reading = streamed(backlog + live, "/v1/model/response/thrd_abc123/stream?last_event_id=0", method="GET")
    assert (reading.operation, reading.generation, reading.thread_id) == ("reconnect_stream", "G4", "thrd_abc123")
    assert (reading.text, reading.unknown, reading.stream_ended) == ("Grüezi 👋", [], True)
    # Five of the backlog, and the one that came again.
    assert (reading.replayed, reading.heartbeats, reading.last_event_id) == (6, 1, "7")


def test_an_overlap_doubles_no_text() -> None:
    """An id that was there before is not taken again."""
    overlap = STYLE_D.partition(b"id: 7")[0]
    again = overlap[overlap.index(b"id: 4") :]
    assert streamed(overlap + again, ended="upstream_error").text == "Grüezi 👋"


def test_an_event_of_no_known_name_is_kept_in_mind() -> None:
    """Never a closed list of names."""
    body = b'data: {"event":"response.sparkle","x":1}\n\ndata: {"x":1}\n\n'
    reading = streamed(body)
    assert (reading.unknown, reading.events, reading.problem) == (['event "response.sparkle"', 'event ""'], 2, None)


def test_fields_and_values_of_no_known_name_are_reported() -> None:
    """With the event's name in front."""
    body = b'event: response.block\ndata: {"status":"odd","block":{"type":"chart","points":[1]}}\n\n'
    assert streamed(body).unknown == [
        'response.block: $.status = "odd"',
        "response.block: $.block.points",
        'response.block: $.block.type = "chart"',
    ]


@pytest.mark.parametrize("data", [b"not json", b"[1]", b'"text"', b"7"])
def test_what_is_no_object_is_a_problem_and_the_rest_is_read(data: bytes) -> None:
    """The problem names the event by its number."""
    reading = streamed(b"data: " + data + b"\n\n" + STYLE_C)
    assert reading.text == "Hello"
    assert reading.problem is not None
    assert reading.problem.startswith("event 1: ")


def test_a_character_torn_between_two_deltas_costs_that_character_only() -> None:
    """A backend that cuts in the middle of a surrogate pair sends two halves, each of them no character."""
    body = rb"""data: {"event":"response.content_delta","delta":"a \ud83d"}

data: {"event":"response.content_delta","delta":"\ude00 b"}

"""
    reading = streamed(body, ended="upstream_error")
    assert (reading.text, reading.problem) == ("a \ufffd\ufffd b", None)


def test_a_field_of_a_wrong_type_costs_that_field_only() -> None:
    """Not the event, and not the stream."""
    reading = streamed(STYLE_C.replace(b'"delta":"Hello"', b'"delta":5,"index":0').replace(b',"response":"Hello"', b""))
    assert reading.problem == "response.content_delta: Expected `str | null`, got `int` - at `$.delta`"
    assert (reading.text, reading.reasoning) == (None, "Check the city.")


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


@pytest.mark.parametrize("body", [STYLE_B, STYLE_C, STYLE_D])
def test_a_stream_cut_anywhere_reads_up_to_the_cut(body: bytes) -> None:
    """At every single byte: no problem, no text that was not sent."""
    for cut in range(len(body)):
        reading = streamed(body[:cut], ended="upstream_error")
        whole = sum(event.data is not None for event in events_of(body) if event.end <= cut)
        assert reading.events in (whole, whole + 1)
        assert reading.problem is None
        assert "Hello".startswith(reading.text or "") or "Grüezi 👋".startswith(reading.text or "")


@steady
@given(st.lists(st.sampled_from(["response.content_delta", "response.output_text.delta"]), min_size=1), st.data())
def test_deltas_add_up_to_the_text(names: list[str], data: st.DataObject) -> None:
    """Whatever the pieces are."""
    from msgspec import json

    pieces = [data.draw(st.text(max_size=5)) for _ in names]
    frames = [
        b"data: " + json.encode({"event": name, "delta": piece}) + b"\n\n"
        for name, piece in zip(names, pieces, strict=True)
    ]
    assert (streamed(b"".join(frames), ended="upstream_error").text or "") == "".join(pieces)
