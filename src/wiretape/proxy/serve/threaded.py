"""The replay server in a thread of its own, for tests and for programs without an event loop."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Self

from wiretape.proxy.serve.direct import loops
from wiretape.proxy.serve.server import GRACE_SECONDS, ReplayServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from wiretape.proxy.run import Run
    from wiretape.proxy.serve.authority import Authority

_PATIENCE_SECONDS = 30.0


class ThreadedReplay:
    """Serves a run for the length of a `with` block. The run is the caller's: to be opened before and closed after.

    Example:
        >>> with ThreadedReplay(run) as replay:  # doctest: +SKIP
        ...     httpx.get(f"{replay.url}/v1/models")
        >>> run.close().misses
        []
    """

    def __init__(
        self,
        run: Run,
        say: Callable[[str], None] = lambda _: None,
        *,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        """Prepare to serve *run*.

        Args:
            run: a run in the mode `replay`.
            say: told what a person at a terminal would be, from the server's thread.
            grace_seconds: how long answers under way may take when the server stops.
        """
        self._run = run
        self._say = say
        self._grace_seconds = grace_seconds
        self._thread: threading.Thread | None = None
        self._server: ReplayServer | None = None
        self._loop: asyncio.AbstractEventLoop
        self._over: asyncio.Event

    def start(self) -> None:
        """Start; returns once requests are served.

        Raises:
            UsageError: the address is taken.
        """
        ready: Future[ReplayServer] = Future()
        self._thread = threading.Thread(target=self._work, args=(ready,), name="wiretape replay", daemon=True)
        self._thread.start()
        self._server = ready.result(_PATIENCE_SECONDS)

    def stop(self) -> None:
        """Stop, also when stopped already; afterwards nothing touches the run any more."""
        thread, self._thread = self._thread, None
        if thread is not None and thread.is_alive():
            self._loop.call_soon_threadsafe(self._over.set)
            thread.join(_PATIENCE_SECONDS)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it listens: the API's base URL, and the proxy's address."""
        return self._started.url

    @property
    def ours(self) -> Authority:
        """The CA whose certificates clients meet inside tunnels."""
        return self._started.ours

    @property
    def connections(self) -> int:
        """How many are open."""
        return self._started.connections

    @property
    def _started(self) -> ReplayServer:
        if self._server is None:
            raise RuntimeError("the replay has not been started: use it in a `with` block or call start()")
        return self._server

    def _work(self, ready: Future[ReplayServer]) -> None:
        try:
            loops.run(self._serve(ready))
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)

    async def _serve(self, ready: Future[ReplayServer]) -> None:
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        async with ReplayServer(self._run, self._say, grace_seconds=self._grace_seconds) as server:
            ready.set_result(server)
            await self._over.wait()
