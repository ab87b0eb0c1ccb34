"""One door for all bytes: what kind they are, what is done with strange ones, and that it costs no import."""

from __future__ import annotations

import gzip
import subprocess
import sys
import zlib

import msgspec
import pytest

from wiretape.store.interaction import Headers, Request, ResponseHead
from wiretape.store.reading import Reading, read

G3 = b'{"success":true,"thread_id":"thread_1","response":"Hi","is_summarized":false}'


def answered(
    body: bytes,
    headers: Headers = ((b"content-type", b"application/json"),),
    *,
    target: str = "/v1/model/response",
    status: int = 200,
    ended: str | None = "complete",
) -> Reading:
    """The reading of an answer to a new response."""
    request = Request(method="POST", scheme="https", host="api.aitronos.com", port=443, target=target)
    return read(request, ResponseHead(status=status, reason="", headers=headers), body, ended=ended)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        (b"gzip", gzip.compress(G3, mtime=0)),
        (b"deflate", zlib.compress(G3)),
        (b"identity", G3),
        (b"GZIP", gzip.compress(G3, mtime=0)),
    ],
)
def test_content_encodings_are_undone(coding: bytes, body: bytes) -> None:
    """The bytes come as they crossed the wire."""
    reading = answered(body, ((b"Content-Type", b"application/json"), (b"Content-Encoding", coding)))
    assert (reading.text, reading.problem) == ("Hi", None)


@pytest.mark.parametrize("coding", [b"gzip", b"rot13"])
def test_a_coding_that_does_not_fit_is_a_problem(coding: bytes) -> None:
    """What the head says is kept."""
    reading = answered(G3, ((b"content-encoding", coding),), status=500)
    assert (reading.kind, reading.text) == ("binary", None)
    assert reading.problem
    assert reading.error is not None
    assert reading.error.status == 500


def test_no_answer_is_no_problem() -> None:
    """The request alone tells the operation."""
    request = Request(method="POST", scheme="https", host="h", port=1, target="/v1/model/response")
    reading = read(request, None, b"", ended=None)
    assert (reading.kind, reading.operation, reading.problem) == ("empty", "create_response", None)


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        (b"application/json", G3, "json"),
        (b"application/problem+json; charset=utf-8", b"{}", "json"),
        (b"", G3, "json"),
        (b"text/plain", G3, "json"),
        (b"text/html", b"<p>", "text"),
        (b"text/html", b"{x}", "text"),
        (b"text/plain", b"\xe9t\xe9", "text"),
        (b"", "é".encode(), "text"),
        (b"", ("é" * 4000).encode(), "text"),
        (b"", b"\xe9t\xe9", "binary"),
        (b"application/octet-stream", b"ab\0cd", "binary"),
        (b"image/png", b"{}", "binary"),
        (b"text/event-stream", b"data: {}\n\n", "sse"),
        (b"", b"data: {}\n\n", "sse"),
        (b"text/plain; charset=utf-8", b"event: x\n\n", "sse"),
        (b"application/json", b": ping\n\n", "sse"),
        (b"application/x-ndjson", b'{"a":1}\n{"a":2}\n', "stream"),
        (b"application/json", b'{"a":1}{"a":2}', "stream"),
        (b"", b"{ no json", "text"),
        (b"text/event-stream", b"", "empty"),
    ],
)
def test_the_kind_of_a_body(kind: bytes, body: bytes, expected: str) -> None:
    """The type is believed as far as the body bears it out."""
    reading = answered(body, ((b"content-type", kind),), target="/v1/elsewhere")
    assert (reading.kind, reading.problem) == (expected, None)


def test_a_body_of_no_known_family_is_a_problem_at_a_response_endpoint() -> None:
    """And nowhere else; the problem says what the body has."""
    reading = answered(b'{"hello":"world","n":1}')
    assert (reading.generation, reading.problem) == (None, "of no known family: hello, n")
    assert answered(b"[1,2]").problem == "of no known family: list"
    assert answered(b"7").problem == "of no known family: int"
    assert answered(b'{"hello":"world"}', target="/v1/elsewhere").problem is None


@pytest.mark.parametrize(
    ("ended", "start"), [("complete", "Input data was truncated"), (None, "ended early: Input data")]
)
def test_a_body_that_stops_in_the_middle(ended: str | None, start: str) -> None:
    """A recording that broke has an excuse."""
    reading = answered(G3[:-10], ended=ended)
    assert reading.kind == "json"
    assert reading.problem is not None
    assert reading.problem.startswith(start)


def test_a_broken_request_costs_nothing_of_the_answer() -> None:
    """Both problems are told, the request's first, and the answer is recognised."""
    request = Request(method="POST", scheme="https", host="h", port=1, target="/v1/model/response", body=b'{"inputs":')
    reading = read(request, ResponseHead(status=200, reason=""), G3.replace(b"false", b"7"))
    assert (reading.text, reading.generation) == ("Hi", "G3")
    assert reading.problem is not None
    assert reading.problem.startswith("request: Input data was truncated; Expected `bool | null`, got `int`")


def test_a_broken_error_body_keeps_its_status() -> None:
    """The head is enough to know that it is one."""
    reading = answered(b'{"error":', status=503)
    assert reading.error is not None
    assert (reading.error.status, reading.kind) == (503, "json")
    assert reading.problem is not None


def test_a_list_that_was_cut_is_no_stream() -> None:
    """Although it holds whole objects."""
    reading = answered(b'[{"id":1},{"id"', target="/v1/elsewhere", ended=None)
    assert reading.kind == "json"
    assert reading.problem is not None


def test_text_that_no_database_could_store_is_mended() -> None:
    """A lone surrogate becomes U+FFFD."""
    reading = answered(G3.replace(b"Hi", rb"a\ud83db"))
    assert (reading.text, reading.problem) == ("a\ufffdb", None)


def test_a_very_deep_body_is_a_problem_and_no_end() -> None:
    """Nesting has a limit in the decoder."""
    reading = answered(b"[" * 100_000 + b"]" * 100_000)
    assert reading.problem is not None


def test_a_reading_goes_through_json_and_back() -> None:
    """It is a struct like any other."""
    reading = answered(G3)
    assert msgspec.json.decode(msgspec.json.encode(reading), type=Reading) == reading


def test_the_import_brings_nothing_heavy() -> None:
    """Every run of every command pays for it."""
    heavy = "{'pydantic','httpx','sqlite3','sqlite_utils','asyncio','socket','typer','rich','mitmproxy','json'}"
    code = f"import sys, wiretape.store.reading; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
