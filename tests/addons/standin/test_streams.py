"""Streams, byte for byte: the four styles, their line ends, ids, keep-alives, errors, chunk boundaries."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import httpx

    from tests.addons.standin.conftest import Raw


def test_data_only_by_default(raw: Raw) -> None:
    """Style D: an id line, a data line with the name inside, an empty line; at the end `[DONE]`."""
    reply = raw.ask("Hello!", stream=True, thread_id="thrd_1")
    assert reply.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert reply.chunks[0].startswith(b'id: 1\ndata: {"event":"response.processing","status":"processing"')
    assert all(chunk.endswith(b"\n\n") for chunk in reply.chunks)
    assert reply.chunks[-1] == b"data: [DONE]\n\n"
    assert reply.terminated


def test_one_chunk_per_frame(raw: Raw) -> None:
    """Each frame is a chunk of its own."""
    assert all(chunk.count(b"data: ") == 1 for chunk in raw.ask("Hello!", stream=True).chunks)


def test_named_events(raw: Raw) -> None:
    """Style B: the name on its own line, not in the payload, and no terminal frame."""
    chunks = raw.ask("[[style=B]]", stream=True).chunks
    assert chunks[0].startswith(b'event: response.created\ndata: {"id":"resp_')
    assert chunks[-1].startswith(b'event: response.completed\ndata: {"status":"completed"')


def test_named_twice(raw: Raw) -> None:
    """Style C: the name on its own line and, unless told otherwise, in the payload."""
    first = raw.ask("[[style=C]]", stream=True).chunks[0]
    assert first.startswith(b'event: response.created\ndata: {"event":"response.created",')
    first = raw.ask("[[style=C]] [[unkeyed]]", stream=True).chunks[0]
    assert first.startswith(b'event: response.created\ndata: {"status":"in_progress",')


def test_bare_objects(raw: Raw) -> None:
    """Style A: objects side by side, without any framing."""
    reply = raw.ask("[[style=A]]", stream=True)
    assert reply.headers["content-type"] == "application/json"
    assert all(json.loads(chunk)["event"] for chunk in reply.chunks)


@pytest.mark.parametrize(("generation", "style"), [("G2a", b"event: "), ("G3", b"event: "), ("G4", b"id: 1")])
def test_style_follows_generation(raw: Raw, generation: str, style: bytes) -> None:
    """The generation brings its style of stream with it."""
    assert raw.ask(f"[[gen={generation}]]", stream=True).chunks[0].startswith(style)


def test_crlf(raw: Raw) -> None:
    """Frames may end their lines with CRLF, all of them."""
    body = b"".join(raw.ask("[[crlf]]", stream=True).chunks)
    assert body.endswith(b"data: [DONE]\r\n\r\n")
    assert body.count(b"\n") == body.count(b"\r\n")


def test_ids(raw: Raw) -> None:
    """Id lines can be switched on and off."""
    assert b"id: " not in b"".join(raw.ask("[[ids=off]]", stream=True).chunks)
    assert raw.ask("[[style=C]] [[ids]]", stream=True).chunks[0].startswith(b"id: 1\nevent: ")


def test_heartbeats(raw: Raw) -> None:
    """Keep-alives come after the first delta, as an event, as a comment, or as both."""
    chunks = raw.ask("[[heartbeat=both]]", stream=True).chunks
    beat = next(at for at, chunk in enumerate(chunks) if b"response.heartbeat" in chunk)
    assert b"response.content_delta" in chunks[beat - 1]
    assert chunks[beat + 1] == b": keepalive\n\n"
    assert not any(chunk.startswith(b":") for chunk in raw.ask("[[heartbeat]]", stream=True).chunks)


@pytest.mark.parametrize(
    ("style", "name"),
    [("A", "thread.run.failed"), ("B", "response.failed"), ("C", "response.error"), ("D", "response.error")],
)
def test_error_in_band(raw: Raw, style: str, name: str) -> None:
    """A stream may fail half-way with status 200 and an event of its style; it still ends in order."""
    reply = raw.ask(f"[[style={style}]] [[error-in-band]]", stream=True)
    assert reply.status == 200
    assert name in reply.text
    assert "completed" not in reply.text
    assert reply.terminated


def test_chunks_torn_inside_a_character(raw: Raw) -> None:
    """Chunks can end inside a UTF-8 sequence; together they are still the text."""
    reply = raw.ask("[[split]]", stream=True)
    torn = [chunk for chunk in reply.chunks if not _decodes(chunk)]
    assert len(torn) >= 2
    assert torn[0].endswith("ü".encode()[:1])
    assert "Grüezi " in reply.text


def test_chunks_by_size(raw: Raw) -> None:
    """Chunks can be of a fixed size, or the whole stream can be one."""
    chunks = raw.ask("[[chunks=7]]", stream=True).chunks
    assert {len(chunk) for chunk in chunks} <= set(range(1, 8))
    assert len(raw.ask("[[chunks=one]]", stream=True).chunks) == 1


def test_unterminated(raw: Raw) -> None:
    """The last frame may lack the empty line that dispatches it."""
    assert raw.ask("[[unterminated]]", stream=True).text.endswith("data: [DONE]\n")
    assert not raw.ask("[[unterminated]]", stream=True).text.endswith("\n\n")


def test_framing(raw: Raw) -> None:
    """A stream may end with its connection or promise its length."""
    reply = raw.ask("[[framing=close]]", stream=True)
    assert "transfer-encoding" not in reply.headers
    assert reply.body.endswith(b"data: [DONE]\n\n")
    reply = raw.ask("[[framing=length]]", stream=True)
    assert len(reply.body) == int(reply.headers["content-length"])


def test_one_big_event(raw: Raw) -> None:
    """One delta of a mebibyte is one frame and one chunk."""
    chunks = raw.ask("[[mega]]", stream=True).chunks
    assert max(len(chunk) for chunk in chunks if b"content_delta" in chunk) > 1024 * 1024


def test_many_tiny_events(client: httpx.Client) -> None:
    """Ten thousand deltas come as ten thousand frames."""
    answer = client.post("/v1/model/response", json={"inputs": [{"content": "[[tiny]]"}], "stream": True})
    assert answer.text.count("response.content_delta") == 10_000


def test_gzip(raw: Raw, client: httpx.Client) -> None:
    """JSON and streams come in gzip if scenario and client want it, a stream with every frame flushed."""
    body = {"inputs": [{"content": "[[gzip]]"}]}
    answer = client.post("/v1/model/response", json=body)
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.json()["success"]
    plain = client.post("/v1/model/response", json=body, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    sent = json.dumps({**body, "stream": True}).encode()
    head = f"POST /v1/model/response HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\nContent-Length: {len(sent)}\r\n"
    with raw.connect() as connection:
        connection.sendall(head.encode() + b"Connection: close\r\n\r\n" + sent)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    first = received.partition(b"\r\n\r\n")[2]
    size, _, rest = first.partition(b"\r\n")
    opened = zlib.decompressobj(wbits=31).decompress(rest[: int(size, 16)])
    assert opened.endswith(b"\n\n")
    assert b"response.processing" in opened


def test_gzip_stream_is_whole(client: httpx.Client) -> None:
    """A compressed stream decompresses to the end."""
    body = {"inputs": [{"content": "[[gzip]]"}], "stream": True}
    with client.stream("POST", "/v1/model/response", json=body) as answer:
        received = b"".join(answer.iter_raw())
    assert gzip.decompress(received).endswith(b"data: [DONE]\n\n")


def test_structured_and_tool_streams(raw: Raw) -> None:
    """Blocks, tool calls and reasoning stream as events of their own."""
    text = raw.ask("[[tool]] [[reasoning]]", stream=True).text
    assert text.index("reasoning.started") < text.index("reasoning.content") < text.index("response.block")
    assert '"stop_reason":"tool_use"' in text
    assert "response.block" in raw.ask("x", stream=True, output_mode="structured").text
    assert "function_call" in raw.ask("[[style=B]] [[tool]]", stream=True).text


def _decodes(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
