"""The event-stream parser keeps to the WHATWG rules, however the bytes are cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wiretape.store.sse import Event, SseParser, events_of

steady = settings(derandomize=True, deadline=None)


def dispatched(stream: bytes) -> list[tuple[str, str, str]]:
    """What a browser hands to its listeners: name, data, last event id."""
    whole = [event for event in events_of(stream) if event.whole and event.data is not None]
    return [(event.event, event.data or "", event.last_id) for event in whole]


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        # The examples of the standard's section 9.2.6.
        (b"data: YHOO\ndata: +2\ndata: 10\n\n", [("message", "YHOO\n+2\n10", "")]),
        (
            b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n",
            [("message", "first event", "1"), ("message", "second event", "")],
        ),
        (b"data\n\ndata\ndata\n\ndata:\n", [("message", "", ""), ("message", "\n", "")]),
        (b"data:test\n\ndata: test\n\n", [("message", "test", ""), ("message", "test", "")]),
        (b"event: add\ndata: 73857293\n\n", [("add", "73857293", "")]),
    ],
)
def test_the_standards_own_examples(stream: bytes, expected: list[tuple[str, str, str]]) -> None:
    """Copied from the text of the standard."""
    assert dispatched(stream) == expected


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_lines_end_in_lf_or_cr_or_both(end: bytes) -> None:
    """One kind in a stream."""
    stream = end.join([b"event: a", b"data: 1", b"data: 2", b"", b"data: 3", b"", b""])
    assert dispatched(stream) == [("a", "1\n2", ""), ("message", "3", "")]


def test_line_ends_may_be_mixed() -> None:
    """Even within a frame."""
    assert dispatched(b"data: 1\rdata: 2\r\ndata: 3\n\r\ndata: 4\n\n") == [
        ("message", "1\n2\n3", ""),
        ("message", "4", ""),
    ]


def test_one_bom_at_the_start_is_skipped() -> None:
    """A second one, or one later, is part of a name."""
    assert dispatched(b"\xef\xbb\xbfdata: 1\n\n") == [("message", "1", "")]
    assert dispatched(b"\xef\xbb\xbf\ndata: 1\n\n") == [("message", "1", "")]
    # The second one belongs to the field's name, which nobody knows then.
    assert dispatched(b"\xef\xbb\xbf\xef\xbb\xbfdata: 1\n\n") == []
    assert dispatched(b"data: 1\n\n\xef\xbb\xbfdata: 2\n\n") == [("message", "1", "")]


def test_one_space_behind_the_colon_is_no_data() -> None:
    """A second one is, and a tab is."""
    assert dispatched(b"data:  two\ndata:\tt\ndata: a: b\n\n") == [("message", " two\n\tt\na: b", "")]


def test_unknown_fields_and_foreign_case_are_ignored() -> None:
    """Names of fields are exact."""
    assert dispatched(b"Data: x\nfoo: y\nbar\ndata: 1\n\n") == [("message", "1", "")]


def test_an_id_lasts_until_the_next_and_one_with_nul_is_ignored() -> None:
    """An empty id resets it."""
    stream = b"id: 7\ndata: a\n\ndata: b\n\nid: x\0y\ndata: c\n\nid:\ndata: d\n\n"
    assert [last for _, _, last in dispatched(stream)] == ["7", "7", "7", ""]
    assert [event.id for event in events_of(stream)] == ["7", None, None, ""]


@pytest.mark.parametrize(
    ("line", "retry"),
    [
        (b"retry: 3000", 3000),
        (b"retry:0", 0),
        (b"retry: -1", None),
        (b"retry: 1.5", None),
        (b"retry: \xd9\xa3", None),
        (b"retry:", None),
        (b"retry: " + b"9" * 5000, None),
    ],
)
def test_retry_is_digits_only(line: bytes, retry: int | None) -> None:
    """ASCII digits, and not a novel of them."""
    assert events_of(line + b"\n\n")[0].retry == retry


def test_frames_without_data_are_kept_but_dispatch_nothing() -> None:
    """The name of such a frame is forgotten, its id is not."""
    events = events_of(b": ping\n\nid: 4\n\nevent: gone\n\ndata: x\n\n")
    assert [event.data for event in events] == [None, None, None, "x"]
    assert events[0].comments == (" ping",)
    # The name of a frame without data is forgotten, its id is not.
    assert dispatched(b"id: 4\nevent: gone\n\ndata: x\n\n") == [("message", "x", "4")]


def test_what_a_missing_blank_line_left_is_handed_out_marked() -> None:
    """A browser would drop it."""
    stream = b"data: 1\n\ndata: [DONE]"
    parser = SseParser()
    assert [event.data for event in parser.feed(stream)] == ["1"]
    (left,) = parser.close()
    assert left == Event(data="[DONE]", start=9, end=len(stream), whole=False)
    assert dispatched(stream) == [("message", "1", "")]


def test_nothing_is_left_of_a_stream_that_ended_well() -> None:
    """Blank lines are no frame."""
    parser = SseParser()
    assert len(parser.feed(b"data: 1\n\n\n")) == 1
    assert parser.close() == []
    assert SseParser().close() == []


def test_bytes_that_are_no_utf_8_become_replacement_characters() -> None:
    """As the standard's decoder does it."""
    assert dispatched(b"data: a\xffb\xe2\x82\n\n") == [("message", "a\ufffdb\ufffd", "")]


def test_only_the_three_line_ends_end_a_line() -> None:
    """Not U+2028, not U+0085, where an SDK breaks."""
    assert dispatched("data: a\u2028b\u0085c\x0bd\n\n".encode()) == [("message", "a\u2028b\u0085c\x0bd", "")]


def test_a_cr_at_the_end_waits_for_its_lf() -> None:
    """Until the next byte or the end of the stream."""
    parser = SseParser()
    assert parser.feed(b"data: 1\r\n\r") == []
    (event,) = parser.feed(b"\n")
    assert (event.start, event.end) == (0, 11)
    assert parser.feed(b"data: 2\r\r") == []
    (event,) = parser.close()
    assert (event.data, event.whole, event.end) == ("2", True, 20)


def test_offsets_name_the_frame() -> None:
    """BOM and surplus blank lines included."""
    stream = "\ufeffdata: é\r\n\r\n\r\n: x\n\nid: 1\ndata: 2\n\n".encode()
    events = events_of(stream)
    frames = [stream[event.start : event.end] for event in events]
    assert frames == ["\ufeffdata: é\r\n\r\n".encode(), b"\r\n: x\n\n", b"id: 1\ndata: 2\n\n"]


lines = st.sampled_from(
    [
        b"data: 1",
        "data: é👋".encode(),
        b"data:",
        b"data",
        b"event: a",
        b"id: 1",
        b"id: x\0",
        b"retry: 5",
        b": c",
        b":",
        b"foo: x",
        b"\xff\xfe",
        b"",
        b"",
    ]
)
streams = st.one_of(
    st.binary(max_size=60),
    st.lists(st.tuples(lines, st.sampled_from([b"\n", b"\r", b"\r\n"])), max_size=14).map(
        lambda parts: b"".join(line + end for line, end in parts)
    ),
    st.lists(lines, max_size=8).map(lambda parts: b"\xef\xbb\xbf" + b"\n".join(parts)),
)


@steady
@given(streams, st.lists(st.integers(0, 200), max_size=12))
def test_the_cut_into_pieces_makes_no_difference(stream: bytes, cuts: list[int]) -> None:
    """Nor the number of the pieces."""
    parser = SseParser()
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    events = [event for a, b in pairwise(edges) for event in parser.feed(stream[a:b])]
    assert events + parser.close() == events_of(stream)


@steady
@given(streams)
def test_byte_by_byte_is_the_same_as_at_once(stream: bytes) -> None:
    """Through characters of several bytes and between CR and LF."""
    parser = SseParser()
    events = [event for byte in stream for event in parser.feed(bytes([byte]))]
    assert events + parser.close() == events_of(stream)


@steady
@given(streams, st.integers(0, 200))
def test_a_cut_stream_yields_the_events_before_the_cut(stream: bytes, at: int) -> None:
    """All whole ones; a frame that ends in CR may wait for the end."""
    whole = [event for event in events_of(stream) if event.whole and event.end <= at]
    assert SseParser().feed(stream[:at])[: len(whole)] in (whole, whole[:-1])
    assert events_of(stream[:at])[: len(whole)] == whole


@steady
@given(streams)
def test_frames_follow_each_other_without_gaps(stream: bytes) -> None:
    """Put together, their bytes are the stream."""
    events = events_of(stream)
    edges = [0, *(event.end for event in events)]
    assert [event.start for event in events] == edges[:-1]
    # Behind the last frame there is nothing but blank lines.
    assert stream[edges[-1] :].removeprefix(b"\xef\xbb\xbf").strip(b"\r\n") == b""


@steady
@given(streams)
def test_a_browsers_reading_of_it_agrees(stream: bytes) -> None:
    """A second, naive reading by the standard's own steps, over the whole text at once."""
    text = stream.decode("utf-8", "replace").removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    expected: list[tuple[str, str, str]] = []
    data, name, last = "", "", ""
    for line in text.split("\n")[:-1]:
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                expected.append((name or "message", data.removesuffix("\n"), last))
            data, name = "", ""
        elif field == "data":
            data += value + "\n"
        elif field == "event":
            name = value
        elif field == "id" and "\0" not in value:
            last = value
    assert dispatched(stream) == expected
