"""What answers the tests of a process: a replay in one of its threads, and a recorder; each begun when first needed."""

from __future__ import annotations

import dataclasses
import os
import shlex
from typing import TYPE_CHECKING

from wiretape.addons.pytesting import verdict

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from wiretape.addons.pytesting.address import Address
    from wiretape.addons.pytesting.lead import Lead
    from wiretape.addons.pytesting.marks import Marked
    from wiretape.addons.pytesting.naming import Place
    from wiretape.addons.pytesting.options import Choices
    from wiretape.addons.pytesting.recording import Recorded, Recording
    from wiretape.addons.pytesting.replaying import Replayed, Replaying
    from wiretape.proxy.configuration import SettingsFile
    from wiretape.proxy.decide.misses import Miss
    from wiretape.proxy.decide.modes import Mode
    from wiretape.proxy.settings import Settings


@dataclasses.dataclass(frozen=True)
class Order:
    """A session that is to be opened.

    Attributes:
        nodeid: for whom.
        place: which.
        marked: what is marked there.
        label: what requests will name it by.
        stands: the label is that of an address that outlives the session.
    """

    nodeid: str
    place: Place
    marked: Marked
    label: str
    stands: bool


class Engines:
    """Opens sessions, by the engine that their mode needs."""

    def __init__(self, config: pytest.Config, choices: Choices, meeting: Path | None) -> None:
        """Know what was chosen; nothing is begun.

        Args:
            config: of the run.
            choices: what was chosen.
            meeting: the folder of the process that leads the run; None where this is it.
        """
        self._config = config
        self._choices = choices
        self._meeting = meeting
        self._lead: Lead | None = None
        self._replaying: Replaying | None = None
        self._recording: Recording | None = None
        self._file: SettingsFile | None = None

    def open(self, order: Order) -> Replayed | Recorded:
        """Open a session.

        Raises:
            WiretapeError: a setting is wrong, the cassette cannot be read, nobody can record.
        """
        from wiretape.addons.pytesting.looking import is_complete
        from wiretape.proxy.decide.modes import Mode

        mode = self._mode(order.marked)
        if mode == "once":
            mode = "replay" if is_complete(order.place) else "record"
        settings = self._settings(order, Mode(mode))
        if mode == "replay" and not self._by_recorder(stands=order.stands):
            return self._replays().open(settings, order.label)
        return self._records().open(settings, order.label, order.marked.pace)

    def address(self, label: str) -> Address:
        """What leads to the sessions that are opened under *label*, one after the other.

        Raises:
            WiretapeError: there is no recorder and none can be started.
        """
        return (self._records() if self._by_recorder(stands=True) else self._replays()).address(label)

    def leading(self) -> Lead:
        """What the process that leads the run holds."""
        if self._lead is None:
            from wiretape.addons.pytesting.lead import Lead

            self._lead = Lead()
        return self._lead

    def strays(self) -> list[Miss]:
        """What was asked by addresses of no session."""
        return [] if self._replaying is None else self._replaying.strays()

    def end(self) -> list[str]:
        """End all that runs; says what went to the API past all sessions."""
        from wiretape.store.errors import WiretapeError

        if self._replaying is not None:
            self._replaying.stop()
        strays: list[str] = []
        if self._lead is not None:
            try:
                strays = self._lead.end()
            except WiretapeError as error:
                strays = [str(error)]
        if self._recording is not None:
            self._recording.forget(ended=self._lead is not None)
        return strays

    def _mode(self, marked: Marked) -> str:
        """What is done with a test: replaying is never loosened, passing never tightened into recording."""
        chosen = self._choices.mode
        if "replay" in (chosen, marked.mode):
            return "replay"
        if marked.mode == "live" or (marked.mode and not self._choices.named):
            return marked.mode
        return chosen

    def _by_recorder(self, *, stands: bool) -> bool:
        """Whether a replay is the recorder's: an address stands only where all sessions are in one proxy."""
        return stands and self._choices.mode != "replay"

    def _settings(self, order: Order, mode: Mode) -> Settings:
        import msgspec

        from wiretape.proxy.choosing import Asked, chosen
        from wiretape.proxy.decide.modes import WhenSpent

        marked = order.marked
        asked = Asked(
            cassette=order.place.cassette,
            session=order.place.session,
            upstream=self._choices.upstream,
            pace=marked.pace,
            when_spent=None if marked.when_spent is None else WhenSpent(marked.when_spent),
            strict=marked.strict if marked.strict is not None else self._choices.strict or None,
            ignore=marked.ignore,
            command=True,
        )
        settings = chosen(mode, asked, self._settings_file(), os.environ)
        return msgspec.structs.replace(settings, mend=verdict.mend(self._config, order.nodeid))

    def _settings_file(self) -> SettingsFile:
        if self._file is None:
            from wiretape.proxy.configuration import read_settings_file

            self._file = read_settings_file(os.environ, self._config.rootpath)
        return self._file

    def _replays(self) -> Replaying:
        if self._replaying is None:
            from wiretape.addons.pytesting.replaying import Replaying

            self._replaying = Replaying()
        return self._replaying

    def _records(self) -> Recording:
        if self._recording is None:
            from wiretape.addons.pytesting.recording import Recording

            folder = self._meeting or self.leading().folder
            named = self._choices.recorder or tuple(shlex.split(self._settings_file().values.recorder or "")) or None
            self._recording = Recording(folder, named, self._choices.upstream, self._config.rootpath)
        return self._recording
