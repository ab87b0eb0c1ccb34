"""Answers that do not end as they should: cut, reset, stalled."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from wiretape.addons.standin.answer import Answer
from wiretape.addons.standin.delivery import Delivery, End
from wiretape.addons.standin.received import Received
from wiretape.addons.standin.scenario import Scenario

if TYPE_CHECKING:
    from tests.addons.standin.conftest import Raw


def test_stream_cut(raw: Raw) -> None:
    """A cut stream ends between two frames, without the terminating chunk."""
    reply = raw.ask("[[cut]]", stream=True)
    assert len(reply.chunks) == 3
    assert not reply.terminated
    assert reply.body.endswith(b"\n\n\r\n")


def test_stream_cut_after(raw: Raw) -> None:
    """The word `after` says after how many frames."""
    assert len(raw.ask("[[cut]] [[after=5]]", stream=True).chunks) == 5
    assert raw.ask("[[cut]] [[after=0]]", stream=True).body == b""


def test_stream_cut_inside_a_chunk(raw: Raw) -> None:
    """The cut may fall inside a chunk, which then lacks half of what its size line promises."""
    reply = raw.ask("[[cut=inside]]", stream=True)
    torn = reply.body.split(b"\r\n")[-1]
    promised = int(reply.body.split(b"\r\n")[-2], 16)
    assert len(reply.chunks) == 3
    assert len(torn) == promised // 2


def test_stream_short_of_its_length(raw: Raw) -> None:
    """A stream may promise a length and fall short of it."""
    reply = raw.ask("[[cut=length]]", stream=True)
    assert 0 < len(reply.body) < int(reply.headers["content-length"])


def test_json_short_of_its_length(raw: Raw) -> None:
    """JSON is cut in its middle, or after as many bytes as asked for."""
    reply = raw.ask("[[cut]]")
    assert len(reply.body) == int(reply.headers["content-length"]) // 2
    assert len(raw.ask("[[cut=length]] [[after=10]]").body) == 10


def test_cut_before_the_head(raw: Raw) -> None:
    """The connection may close without any answer."""
    body = b'{"inputs":[{"content":"[[cut=head]]"}]}'
    head = f"POST /v1/model/response HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    assert raw.exchange(head.encode() + body) == b""


def test_reset(raw: Raw) -> None:
    """The connection may be reset."""
    with pytest.raises(ConnectionResetError):
        raw.ask("[[cut=reset]]", stream=True)


def test_keep_alive_after_a_whole_stream_only(raw: Raw) -> None:
    """A cut closes the connection although the client wanted to keep it."""
    body = b'{"inputs":[{"content":"[[cut]]"}],"stream":true}'
    head = f"POST /v1/model/response HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    assert not raw.exchange(head.encode() + body).endswith(b"0\r\n\r\n")


def test_stall_goes_on(raw: Raw) -> None:
    """After a silence the stream goes on to its end."""
    assert raw.ask("[[stall=20]]", stream=True).terminated
    assert raw.ask("[[stall=20]] [[wait=10]]").body.endswith(b"}")


class _Sink:
    """A reader that goes away as soon as it is quiet."""

    def __init__(self) -> None:
        self.received: list[bytes] = []

    async def write(self, data: bytes) -> None:
        """Take the bytes."""
        self.received.append(data)

    async def silence(self, seconds: float) -> bool:
        """Tell that the reader has gone."""
        assert seconds == 60
        return False


def test_stall_ends_with_the_client() -> None:
    """A client that goes away while the stream is silent ends it."""
    sink = _Sink()
    delivery = Delivery(
        answer=Answer(content=iter([b"1", b"2", b"3", b"4"])),
        request=Received(method="GET", target="/", headers=()),
        scenario=Scenario(stall_ms=60_000),
        frame_delay_ms=0,
        out=sink,
    )
    assert asyncio.run(delivery.run()) is End.CLOSE
    assert sink.received[1:] == [b"1\r\n1\r\n", b"1\r\n2\r\n", b"1\r\n3\r\n"]
