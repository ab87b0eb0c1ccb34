"""Which engine serves a run: mitmproxy records and intercepts, a replay needs none of it."""

from __future__ import annotations

import importlib.util
from enum import StrEnum
from typing import TYPE_CHECKING

from wiretape.proxy.decide.modes import Mode
from wiretape.store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from wiretape.proxy.run import Run
    from wiretape.proxy.serve.wholerun import Engine


class EngineName(StrEnum):
    """What `--engine` takes."""

    AUTO = "auto"
    DIRECT = "direct"
    MITMPROXY = "mitmproxy"


def chooser(name: EngineName) -> Callable[[Run], Engine]:
    """What picks the engine once a run's mode is settled, and notes which it took and why where that was left to it."""

    def choose(run: Run) -> Engine:
        replays = run.mode is Mode.REPLAY
        if name is EngineName.DIRECT and not replays:
            raise UsageError(f"--engine direct only replays, and this run is to {run.mode}; leave --engine out")
        if name is EngineName.MITMPROXY or not replays:
            run.served_by = "by mitmproxy" if replays else ""
            return _mitmproxy(run.mode)
        run.served_by = "by the direct engine"
        if name is EngineName.AUTO:
            run.served_by += ", all that a replay needs"
        from wiretape.proxy.serve.direct.engine import DIRECT

        return DIRECT

    return choose


def _mitmproxy(mode: Mode) -> Engine:
    if importlib.util.find_spec("mitmproxy") is None:
        raise UsageError(f"{mode} needs mitmproxy, which is not installed here; pip install 'wiretape[proxy]'")
    import asyncio

    from wiretape.addons.mitm.host import serve
    from wiretape.proxy.serve.wholerun import Engine

    return Engine(serve, asyncio.run)
