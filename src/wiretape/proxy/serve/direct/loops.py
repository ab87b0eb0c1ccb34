"""The event loop that replays are served from: uvloop's where there is one, else Python's own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Coroutine


def new_loop() -> asyncio.AbstractEventLoop:
    """The fastest loop at hand."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def run[T](main: Coroutine[object, object, T]) -> T:
    """Run *main* in such a loop, as `asyncio.run` does in its own."""
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(main)
