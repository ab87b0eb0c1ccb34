"""One TCP connection: the lowest wire, and what the event loop calls."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from wiretape.proxy.serve.direct.wire import Upper

# Linux's name for "acknowledge at once"; other systems need it less or lack it.
_QUICKACK: Final[int | None] = getattr(socket, "TCP_QUICKACK", None)
# A client that goes on sending after it was refused gets so long to read why.
_LINGER_SECONDS = 2.0


class Connection(asyncio.Protocol):
    """Carries bytes between the loop and whoever speaks.

    Attributes:
        upper: who speaks.
        quiet: nothing has come since this was last set; the server sets it to find idle connections.
    """

    upper: Upper

    def __init__(
        self, came: Callable[[Connection, tuple[str, int]], Upper], left: Callable[[Connection], None]
    ) -> None:
        """Wait for a client.

        Args:
            came: called with this connection once it is open and our own address on it; says who speaks.
            left: called with this connection when it is gone.
        """
        self.quiet = False
        self._came = came
        self._left = left
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._socket: socket.socket
        self._behind: asyncio.Future[None] | None = None
        self._lingering = False
        self._client_done = False

    # -- what the loop calls -------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is here."""
        self._transport = cast("asyncio.Transport", transport)
        self._socket = transport.get_extra_info("socket")
        host, port = transport.get_extra_info("sockname")[:2]
        self.upper = self._came(self, (host, port))

    def data_received(self, data: bytes) -> None:
        """Bytes from the client."""
        self.quiet = False
        if self._lingering:
            return
        self.upper.receive(data)
        if self.upper.owing and _QUICKACK is not None:
            # Clients that send a head and its body apart wait for the head's acknowledgement, which the kernel delays.
            self._socket.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)

    def eof_received(self) -> bool:
        """The client will send no more; it may still listen."""
        self._client_done = True
        if self._lingering:
            self._transport.close()
        else:
            self.upper.eof()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        del exc
        self._catch_up()
        self.upper.lost()
        self._left(self)

    def pause_writing(self) -> None:
        """The client reads more slowly than we write."""
        self._behind = self._loop.create_future()

    def resume_writing(self) -> None:
        """The client has caught up."""
        self._catch_up()

    def _catch_up(self) -> None:
        behind, self._behind = self._behind, None
        if behind is not None and not behind.done():
            behind.set_result(None)

    # -- as a wire -----------------------------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """See `Wire`."""
        if not self._transport.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        """See `Wire`."""
        self._transport.close()

    def linger(self) -> None:
        """See `Wire`."""
        if self._client_done:
            self._transport.close()
            return
        self._lingering = True
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._loop.call_later(_LINGER_SECONDS, self._transport.close)

    def pause(self) -> None:
        """See `Wire`."""
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        """See `Wire`."""
        if not self._transport.is_closing():
            self._transport.resume_reading()

    async def ready(self) -> None:
        """See `Wire`."""
        if self._behind is not None:
            await self._behind
        else:
            # The loop sends what was written in one round together; the next write belongs to the next round.
            await asyncio.sleep(0)

    # -- what the server calls -----------------------------------------------------------------------------------

    @property
    def idle(self) -> bool:
        """Whether nothing has come since `quiet` was set, and nothing is being answered."""
        return self.quiet and not self.upper.busy

    def finish(self) -> None:
        """Answer what is being answered, then hang up."""
        self.upper.finish()

    def abort(self) -> None:
        """Hang up at once."""
        self._transport.abort()
