"""The direct engine: replays over HTTP/1.1 without mitmproxy, as base URL, forward proxy and through tunnels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wiretape.proxy.serve.direct import loops
from wiretape.proxy.serve.foreground import attend
from wiretape.proxy.serve.server import ReplayServer
from wiretape.proxy.serve.wholerun import Engine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wiretape.proxy.runs import Runs
    from wiretape.proxy.serve.foreground import Served


async def serve_direct(runs: Runs, say: Callable[[str], None], command: Sequence[str]) -> Served:
    """Serve *runs*, which replay, while *command* runs, or without one until a signal comes.

    Raises:
        UsageError: the address is taken, the command cannot be started, a file cannot be written.
    """
    async with ReplayServer(runs, say) as server:
        return await attend(runs.default, server.url, server.ours, say, command)


DIRECT = Engine(serve_direct, loops.run)
