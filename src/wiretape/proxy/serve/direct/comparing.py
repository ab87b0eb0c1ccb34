"""Accounts of misses: what was asked is compared with everything recorded, in a thread, while other clients go on."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from wiretape.proxy.playback import Playback
from wiretape.store.cassette import Cassette

if TYPE_CHECKING:
    from collections.abc import Callable

    from wiretape.proxy.decide.misses import Miss
    from wiretape.proxy.decide.player import Refuse
    from wiretape.proxy.run import Run
    from wiretape.store.interaction import Request


class Comparing:
    """Makes the accounts of one run.

    There is one thread, for a storm of misses must not take the processor from the answers, and it reads the cassette
    by a connection of its own.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="wiretape-replay")
        self._accounts: set[asyncio.Task[Miss]] = set()
        self._waiting: set[Future[Miss]] = set()
        self._opened: tuple[Cassette, Playback] | None = None

    async def do[T](self, work: Callable[[], T]) -> T:
        """Have something else done in the thread."""
        return await asyncio.wrap_future(self._thread.submit(work))

    async def account(self, request: Request, identity: str, refusal: Refuse) -> Miss:
        """The account of a miss of *request*, with the target to match by.

        It is made and noted even where whoever asks for it is cancelled: a client that gives up must not take the miss
        with it.
        """
        account = asyncio.create_task(self._account(request, identity, refusal))
        self._accounts.add(account)
        account.add_done_callback(self._accounts.discard)
        return await asyncio.shield(account)

    async def close(self) -> None:
        """Bring all accounts to an end. A miss that was not compared yet counts like any other."""
        for future in list(self._waiting):
            future.cancel()
        await asyncio.gather(*self._accounts)
        self._thread.shutdown()
        if self._opened is not None:
            self._opened[0].close()

    async def _account(self, request: Request, identity: str, refusal: Refuse) -> Miss:
        playback = self._run.playback
        future = self._thread.submit(self._compare, request, identity, refusal)
        self._waiting.add(future)
        future.add_done_callback(self._waiting.discard)
        try:
            miss = await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            return playback.refused(request, f"session {self._run.settings.session!r} holds no answer to it")
        except Exception as error:  # noqa: BLE001 - our own failure is a miss like any other
            return playback.failed(request, error)
        playback.misses.append(miss)
        return miss

    def _compare(self, request: Request, identity: str, refusal: Refuse) -> Miss:
        if self._opened is None:
            settings = self._run.settings
            cassette = Cassette.open(settings.cassette)
            session = cassette.session(settings.session)
            self._opened = cassette, Playback(settings, self._run.mode, cassette, session.id)
        return self._opened[1].missed(request, identity, refusal)
