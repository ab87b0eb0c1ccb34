"""The replay server: listens, lets clients in, sends idle ones away, and stops without leaving anything behind."""

from __future__ import annotations

import asyncio
import os
import socket
from typing import TYPE_CHECKING

from wiretape.proxy.serve.authority import authority
from wiretape.proxy.serve.direct.asking import Service
from wiretape.proxy.serve.direct.connection import Connection
from wiretape.proxy.serve.direct.leaves import Leaves
from wiretape.proxy.serve.direct.opening import Opening
from wiretape.proxy.serve.foreground import cannot_listen, listening_at
from wiretape.proxy.settings import check_listen

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from wiretape.proxy.runs import Runs

# A client that says nothing for so long is taken for gone; mitmproxy does the same.
IDLE_SECONDS = 600.0
# What is being answered when the server stops gets so long to come to its end.
GRACE_SECONDS = 1.0
_BACKLOG = 1024
# From accepting a connection to knowing it, the loop takes so many rounds at most.
_ROUNDS = 3


class ReplayServer:
    """Serves runs that replay, from a running event loop. It has no way to connect to anything.

    Example:
        >>> async with ReplayServer(Runs(run), print) as server:  # doctest: +SKIP
        ...     print(server.url)

    Attributes:
        ours: the CA whose certificates clients meet inside tunnels.
    """

    def __init__(
        self,
        runs: Runs,
        say: Callable[[str], None],
        *,
        idle_seconds: float = IDLE_SECONDS,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        """Prepare to serve *runs*.

        Args:
            runs: whose default is in the mode `replay`.
            say: tells the person at the terminal.
            idle_seconds: a connection without a word is closed after this, or up to twice as long.
            grace_seconds: how long answers under way may take when the server stops.

        Raises:
            UsageError: others could reach it, and no password keeps them out.
        """
        check_listen(runs.default.settings)
        self.ours = authority(os.environ, runs.default.clock.now())
        self._runs = runs
        self._listen = runs.default.settings.listen
        self._say = say
        self._idle_seconds = idle_seconds
        self._grace_seconds = grace_seconds
        self._connections: set[Connection] = set()
        self._leaves = Leaves(self.ours, runs.default.clock.now())
        self._service: Service
        self._listener: asyncio.Server
        self._sweep: asyncio.TimerHandle
        self._emptied: asyncio.Event
        self._port = 0

    @property
    def url(self) -> str:
        """Where clients of this machine find it: the API's base URL, and the proxy's address; without the password."""
        return listening_at(self._listen.host, self._port)

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._connections)

    async def start(self) -> None:
        """Listen.

        Raises:
            UsageError: the address is taken.
        """
        loop = asyncio.get_running_loop()
        self._service = Service(self._runs, self._say)
        bound = _bound(self._listen.host, self._listen.port)
        self._port = bound.getsockname()[1]
        self._emptied = asyncio.Event()
        self._emptied.set()
        self._listener = await loop.create_server(self._connection, sock=bound, backlog=_BACKLOG)
        self._sweep = loop.call_later(self._idle_seconds, self._send_idle_away)

    async def stop(self) -> None:
        """Let no one in, let what is being answered come to its end for a moment, hang up on everybody."""
        self._listener.close()
        self._sweep.cancel()
        # Who was let in at this very moment becomes known in the next rounds of the loop.
        for _ in range(_ROUNDS):
            await asyncio.sleep(0)
        for connection in list(self._connections):
            connection.finish()
        try:
            async with asyncio.timeout(self._grace_seconds):
                await self._emptied.wait()
        except TimeoutError:
            for connection in list(self._connections):
                connection.abort()
            await self._emptied.wait()
        await self._service.close()
        await self._listener.wait_closed()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.stop()

    def _connection(self) -> Connection:
        return Connection(self._came, self._left)

    def _came(self, connection: Connection, own: tuple[str, int]) -> Opening:
        self._connections.add(connection)
        self._emptied.clear()
        # A socket for both families tells of IPv4 as a part of IPv6.
        own = (own[0].removeprefix("::ffff:"), own[1])
        return Opening(self._service, self._leaves, connection, self._service.door(own, "http"))

    def _left(self, connection: Connection) -> None:
        self._connections.discard(connection)
        if not self._connections:
            self._emptied.set()

    def _send_idle_away(self) -> None:
        for connection in list(self._connections):
            if connection.idle:
                connection.finish()
            connection.quiet = True
        self._sweep = asyncio.get_running_loop().call_later(self._idle_seconds, self._send_idle_away)


def _bound(host: str, port: int) -> socket.socket:
    """A socket at an address of this machine."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise cannot_listen(host, port, error) from None
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        bound.close()
        raise cannot_listen(host, port, error) from None
    return bound
