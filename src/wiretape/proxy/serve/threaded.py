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

    from wiretape.proxy.runs import Runs
    from wiretape.proxy.serve.authority import Authority

_PATIENCE_SECONDS = 30.0


class ThreadedReplay:
    """Serves runs for the length of a `with` block. They are the caller's: to be opened before and closed after.

    Example:
        >>> with ThreadedReplay(Runs(run)) as replay:  # doctest: +SKIP
        ...     httpx.get(f"{replay.url}/v1/models")
        >>> run.close().misses
        []
    """

    def __init__(
        self,
        runs: Runs,
        say: Callable[[str], None] = lambda _: None,
        *,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        """Prepare to serve *runs*.

        Args:
            runs: whose default is in the mode `replay`.
            say: told what a person at a terminal would be, from the server's thread.
            grace_seconds: how long answers under way may take when the server stops.
        """
        self._runs = runs
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
        """Stop, also when stopped already; afterwards nothing touches the runs any more."""
        thread, self._thread = self._thread, None
        if thread is not None and thread.is_alive():
            self._loop.call_soon_threadsafe(self._over.set)
            thread.join(_PATIENCE_SECONDS)

    def call[T](self, work: Callable[[], T]) -> T:
        """Have *work* done in the server's thread, between two requests; says what it returns.

        Raises:
            RuntimeError: the server does not run.
            BaseException: what *work* raises.
        """
        if self._thread is None or not self._thread.is_alive():
            raise RuntimeError("the replay does not run")
        done: Future[T] = Future()

        def do() -> None:
            try:
                done.set_result(work())
            except BaseException as error:  # noqa: BLE001 - it is the caller's
                done.set_exception(error)

        self._loop.call_soon_threadsafe(do)
        return done.result(_PATIENCE_SECONDS)

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
        async with ReplayServer(self._runs, self._say, grace_seconds=self._grace_seconds) as server:
            ready.set_result(server)
            await self._over.wait()
