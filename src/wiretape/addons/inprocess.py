"""Where an answer without a socket comes from: a cassette that is opened for it, or a run that is open already."""

from __future__ import annotations

import logging
import os
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from wiretape.proxy.answering import Answering
from wiretape.proxy.choosing import Asked, chosen, settings_file
from wiretape.proxy.decide.modes import Mode, WhenSpent
from wiretape.proxy.run import Run
from wiretape.proxy.runs import Runs
from wiretape.proxy.serve.clock import Clock
from wiretape.store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wiretape.proxy.answering import Caller, Reply
    from wiretape.store.interaction import Request

type Source = Run | Runs | Path | str
"""What is replayed: a run (or several side by side), or the path of a cassette."""

_LOG = logging.getLogger("wiretape")


def warn(text: str) -> None:
    """Say *text* to whoever listens to the logger `wiretape`; where nobody has set up logging, that is stderr."""
    _LOG.warning("wiretape: %s", text)


class Options(TypedDict, total=False):
    """What may be said of a replay in this process; what is not said is as in the settings file, or the usual.

    Attributes:
        pace: `instant` (as long as nothing else is said), `recorded`, or a factor such as `4x`.
        when_spent: what a request gets that was asked more often than recorded: `miss` (as long as nothing else is
            said), `repeat` or `cycle`.
        say: told of every miss, line by line; the logger `wiretape` where nothing is given.
    """

    pace: str | None
    when_spent: WhenSpent | str | None
    say: Callable[[str], None]


class HostOptions(Options, total=False):
    """The same for whoever asks by address.

    Attributes:
        alias: more names of the API, such as the host of a base URL that is used in tests only.
        intercept: other hosts that were recorded.
    """

    alias: Iterable[str]
    intercept: Iterable[str]


class InProcess:
    """A replay in this process.

    Attributes:
        run: the run that answers, unless a request names another session.
    """

    def __init__(
        self,
        source: Source,
        session: str | None = None,
        *,
        pace: str | None = None,
        when_spent: WhenSpent | str | None = None,
        alias: Iterable[str] = (),
        intercept: Iterable[str] = (),
        say: Callable[[str], None] = warn,
    ) -> None:
        """Open a cassette, or take up what is open.

        Args:
            source: see `Source`. What the caller has opened the caller closes.
            session: the session's name.
            pace: see `Options`.
            when_spent: see `Options`.
            alias: see `HostOptions`.
            intercept: see `HostOptions`.
            say: see `Options`.

        Raises:
            UsageError: an option is malformed, or given for a run that is open already.
            WiretapeError: the cassette or the session cannot be replayed.
        """
        if isinstance(source, Run | Runs):
            if session or pace or when_spent or alias or intercept:
                raise UsageError("a run that is open already has its session, its pace and the rest; give them to it")
            runs = source if isinstance(source, Runs) else Runs(source)
        else:
            asked = Asked(
                cassette=Path(source),
                session=session,
                alias=alias,
                intercept=intercept,
                pace=pace,
                when_spent=None if when_spent is None else _when_spent(when_spent),
                command=True,  # as before a command: whoever asks wants a verdict, so what is spent is a miss
            )
            settings = chosen(Mode.REPLAY, asked, settings_file(os.environ), os.environ)
            runs = Runs(Run.open(settings, Clock()))
        self.run = runs.default
        self._answering = Answering(runs, say)
        # Many a client is never closed, and what we have opened shall not be left to the garbage collector's warnings.
        self._end = None if isinstance(source, Run | Runs) else weakref.finalize(self, runs.close_all)
        if self._end is not None:
            for warning in self.run.warnings:
                say(warning)

    def answer(self, request: Request, caller: Caller) -> Reply:
        """What *request* gets; see `Answering.answer`."""
        return self._answering.answer(request, caller)

    def close(self) -> None:
        """End what was opened here; a second call does nothing."""
        if self._end is not None:
            self._end()


def _when_spent(text: WhenSpent | str) -> WhenSpent:
    try:
        return WhenSpent(text)
    except ValueError:
        raise UsageError(f"when_spent={text!r} is none of {', '.join(WhenSpent)}") from None
