"""One run of pytest in one process: opens sessions for tests, by the engine that their mode needs."""

from __future__ import annotations

import os
import unittest
from typing import TYPE_CHECKING, Any

import pytest

from wiretape.addons.pytesting import marks, verdict
from wiretape.addons.pytesting.fixture import Wiretape
from wiretape.addons.pytesting.naming import place_of
from wiretape.addons.pytesting.words import LED

if TYPE_CHECKING:
    from pathlib import Path

    from wiretape.addons.pytesting.lead import Lead
    from wiretape.addons.pytesting.marks import Marked
    from wiretape.addons.pytesting.naming import Place
    from wiretape.addons.pytesting.network import Guard
    from wiretape.addons.pytesting.options import Choices
    from wiretape.addons.pytesting.recording import Recorded, Recording
    from wiretape.addons.pytesting.replaying import Replayed, Replaying
    from wiretape.proxy.configuration import SettingsFile
    from wiretape.proxy.decide.misses import Miss
    from wiretape.proxy.decide.modes import Mode
    from wiretape.proxy.settings import Settings


class Suite:
    """What is shared by the tests of a process.

    Attributes:
        choices: what was chosen for the run.
        live: the sessions that are not over yet, or not accounted for.
        guard: who keeps this process from the network; None where nobody does.
    """

    def __init__(self, config: pytest.Config, choices: Choices, meeting: Path | None = None) -> None:
        """Begin a run.

        Args:
            config: of the run.
            choices: what was chosen.
            meeting: the folder of the process that leads the run; None where this is it.
        """
        self.config = config
        self.choices = choices
        self.live: list[Wiretape] = []
        self.guard: Guard | None = None
        self._meeting = meeting
        self._lead: Lead | None = None
        self._replaying: Replaying | None = None
        self._recording: Recording | None = None
        self._file: SettingsFile | None = None
        self._strays = 0

    def begin(self, request: pytest.FixtureRequest, fixture: str) -> Wiretape:
        """The session of a test, a class, a module or the run; it fails the test where its marks are off."""
        node: Any = request.node
        marked = self._marked(node)
        place = place_of(node, self.choices, marked)
        tape = Wiretape(fixture, node.nodeid, place, lambda: self._open(node.nodeid, place, marked))
        tape.strict = bool(self._strict(marked))
        self.live.append(tape)
        _give(request, tape)
        if self._is_led(node, marked, fixture):
            tape.environ()
        return tape

    def _marked(self, node: Any) -> Marked:
        try:
            return marks.read(node, vcr=self.choices.vcr_marks)
        except marks.MarkError as error:
            why = str(error)
        pytest.fail(why, pytrace=False)

    def _is_led(self, node: Any, marked: Marked, fixture: str) -> bool:
        """Whether the environment of this process is to lead to the session."""
        if marked.environ is not None:
            return marked.environ
        used = any(fixture in mark.args for mark in node.iter_markers("usefixtures"))
        return self.choices.environ or used or bool(node.stash.get(LED, False))

    def close(self, tape: Wiretape) -> dict[str, Any] | None:
        """End a session; the facts of it, None where nobody asked for it."""
        from wiretape.addons.pytesting.facts import facts_of

        return facts_of(tape)

    def misses(self, tape: Wiretape) -> list[Miss]:
        """The requests of a session that got no answer so far; of one that is recorded, once it is over."""
        if tape.facts is not None:
            return list(tape.facts["misses"])
        opened = tape.opened
        return opened.misses() if opened is not None and opened.run is not None else []

    def new_strays(self) -> list[str]:
        """What was asked by addresses of no test since this was last asked, a line each."""
        strays = self.strays()
        new, self._strays = strays[self._strays :], len(strays)
        return [f"{miss.request}: {miss.detail}" for miss in new]

    def leading(self) -> Lead:
        """What the process that leads the run holds."""
        if self._lead is None:
            from wiretape.addons.pytesting.lead import Lead

            self._lead = Lead()
        return self._lead

    def mode_of(self, marked: Marked) -> str:
        """What is done with a test: replaying is never loosened, passing never tightened into recording."""
        chosen = self.choices.mode
        if "replay" in (chosen, marked.mode):
            return "replay"
        if marked.mode == "live" or (marked.mode and not self.choices.named):
            return marked.mode
        return chosen

    def strays(self) -> list[Miss]:
        """What was asked by addresses of no test."""
        return [] if self._replaying is None else list(self._replaying.strays())

    def end(self) -> list[str]:
        """End all that runs; says what went to the API past all sessions."""
        if self._replaying is not None:
            self._replaying.stop()
        strays = self._lead.end() if self._lead is not None else []
        if self._recording is not None:
            self._recording.forget(ended=self._lead is not None)
        return strays

    def _open(self, nodeid: str, place: Place, marked: Marked) -> Replayed | Recorded:
        """Open a session; where that cannot be, the test fails."""
        from wiretape.store.errors import WiretapeError

        try:
            return self._opened(nodeid, place, marked)
        except WiretapeError as error:
            why = str(error)
        pytest.fail(f"wiretape: {verdict.here(self.config, nodeid)}: {why}", pytrace=False)

    def _opened(self, nodeid: str, place: Place, marked: Marked) -> Replayed | Recorded:
        from wiretape.addons.pytesting.looking import is_complete
        from wiretape.proxy.decide.modes import Mode

        mode = self.mode_of(marked)
        if mode == "once":
            mode = "replay" if is_complete(place) else "record"
        settings = self._settings(nodeid, place, marked, Mode(mode))
        if mode == "replay":
            return self._replays().open(settings)
        return self._records().open(settings, marked.pace)

    def _settings(self, nodeid: str, place: Place, marked: Marked, mode: Mode) -> Settings:
        import msgspec

        from wiretape.proxy.choosing import Asked, chosen
        from wiretape.proxy.configuration import read_settings_file
        from wiretape.proxy.decide.modes import WhenSpent

        if self._file is None:
            self._file = read_settings_file(os.environ, self.config.rootpath)
        asked = Asked(
            cassette=place.cassette,
            session=place.session,
            upstream=self.choices.upstream,
            pace=marked.pace,
            when_spent=None if marked.when_spent is None else WhenSpent(marked.when_spent),
            strict=self._strict(marked),
            ignore=marked.ignore,
            command=True,
        )
        settings = chosen(mode, asked, self._file, os.environ)
        return msgspec.structs.replace(settings, mend=verdict.mend(self.config, nodeid))

    def _strict(self, marked: Marked) -> bool | None:
        return marked.strict if marked.strict is not None else self.choices.strict or None

    def _replays(self) -> Replaying:
        if self._replaying is None:
            from wiretape.addons.pytesting.replaying import Replaying

            self._replaying = Replaying()
        return self._replaying

    def _records(self) -> Recording:
        if self._recording is None:
            from wiretape.addons.pytesting.recording import Recording

            folder = self._meeting or self.leading().folder
            choices = self.choices
            self._recording = Recording(folder, choices.recorder, choices.upstream, self.config.rootpath)
        return self._recording


def _give(request: pytest.FixtureRequest, tape: Wiretape) -> None:
    """Tests of `unittest` take no arguments: theirs is an attribute of the case."""
    given: Any = request
    if given.scope not in ("function", "class") or not issubclass(given.cls or object, unittest.TestCase):
        return
    if given.scope == "class":
        setattr(given.cls, tape.fixture, tape)
    else:
        vars(request.instance)[tape.fixture] = tape


SUITE: pytest.StashKey[Suite] = pytest.StashKey()
"""Where the run's suite is kept."""
