"""How an answer crosses the wire: framed, cut into pieces, paced, stalled, broken off."""

from __future__ import annotations

import asyncio
import enum
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from wiretape.addons.standin import wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wiretape.addons.standin.answer import Answer
    from wiretape.addons.standin.received import Received
    from wiretape.addons.standin.scenario import Scenario

_PIECES_BEFORE_A_BREAK = 3
_TOO_MUCH = 1_000_000
"""The length promised for a stream of unknown length that is to fall short of it."""

_WITHOUT_BODY = {204, 304}


class End(enum.Enum):
    """What becomes of the connection after an answer."""

    KEEP = enum.auto()
    CLOSE = enum.auto()
    RESET = enum.auto()


class Out(Protocol):
    """Where the bytes go."""

    async def write(self, data: bytes) -> None:
        """Write, and wait while the reader is behind."""

    async def silence(self, seconds: float) -> bool:
        """Wait; False when the reader has gone away meanwhile."""
        raise NotImplementedError


@dataclass(slots=True, kw_only=True)
class Delivery:
    """The delivery of one answer.

    Attributes:
        answer: what to deliver.
        request: what it answers.
        scenario: how awkwardly.
        frame_delay_ms: the delay between the pieces of a paced answer, unless the scenario has its own.
        out: where to.
    """

    answer: Answer
    request: Received
    scenario: Scenario
    frame_delay_ms: float
    out: Out

    async def run(self) -> End:
        """Deliver, and tell what is to become of the connection."""
        if self.scenario.wait_ms:
            await asyncio.sleep(self.scenario.wait_ms / 1000)
        if self.scenario.cut == "head":
            return End.CLOSE
        framing = self._framing()
        keep = self.request.keep_alive and framing != "close"
        head = wire.head(self.answer.status, [*self.answer.headers, *self._headers(framing, keep=keep)])
        if framing == "none" or self.request.method == "HEAD":
            await self.out.write(head)
        elif framing == "length" and isinstance(self.answer.content, bytes) and not self._breaks:
            await self.out.write(head + self.answer.content)
        else:
            await self.out.write(head)
            end = await self._body(framing)
            return end if keep or end is End.RESET else End.CLOSE
        return End.KEEP if keep else End.CLOSE

    @property
    def _breaks(self) -> bool:
        return bool(self.scenario.cut or self.scenario.stall_ms)

    def _framing(self) -> str:
        """How the body's end is told: `none` (there is no body), `length`, `chunked` or `close`."""
        if self.answer.status in _WITHOUT_BODY:
            return "none"
        whole = isinstance(self.answer.content, bytes)
        asked = self.scenario.framing
        if self.scenario.cut == "length" or asked == "length":
            return "length"
        if not asked and (self.answer.length is not None or (whole and not self.scenario.chunks)):
            return "length"
        if self.request.version == "1.0" and self.request.method != "HEAD":
            return "close"
        return asked or "chunked"

    def _headers(self, framing: str, *, keep: bool) -> list[tuple[str, str]]:
        told: list[tuple[str, str]] = []
        if not keep:
            told.append(("Connection", "close"))
        elif self.request.version == "1.0":
            told.append(("Connection", "keep-alive"))
        if framing == "chunked":
            told.append(("Transfer-Encoding", "chunked"))
        if framing == "length":
            told.append(("Content-Length", str(self._length())))
        return told

    def _length(self) -> int:
        answer = self.answer
        if not isinstance(answer.content, bytes) and answer.length is None:
            if self.scenario.cut:
                return _TOO_MUCH
            answer.content = b"".join(answer.content)
        return len(answer.content) if isinstance(answer.content, bytes) else answer.length or 0

    async def _body(self, framing: str) -> End:
        pieces = self._pieces()
        for sent in itertools.count():
            # A piece is made only when its moment has come: a stream that was cancelled meanwhile makes another one.
            if sent == self._break_at:
                end = await self._break(pieces, framing)
                if end is not None:
                    return end
            elif sent:
                await asyncio.sleep(self._delay)
            piece = next(pieces, None)
            if piece is None:
                break
            await self.out.write(wire.chunk(piece) if framing == "chunked" else piece)
        if self.scenario.cut:
            return End.RESET if self.scenario.cut == "reset" else End.CLOSE
        if framing == "chunked":
            await self.out.write(wire.LAST_CHUNK)
        return End.KEEP

    @property
    def _delay(self) -> float:
        if self.scenario.delay_ms is not None:
            return self.scenario.delay_ms / 1000
        return self.frame_delay_ms / 1000 if self.answer.paced else 0.0

    @property
    def _break_at(self) -> int:
        """The number of pieces after which the scenario's break comes."""
        if not self._breaks:
            return -1
        if isinstance(self.answer.content, bytes) and not self.scenario.chunks:
            return 1
        return _PIECES_BEFORE_A_BREAK if self.scenario.after is None else self.scenario.after

    async def _break(self, pieces: Iterator[bytes], framing: str) -> End | None:
        """The stall or the cut that the scenario wants here; None where the body goes on afterwards."""
        if self.scenario.stall_ms and not await self.out.silence(self.scenario.stall_ms / 1000):
            return End.CLOSE
        if not self.scenario.cut:
            return None
        if self.scenario.cut == "inside":
            piece = next(pieces, b"")
            await self.out.write(wire.torn_chunk(piece) if framing == "chunked" else piece[: len(piece) // 2])
        return End.RESET if self.scenario.cut == "reset" else End.CLOSE

    def _pieces(self) -> Iterator[bytes]:
        """The body in the pieces in which it goes out, none of them empty: an empty chunk would end the body."""
        content, plan = self.answer.content, self.scenario.chunks
        if not isinstance(content, bytes):
            if self.scenario.unterminated:
                content = _without_last_blank(content)
            content = iter([b"".join(content)]) if plan == "one" else content
        elif self._breaks and not plan:
            half = len(content) // 2 if self.scenario.after is None else self.scenario.after
            content = iter([content[:half] or content[:1], content[half or 1 :]])
        else:
            content = iter([content])
        for whole in content:
            yield from (piece for piece in wire.pieces(whole, plan) if piece)


def _without_last_blank(frames: Iterator[bytes]) -> Iterator[bytes]:
    """The frames, the last of them without the empty line that would dispatch it."""
    last = b""
    for frame in frames:
        if last:
            yield last
        last = frame or last
    yield last.removesuffix(b"\r\n" if last.endswith(b"\r\n") else last[-1:])
