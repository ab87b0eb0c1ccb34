# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# (mitmproxy declares its options at run time)
"""wiretape inside somebody's own mitmproxy: its settings as mitmproxy options, its addons among theirs."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from mitmproxy import ctx, exceptions

from wiretape.addons.mitm.gate import Gate
from wiretape.addons.mitm.traffic import Traffic
from wiretape.proxy.choosing import Asked, chosen, settings_file
from wiretape.proxy.decide.modes import Mode, WhenSpent
from wiretape.proxy.run import Run
from wiretape.proxy.runs import Runs
from wiretape.proxy.serve.clock import Clock
from wiretape.proxy.serve.trials import with_trials
from wiretape.proxy.settings import parse_password
from wiretape.proxy.summing_up import lines_of
from wiretape.proxy.usual import DEFAULT_CASSETTE, DEFAULT_SESSION
from wiretape.store.aitronos.hosts import DEFAULT_UPSTREAM
from wiretape.store.errors import WiretapeError
from wiretape.store.sharing import Writers

if TYPE_CHECKING:
    from mitmproxy.addonmanager import Loader

    from wiretape.proxy.settings import Settings

logger = logging.getLogger("wiretape")


class Plug:
    """An addon that brings ours in as soon as mitmproxy's options are known.

    Attributes:
        addons: ours; mitmproxy looks for them under this name.
    """

    def __init__(self) -> None:
        self.addons: list[object] = []
        self._runs: Runs | None = None
        self._writers = Writers()
        self._traffic: Traffic | None = None

    def load(self, loader: Loader) -> None:
        """Tell mitmproxy of our options."""
        # Empty ones are left to the settings file.
        loader.add_option("wiretape_cassette", str, "", f"The cassette; {DEFAULT_CASSETTE}.")
        loader.add_option("wiretape_session", str, "", f"The session's name in the cassette; {DEFAULT_SESSION}.")
        loader.add_option("wiretape_mode", str, Mode.RECORD.value, "What to do.", choices=[mode.value for mode in Mode])
        loader.add_option("wiretape_upstream", str, "", f"Where requests for the API go; {DEFAULT_UPSTREAM}.")
        loader.add_option("wiretape_alias", str, "", "More names of the API, with commas between.")
        loader.add_option("wiretape_intercept", str, "", "Other hosts to record, with commas between.")
        loader.add_option("wiretape_append", bool, False, "Add to a session that is there.")
        spent = ["", *(choice.value for choice in WhenSpent)]
        help_spent = f"What a request gets that was asked more often than recorded; {WhenSpent.REPEAT}."
        loader.add_option("wiretape_when_spent", str, "", help_spent, choices=spent)

    def configure(self, updated: set[str]) -> None:
        """Open the run when the options are known; they stay as they are from then on."""
        if not any(name.startswith("wiretape_") for name in updated):
            return
        if self._runs is not None:
            raise exceptions.OptionsError("wiretape's options cannot change while it runs; start mitmproxy anew")
        try:
            self._open(_settings())
        except WiretapeError as error:
            raise exceptions.OptionsError(f"wiretape: {error}") from None

    def running(self) -> None:
        """Have mitmproxy wait for a request before it looks for an upstream: a recording may take its place."""
        ctx.options.update(connection_strategy="lazy", upstream_cert=False)

    def done(self) -> None:
        """End the run and say what became of it."""
        if self._runs is None or self._traffic is None:
            return
        self._traffic.closing()
        summaries = self._runs.close_all()
        self._writers.close()
        for line in lines_of(summaries):
            logger.warning("wiretape: %s", line)

    def _open(self, settings: Settings) -> None:
        clock = Clock()

        def begin(settings: Settings) -> Run:
            return with_trials(Run.open(settings, clock, self._writers))

        self._runs = runs = Runs(begin(settings), begin)
        for warning in runs.default.warnings:
            logger.warning("wiretape: %s", warning)

        def say(text: str) -> None:
            logger.warning("wiretape: %s", text)

        gate = Gate(runs, say)
        self._traffic = Traffic(runs, gate, say)
        self.addons = [gate, self._traffic]


def _settings() -> Settings:
    options = ctx.options
    spent: str = options.wiretape_when_spent
    asked = Asked(
        cassette=Path(options.wiretape_cassette) if options.wiretape_cassette else None,
        session=options.wiretape_session or None,
        upstream=options.wiretape_upstream or None,
        alias=_listed(options.wiretape_alias),
        intercept=_listed(options.wiretape_intercept),
        when_spent=WhenSpent(spent) if spent else None,
        append=options.wiretape_append,
    )
    settings = chosen(Mode(options.wiretape_mode), asked, settings_file(os.environ), os.environ)
    # Where mitmproxy listens is its own affair; what is asked for there is ours.
    return msgspec.structs.replace(settings, password=parse_password(None, os.environ))


def _listed(text: str) -> list[str]:
    return [name for name in text.split(",") if name.strip()]
