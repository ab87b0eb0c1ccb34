"""One connection: requests are read as they come and answered one after the other."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress
from typing import TYPE_CHECKING, cast

from wiretape.addons.standin import wire
from wiretape.addons.standin.delivery import Delivery, End
from wiretape.addons.standin.intake import Intake, Malformed

if TYPE_CHECKING:
    from wiretape.addons.standin.imitation import Imitation
    from wiretape.addons.standin.received import Received

_NO_LINGER = struct.pack("ii", 1, 0)
_REFUSAL = wire.head(400, [("Content-Length", "0"), ("Connection", "close")])


class Connection(asyncio.Protocol):
    """Serves one client."""

    def __init__(self, imitation: Imitation, others: set[Connection]) -> None:
        self._imitation = imitation
        self._others = others
        self._queue: asyncio.Queue[Received | None] = asyncio.Queue()
        self._writable = asyncio.Event()
        self._writable.set()
        self._gone = asyncio.Event()
        self._busy = False
        self._reading = True
        self._intake = Intake(self._queue.put_nowait, self._go_on)

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is here."""
        self._transport = cast("asyncio.Transport", transport)
        self._others.add(self)
        self._task = asyncio.get_running_loop().create_task(self._serve())

    def data_received(self, data: bytes) -> None:
        """Bytes of requests."""
        if not self._reading:
            return
        try:
            self._reading = self._intake.feed(data)
        except Malformed:
            self._reading = False
            if self._idle:
                self._transport.write(_REFUSAL)
        if not self._reading:
            self._queue.put_nowait(None)

    def eof_received(self) -> bool:
        """The client will send no more; what it asked for it still gets."""
        self._gone.set()
        self._queue.put_nowait(None)
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone, or we have hung up."""
        del exc
        self._gone.set()
        self._others.discard(self)
        self._task.cancel()

    def pause_writing(self) -> None:
        """The client reads more slowly than we write."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """The client has caught up."""
        self._writable.set()

    # What a delivery calls.

    async def write(self, data: bytes) -> None:
        """Write, and wait while the client is behind."""
        self._transport.write(data)
        await self._writable.wait()

    async def silence(self, seconds: float) -> bool:
        """Wait; False when the client has gone away meanwhile."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._gone.wait(), seconds)
            return False
        return True

    # What the server calls.

    async def stop(self) -> None:
        """Hang up at once and see to it that nothing is left over."""
        self._transport.abort()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def _go_on(self) -> None:
        """The interim answer, unless it would fall into the middle of another one."""
        if self._idle:
            self._transport.write(wire.CONTINUE)

    @property
    def _idle(self) -> bool:
        return not self._busy and self._queue.empty()

    async def _serve(self) -> None:
        end = End.KEEP
        try:
            while end is End.KEEP and (request := await self._queue.get()) is not None:
                self._busy = True
                end = await self._answer(request)
                self._busy = False
        finally:
            self._hang_up(end)

    async def _answer(self, request: Received) -> End:
        answer, scenario = self._imitation.answer(request)
        delivery = Delivery(
            answer=answer,
            request=request,
            scenario=scenario,
            frame_delay_ms=self._imitation.frame_delay_ms,
            out=self,
        )
        return await delivery.run()

    def _hang_up(self, end: End) -> None:
        if end is End.RESET:
            sock: socket.socket = self._transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            self._transport.abort()
        else:
            self._transport.close()
