# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# (mitmproxy declares its options at run time)
"""wiretape inside somebody's own mitmproxy: its settings as mitmproxy options, its addons among theirs."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from mitmproxy import ctx, exceptions

from wiretape.addons.mitm.gate import Gate
from wiretape.addons.mitm.traffic import Traffic
from wiretape.proxy.decide.modes import Mode, WhenSpent
from wiretape.proxy.run import Run
from wiretape.proxy.serve.clock import Clock
from wiretape.proxy.serve.trials import with_trials
from wiretape.proxy.settings import DEFAULT_CASSETTE, DEFAULT_SESSION, Settings, parse_hosts, parse_session
from wiretape.proxy.summing_up import lines
from wiretape.store.aitronos.hosts import DEFAULT_UPSTREAM
from wiretape.store.errors import WiretapeError

if TYPE_CHECKING:
    from mitmproxy.addonmanager import Loader

logger = logging.getLogger("wiretape")


class Plug:
    """An addon that brings ours in as soon as mitmproxy's options are known.

    Attributes:
        addons: ours; mitmproxy looks for them under this name.
    """

    def __init__(self) -> None:
        self.addons: list[object] = []
        self._run: Run | None = None
        self._traffic: Traffic | None = None

    def load(self, loader: Loader) -> None:
        """Tell mitmproxy of our options."""
        loader.add_option("wiretape_cassette", str, DEFAULT_CASSETTE, "The cassette.")
        loader.add_option("wiretape_session", str, DEFAULT_SESSION, "The session's name in the cassette.")
        loader.add_option("wiretape_mode", str, Mode.RECORD.value, "What to do.", choices=[mode.value for mode in Mode])
        loader.add_option("wiretape_upstream", str, "", f"Where requests for the API go; {DEFAULT_UPSTREAM}.")
        loader.add_option("wiretape_alias", str, "", "More names of the API, with commas between.")
        loader.add_option("wiretape_intercept", str, "", "Other hosts to record, with commas between.")
        loader.add_option("wiretape_append", bool, False, "Add to a session that is there.")
        spent = [choice.value for choice in WhenSpent]
        help_spent = "What a request gets that was asked more often than recorded."
        loader.add_option("wiretape_when_spent", str, WhenSpent.REPEAT.value, help_spent, choices=spent)

    def configure(self, updated: set[str]) -> None:
        """Open the run when the options are known; they stay as they are from then on."""
        if not any(name.startswith("wiretape_") for name in updated):
            return
        if self._run is not None:
            raise exceptions.OptionsError("wiretape's options cannot change while it runs; start mitmproxy anew")
        try:
            self._open(Run.open(_settings(), Clock()))
        except WiretapeError as error:
            raise exceptions.OptionsError(f"wiretape: {error}") from None

    def running(self) -> None:
        """Have mitmproxy wait for a request before it looks for an upstream: a recording may take its place."""
        ctx.options.update(connection_strategy="lazy", upstream_cert=False)

    def done(self) -> None:
        """End the run and say what became of it."""
        if self._run is None or self._traffic is None:
            return
        self._traffic.closing()
        for line in lines(self._run.close()):
            logger.warning("wiretape: %s", line)

    def _open(self, run: Run) -> None:
        self._run = with_trials(run)
        if run.warning:
            logger.warning("wiretape: %s", run.warning)
        gate = Gate(run)
        self._traffic = Traffic(run, gate, lambda text: logger.warning("wiretape: %s", text))
        self.addons = [gate, self._traffic]


def _settings() -> Settings:
    options = ctx.options
    return Settings(
        cassette=Path(options.wiretape_cassette),
        session=parse_session(options.wiretape_session, Mode(options.wiretape_mode)),
        mode=Mode(options.wiretape_mode),
        hosts=parse_hosts(
            options.wiretape_upstream or None, _listed(options.wiretape_alias), _listed(options.wiretape_intercept)
        ),
        upstream_named=bool(options.wiretape_upstream),
        when_spent=WhenSpent(options.wiretape_when_spent),
        append=options.wiretape_append,
    )


def _listed(text: str) -> list[str]:
    return [name for name in text.split(",") if name.strip()]
