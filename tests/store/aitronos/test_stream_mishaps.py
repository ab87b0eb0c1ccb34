"""What can befall a response stream: line ends, gaps, overlaps, news, cuts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import json

from wiretape.store.interaction import Request, ResponseHead
from wiretape.store.reading import Reading, read
from wiretape.store.sse import events_of

steady = settings(derandomize=True, deadline=None)

STREAMS = Path(__file__).with_name("streams")
STYLE_B = (STREAMS / "style_b.sse").read_bytes()
STYLE_C = (STREAMS / "style_c.sse").read_bytes()
STYLE_D = (STREAMS / "style_d.sse").read_bytes()


def streamed(
    body: bytes, target: str = "/v1/model/response", *, method: str = "POST", ended: str | None = "complete"
) -> Reading:
    """The reading of a stream."""
    request = Request(method=method, scheme="https", host="api.aitronos.com", port=443, target=target)
    head = ResponseHead(status=200, reason="OK", headers=((b"content-type", b"text/event-stream; charset=utf-8"),))
    return read(request, head, body, ended=ended)


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
    pieces = [data.draw(st.text(max_size=5)) for _ in names]
    frames = [
        b"data: " + json.encode({"event": name, "delta": piece}) + b"\n\n"
        for name, piece in zip(names, pieces, strict=True)
    ]
    assert (streamed(b"".join(frames), ended="upstream_error").text or "") == "".join(pieces)
