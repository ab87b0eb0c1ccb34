"""The stand-in in a thread of its own, for tests and for programs without an event loop."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, Self

from wiretape.addons.standin.server import FRAME_DELAY_MS, Server, serve

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from wiretape.addons.standin.received import Received

_PATIENCE_S = 30


class StandIn:
    """A stand-in for the length of a `with` block.

    Example:
        >>> with StandIn() as standin:  # doctest: +SKIP
        ...     httpx.get(f"{standin.url}/v1/models")
        ...     assert standin.hits == 1

    Args:
        port: 0 takes a free one.
        frame_delay_ms: the delay between the frames of a stream.
        clock: tells the time for date headers and for what expires.
        first: number of the first answer, in a series of its own; without it the process's common one goes on.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        frame_delay_ms: float = FRAME_DELAY_MS,
        clock: Callable[[], float] = time.time,
        first: int | None = None,
    ) -> None:
        self._port = port
        self._frame_delay_ms = frame_delay_ms
        self._clock = clock
        self._first = first
        self._thread: threading.Thread | None = None
        self._server: Server | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start; returns once requests are served.

        Raises:
            OSError: when the port cannot be had.
        """
        ready: Future[Server] = Future()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="standin", daemon=True)
        self._thread.start()
        self._server = ready.result(timeout=_PATIENCE_S)

    def stop(self) -> None:
        """Stop, also when stopped already; what was counted can still be read."""
        thread, self._thread = self._thread, None
        if thread is not None and thread.is_alive():
            self._loop.call_soon_threadsafe(self._over.set)
            thread.join(timeout=_PATIENCE_S)

    @property
    def url(self) -> str:
        """The address that clients use as their base URL."""
        return self._started.url

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._started.port

    @property
    def hits(self) -> int:
        """How many API requests it has received."""
        return self._started.hits

    @property
    def requests(self) -> list[Received]:
        """These requests, oldest first."""
        return self._started.requests

    @property
    def _started(self) -> Server:
        if self._server is None:
            raise RuntimeError("the stand-in has not been started: use it in a `with` block or call start()")
        return self._server

    def _run(self, ready: Future[Server]) -> None:
        try:
            asyncio.run(self._serve(ready))
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)

    async def _serve(self, ready: Future[Server]) -> None:
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        wanted = serve(port=self._port, frame_delay_ms=self._frame_delay_ms, clock=self._clock, first=self._first)
        async with wanted as server:
            ready.set_result(server)
            await self._over.wait()
