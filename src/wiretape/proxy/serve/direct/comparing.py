"""Accounts of misses: what was asked is compared with everything recorded, in a thread, while other clients go on."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from wiretape.proxy.playback import Playback
from wiretape.store.cassette import Cassette

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wiretape.proxy.decide.misses import Miss, Noted
    from wiretape.proxy.decide.player import Refuse
    from wiretape.proxy.run import Run
    from wiretape.store.interaction import Request


class Comparing:
    """Makes the accounts of one proxy.

    There is one thread, for a storm of misses must not take the processor from the answers, and it reads cassettes by
    connections of its own.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="wiretape-replay")
        self._accounts: set[asyncio.Task[Miss]] = set()
        self._waiting: set[Future[Miss]] = set()
        self._opened: dict[Run, tuple[Cassette, Playback]] = {}

    async def do[T](self, work: Callable[[], T]) -> T:
        """Have something else done in the thread."""
        return await asyncio.wrap_future(self._thread.submit(work))

    async def account(self, run: Run, request: Request, identity: str, refusal: Refuse) -> Miss:
        """The account of a miss of *request*, with the target to match by.

        It is made and noted even where whoever asks for it is cancelled: a client that gives up must not take the miss
        with it.
        """
        # What is not compared yet counts already: the run may be over before the comparison is.
        noted = run.playback.noted(request, identity, refusal)
        if refusal.kind == "spent" or not run.playback.comparable:
            return noted.miss
        account = asyncio.create_task(self._account(run, request, identity, noted))
        self._accounts.add(account)
        account.add_done_callback(self._accounts.discard)
        return await asyncio.shield(account)

    async def close(self) -> None:
        """Bring all accounts to an end. A miss that was not compared yet counts like any other."""
        for future in list(self._waiting):
            future.cancel()
        await asyncio.gather(*self._accounts)
        self._thread.shutdown()
        self._close(self._opened)

    async def _account(self, run: Run, request: Request, identity: str, noted: Noted) -> Miss:
        future = self._thread.submit(self._compare, run, request, identity, noted.miss)
        self._waiting.add(future)
        future.add_done_callback(self._waiting.discard)
        try:
            return noted.become(await asyncio.wrap_future(future))
        except asyncio.CancelledError:
            return noted.miss
        except Exception as error:  # noqa: BLE001 - our own failure is a miss like any other
            return noted.become(run.playback.failure(request, error))

    def _compare(self, run: Run, request: Request, identity: str, miss: Miss) -> Miss:
        self._close([other for other in self._opened if other.closed])
        if run not in self._opened:
            settings = run.settings
            cassette = Cassette.open(settings.cassette)
            session = cassette.session(settings.session)
            self._opened[run] = cassette, Playback(settings, run.mode, cassette, session.id, run.playback.memory)
        return self._opened[run][1].compared(miss, request, identity)

    def _close(self, runs: Iterable[Run]) -> None:
        for run in list(runs):
            self._opened.pop(run)[0].close()
