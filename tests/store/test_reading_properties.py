"""Whatever the bytes are, a reading comes out, the same each time, and it can be stored."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wiretape.store.interaction import Headers, Request, ResponseHead
from wiretape.store.reading import Reading, read

steady = settings(derandomize=True, deadline=None, max_examples=150)

TARGETS = [
    "/v1/model/response",
    "/v1/model/response/resp_1",
    "/v1/model/response/thrd_1/stream?last_event_id=1",
    "/v1/model/response/thrd_1/cancel",
    "/v1/messages/run-stream",
    "/v1/messages/run-status",
    "/v1/messages",
    "/v1/threads?limit=3",
    "/v1/documents/jobs/j",
    "/v1/scrape/jobs/j",
    "/nowhere",
    "*",
    "",
]
WORDS = [
    "choices", "message", "content", "toolCalls", "function", "arguments", "usage", "inputNeurons", "response",
    "status", "success", "thread_id", "response_blocks", "tool_arguments", "tools", "used", "available", "id", "output",
    "error", "detail", "loc", "event", "delta", "block", "type", "runKey", "runStatus", "threadId", "data", "has_more",
    "total",
    "inputs", "messages", "role", "texts", "files", "stream", "system_tools", "reasoning", "thread", "source", "text",
]  # fmt: skip
VALUES = ["resp_1", "thrd_1", "text", "tool_call", "tool_result", "tool_use", "thread.run.completed", "replay", "error"]
EVENTS = [
    "response.created", "response.completed", "response.block", "response.content_delta", "response.failed",
    "response.error", "response.cancelled", "reasoning.content", "response.output_text.done", "thread.message.delta",
]  # fmt: skip

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=6),
    st.sampled_from(VALUES + EVENTS),
)
trees = st.recursive(
    scalars,
    lambda below: st.one_of(
        st.lists(below, max_size=4), st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=3), below, max_size=6)
    ),
    max_leaves=25,
)


def _json(node: object) -> bytes:
    import json

    return json.dumps(node).encode()


def _frame(event: str, node: object) -> bytes:
    return b"event: " + event.encode() + b"\ndata: " + _json(node) + b"\n\n"


json_bodies = trees.map(_json)
frames = st.builds(_frame, st.sampled_from(EVENTS), trees)
sse_bodies = st.lists(frames | st.sampled_from([b": x\n\n", b"data: [DONE]\n\n", b"id: 1\n"]), max_size=6).map(b"".join)
bodies = st.one_of(
    st.binary(max_size=80),
    json_bodies,
    st.tuples(json_bodies, st.integers(0, 60)).map(lambda cut: cut[0][: cut[1]]),
    st.lists(json_bodies, max_size=4).map(b"".join),
    sse_bodies,
)
headers: st.SearchStrategy[Headers] = st.lists(
    st.tuples(
        st.sampled_from(
            [
                b"content-type",
                b"Content-Encoding",
                b"retry-after",
                b"x-ratelimit-reset",
                b"X-RateLimit-Limit",
                b"x-provider",
            ]
        ),
        st.one_of(
            st.binary(max_size=12),
            st.sampled_from(
                [b"application/json", b"text/event-stream", b"text/html", b"gzip", b"deflate", b"image/png"]
            ),
        ),
    ),
    max_size=4,
).map(tuple)


def _check(reading: Reading) -> None:
    """It can be stored: valid text, numbers of 64 bits."""
    stored = msgspec.json.encode(reading)
    assert msgspec.json.decode(stored, type=Reading) == reading
    for found in _numbers(msgspec.to_builtins(reading)):
        assert -(2**63) <= found < 2**63


def _numbers(node: object) -> list[float]:
    if isinstance(node, dict):
        return [number for value in node.values() for number in _numbers(value)]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(node, list):
        return [number for value in node for number in _numbers(value)]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return [node] if isinstance(node, int | float) else []


@steady
@given(
    method=st.sampled_from(["POST", "GET", "DELETE", "", "PATCH"]),
    target=st.sampled_from(TARGETS) | st.text(max_size=30),
    asked=bodies,
    asked_headers=headers,
    status=st.sampled_from([200, 204, 401, 422, 429, 500]),
    head_headers=headers,
    body=bodies,
    ended=st.sampled_from(["complete", "upstream_error", None, "?"]),
)
def test_no_bytes_make_a_reading_fail(
    *,
    method: str,
    target: str,
    asked: bytes,
    asked_headers: Headers,
    status: int,
    head_headers: Headers,
    body: bytes,
    ended: str | None,
) -> None:
    """Any method, target, headers and bodies: the same reading twice, and one that can be stored."""
    request = Request(method=method, scheme="https", host="h", port=1, target=target, headers=asked_headers, body=asked)
    head = ResponseHead(status=status, reason="x", headers=head_headers)
    reading = read(request, head, body, ended=ended)
    _check(reading)
    assert read(request, head, body, ended=ended) == reading


@pytest.mark.parametrize("target", TARGETS[:-2])
@pytest.mark.parametrize("method", ["POST", "GET"])
@settings(derandomize=True, deadline=None, max_examples=40)
@given(body=json_bodies)
def test_any_json_at_any_endpoint_reads_without_an_exception_in_disguise(method: str, target: str, body: bytes) -> None:
    """A problem may be told, but only in the words of the JSON decoder or our own: no crash was swallowed."""
    request = Request(method=method, scheme="https", host="h", port=1, target=target, body=body)
    reading = read(
        request, ResponseHead(status=200, reason="", headers=((b"content-type", b"application/json"),)), body
    )
    _check(reading)
    for crash in (
        "TypeError",
        "AttributeError",
        "KeyError",
        "IndexError",
        "NameError",
        "AssertionError",
        "OverflowError",
    ):
        assert crash not in (reading.problem or "")


@steady
@given(body=sse_bodies | st.binary(max_size=80))
def test_no_stream_makes_a_crash_in_disguise(body: bytes) -> None:
    """Frames of known names with anything in them."""
    request = Request(method="POST", scheme="https", host="h", port=1, target="/v1/model/response")
    head = ResponseHead(status=200, reason="", headers=((b"content-type", b"text/event-stream"),))
    reading = read(request, head, body)
    _check(reading)
    assert not (reading.problem or "").startswith(("TypeError", "AttributeError", "KeyError", "IndexError"))


@steady
@given(frames=st.lists(frames, max_size=5), cut=st.integers(0, 300))
def test_a_stream_cut_anywhere_reads_the_frames_before_the_cut(frames: list[bytes], cut: int) -> None:
    """And at most the one that the cut went through."""
    request = Request(method="POST", scheme="https", host="h", port=1, target="/v1/model/response")
    head = ResponseHead(status=200, reason="", headers=((b"content-type", b"text/event-stream"),))
    reading = read(request, head, b"".join(frames)[:cut], ended="upstream_error")
    ends = [len(b"".join(frames[: n + 1])) for n in range(len(frames))]
    whole = sum(end <= cut for end in ends)
    assert whole <= reading.events <= whole + 1
