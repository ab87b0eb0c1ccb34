"""The stand-in as a server inside a running event loop."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from wiretape.addons.standin.connection import Connection
from wiretape.addons.standin.counter import numbers
from wiretape.addons.standin.imitation import Imitation

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from wiretape.addons.standin.received import Received

HOST = "127.0.0.1"
"""The only address that a stand-in listens on."""

FRAME_DELAY_MS = 5.0
"""The delay between the frames of a stream, unless somebody asks for another one."""


class Server:
    """A stand-in that serves."""

    def __init__(self, imitation: Imitation, port: int) -> None:
        self._imitation = imitation
        self._port = port

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._port

    @property
    def url(self) -> str:
        """The address that clients use as their base URL."""
        return f"http://{HOST}:{self._port}"

    @property
    def hits(self) -> int:
        """How many API requests it has received; questions about itself (`/~standin/…`) do not count."""
        return self._imitation.log.hits

    @property
    def requests(self) -> list[Received]:
        """These requests, oldest first; of very many only the latest."""
        return self._imitation.log.latest


@asynccontextmanager
async def serve(
    *,
    port: int = 0,
    frame_delay_ms: float = FRAME_DELAY_MS,
    clock: Callable[[], float] = time.time,
    first: int | None = None,
) -> AsyncGenerator[Server]:
    """Serve until the block ends; then every connection is closed and no task is left.

    Args:
        port: 0 takes a free one.
        frame_delay_ms: the delay between the frames of a stream.
        clock: tells the time for date headers and for what expires.
        first: number of the first answer, in a series of its own; without it the process's common one goes on.
    """
    imitation = Imitation(numbers=numbers(first), clock=clock, frame_delay_ms=frame_delay_ms)
    connections: set[Connection] = set()
    listener = await asyncio.get_running_loop().create_server(lambda: Connection(imitation, connections), HOST, port)
    try:
        yield Server(imitation, listener.sockets[0].getsockname()[1])
    finally:
        listener.close()
        await asyncio.gather(*(connection.stop() for connection in list(connections)))
        await listener.wait_closed()
