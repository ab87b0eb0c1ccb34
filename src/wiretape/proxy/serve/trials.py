"""Failures on demand, so that tests can show what a failure of ours does: nothing goes live, nothing is lost.

`WIRETAPE_TRIAL=player` makes the player raise at every request, `WIRETAPE_TRIAL=recorder` the recorder.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NoReturn

from wiretape.proxy.decide.modes import Mode
from wiretape.proxy.decide.player import Player
from wiretape.proxy.decide.recorder import Recorder

if TYPE_CHECKING:
    from wiretape.proxy.decide.bearers import Bearer
    from wiretape.proxy.run import Run
    from wiretape.store.interaction import Request


class FailingPlayer(Player):
    """A player that cannot say what a request gets."""

    def ask(self, match_key: str, bearer: Bearer | None = None) -> NoReturn:
        """Fail."""
        del bearer
        raise RuntimeError(f"a failure on trial, asked for {match_key}")


class FailingRecorder(Recorder):
    """A recorder that cannot begin."""

    def begin(self, request: Request, identity: str, started_at: str, target: str | None = None) -> NoReturn:
        """Fail."""
        raise RuntimeError(f"a failure on trial, at {started_at}, {identity} {target or request.target}")


def with_trials(run: Run) -> Run:
    """*run*, with the failures that the environment asks for."""
    asked = os.environ.get("WIRETAPE_TRIAL", "").split(",")
    if "player" in asked:
        run.playback.player = FailingPlayer(None, None, Mode.REPLAY)
    if "recorder" in asked and run.recorder is not None:
        run.recorder.__class__ = FailingRecorder
    return run
