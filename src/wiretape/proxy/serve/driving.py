"""An engine that serves as long as something of ours asks it: its client is in this process."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from wiretape.proxy.resending import Proxy
from wiretape.proxy.serve.foreground import Served
from wiretape.proxy.serve.wholerun import Engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from wiretape.proxy.run import Run
    from wiretape.proxy.runs import Runs

    type Say = Callable[[str], None]
    type Ask = Callable[[Run, Proxy], Iterator[Callable[[], None]]]
    """What asks: each step is done in a thread, and the next one is taken when it is over."""


def driven(engine: Engine, ask: Ask) -> Engine:
    """*engine*, serving until *ask* has no more steps, or somebody ends it by a signal."""

    async def serve(runs: Runs, say: Say, _: Sequence[str]) -> Served:
        listens = asyncio.Event()

        def hear(text: str) -> None:
            # The first word is the greeting, which comes once requests are served; here nobody has to read it.
            if listens.is_set():
                say(text)
            listens.set()

        serving = asyncio.ensure_future(engine.serve(runs, hear, ()))
        asking = asyncio.ensure_future(_ask_all(runs.default, ask, listens))
        await asyncio.wait([serving, asking], return_when=asyncio.FIRST_COMPLETED)
        for task in (asking, serving):
            task.cancel()
        for ended in await asyncio.gather(serving, asking, return_exceptions=True):
            if isinstance(ended, BaseException) and not isinstance(ended, asyncio.CancelledError):
                raise ended
        return Served(0, None)

    return Engine(serve, engine.runner)


async def _ask_all(run: Run, ask: Ask, listens: asyncio.Event) -> None:
    await listens.wait()
    assert run.settings.ready_file is not None
    facts = msgspec.json.decode(run.settings.ready_file.read_bytes())
    for step in ask(run, Proxy(facts["url"], Path(facts["ca_bundle"]))):
        await asyncio.to_thread(step)
