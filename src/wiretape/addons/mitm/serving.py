"""A whole run by mitmproxy: opened, served, closed, whatever happens in between."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from wiretape.addons.mitm.host import serve
from wiretape.addons.mitm.trials import with_trials
from wiretape.proxy.run import Run
from wiretape.proxy.serve.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from wiretape.proxy.run import Summary
    from wiretape.proxy.serve.foreground import Served
    from wiretape.proxy.settings import Settings

# Ending a recorder by these is how people end it.
_NORMAL = (signal.SIGINT, signal.SIGTERM)


def serve_run(
    settings: Settings,
    say: Callable[[str], None],
    command: Sequence[str],
    runner: Callable[[Coroutine[object, object, Served]], Served],
) -> tuple[int, Summary]:
    """Run the proxy for *settings*; says the command's exit code and what became of the run.

    Raises:
        WiretapeError: a person or a file is at fault; the cassette is closed by then.
    """
    run = with_trials(Run.open(settings, Clock()))
    if run.warning:
        say(run.warning)
    try:
        served = runner(serve(run, say, command))
    except BaseException as error:
        run.close(f"the recorder stopped: {type(error).__name__}: {error}")
        raise
    failed = served.code and served.signal not in _NORMAL
    summary = run.close(f"the command exited with {served.code}" if failed else None)
    return (0 if served.signal is signal.SIGINT else served.code), summary
