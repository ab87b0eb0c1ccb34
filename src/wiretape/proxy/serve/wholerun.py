"""A whole run, whichever engine serves it: opened, served, closed, whatever happens in between."""

from __future__ import annotations

import signal
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from wiretape.proxy.run import Run
from wiretape.proxy.runs import Runs
from wiretape.proxy.serve.clock import Clock
from wiretape.proxy.serve.trials import with_trials
from wiretape.proxy.settings import check_listen
from wiretape.store.sharing import Writers

if TYPE_CHECKING:
    from wiretape.proxy.serve.foreground import Served
    from wiretape.proxy.settings import Settings
    from wiretape.proxy.summary import Summary

type Say = Callable[[str], None]
"""Tells the person at the terminal one line."""

_BY_SIGNAL = 128
# Ending a recorder by these is how people end it.
_NORMAL = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Engine(msgspec.Struct, frozen=True):
    """What serves a run.

    Attributes:
        serve: serves runs while a command runs, or without one until a signal comes.
        runner: runs that to its end, as `asyncio.run` does.
    """

    serve: Callable[[Runs, Say, Sequence[str]], Coroutine[Any, Any, Served]]
    runner: Callable[[Coroutine[Any, Any, Served]], Served]


def serve_run(
    settings: Settings,
    say: Say,
    command: Sequence[str],
    choose: Callable[[Run], Engine],
    problem: str | None = None,
) -> tuple[int, list[Summary]]:
    """Run the proxy for *settings*; says the command's exit code and what became of the runs, the default one first.

    Args:
        settings: what to do.
        say: tells the person at the terminal.
        command: what to run against the proxy; nothing serves until a signal comes.
        choose: says which engine serves the run, once it is open and its mode settled.
        problem: why what is recorded is incomplete even where all goes well.

    Raises:
        WiretapeError: a person or a file is at fault; the cassette is closed by then.
    """
    check_listen(settings)
    clock, writers = Clock(), Writers()

    def begin(settings: Settings) -> Run:
        return with_trials(Run.open(settings, clock, writers))

    try:
        runs = Runs(begin(settings), begin)
        for warning in runs.default.warnings:
            say(warning)
        try:
            engine = choose(runs.default)
            served = engine.runner(engine.serve(runs, say, command))
        except BaseException as error:
            runs.close_all(f"the recorder stopped: {type(error).__name__}: {error}")
            raise
        # Ending a recording by Ctrl-C is how people end it; what the command makes of it is its own affair, and its
        # code.
        if served.code and served.signal not in _NORMAL:
            problem = f"the command exited with {served.code}"
        summaries = runs.close_all(problem)
    finally:
        writers.close()
    died_of_it = served.signal is not None and served.code == _BY_SIGNAL + served.signal
    return (0 if died_of_it else served.code), summaries
