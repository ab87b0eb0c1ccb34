"""The runs of one proxy side by side: the default one, and those of other sessions, each with cursors of its own."""

from __future__ import annotations

import secrets
import threading
from typing import TYPE_CHECKING

import msgspec

from wiretape.proxy.decide.belonging import CONTROL, is_label, is_plain
from wiretape.proxy.decide.modes import Mode
from wiretape.proxy.run import Run
from wiretape.proxy.settings import parse_session
from wiretape.store.errors import SessionBusy, SessionMissing, UsageError, WiretapeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wiretape.proxy.settings import Settings
    from wiretape.proxy.summary import Summary

OVER = "its session was closed meanwhile"
"""Why a request that was under way when its session ended gets no answer."""

_FAULT = 2


class Runs:
    """Who asks under a label gets its run; who asks without one gets the default.

    A session whose name is a plain word needs no announcement: its run begins with the first request that bears the
    name, in the mode of the default. Every other is opened first, see `open`.

    Attributes:
        default: the run of whoever says nothing.
        closed: what became of those that are over, the default excepted.
    """

    def __init__(
        self,
        default: Run,
        begin: Callable[[Settings], Run] | None = None,
        token: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        """Begin with a default.

        Args:
            default: an open run.
            begin: opens further ones.
            token: makes labels that cannot be guessed.
        """
        self.default = default
        self.closed: list[Summary] = []
        self._begin = begin or self._alone
        self._token = token
        self._open: dict[str, Run] = {}
        self._over: set[str] = set()
        self._lock = threading.Lock()

    def of(self, label: str | None) -> Run:
        """The run that *label* names, begun now where it is a session's name.

        Raises:
            SessionMissing: there is none, or none any more.
            WiretapeError: the session cannot be begun.
        """
        if label is None:
            return self.default
        found = self._open.get(label)
        if found is not None:
            return found
        if label == self.default.given.session:
            return self.default
        if not is_plain(label) or label in self._over:
            # A client that outlives its session must not begin a recording of the same name.
            raise SessionMissing(
                f"no session is open under {label!r}; it may have been closed, or the proxy is another"
            )
        given = self.usual
        parse_session(label, given.mode)
        return self._add(label, msgspec.structs.replace(given, session=label))

    @property
    def usual(self) -> Settings:
        """What a session is told that says nothing else: what the proxy was told, and the upstream it announced."""
        given, upstream = self.default.given, self.default.settings.hosts.upstream
        return msgspec.structs.replace(given, hosts=msgspec.structs.replace(given.hosts, upstream=upstream))

    def find(self, label: str | None) -> tuple[Run, str | None]:
        """The run that *label* names, or the default one and why there is none under it."""
        try:
            return self.of(label), None
        except WiretapeError as error:
            return self.default, str(error)

    def open(self, settings: Settings, label: str | None = None) -> tuple[str, Run]:
        """Begin a run; says the label to ask under: the session's name where that is plain and free.

        Args:
            settings: what to do.
            label: what to ask under in any case; whoever opens a session again under it keeps its clients' addresses.

        Raises:
            UsageError: this proxy cannot do what the settings ask for.
            WiretapeError: the session cannot be begun.
        """
        if self.default.mode is Mode.REPLAY and settings.mode is not Mode.REPLAY:
            if settings.mode is not Mode.ONCE:
                raise UsageError(f"this proxy only replays; to {settings.mode}, start one with `wiretape record`")
            settings = msgspec.structs.replace(settings, mode=Mode.REPLAY)
        parse_session(settings.session, settings.mode)
        if label is None:
            name = settings.session
            taken = name in self._open or name == self.default.given.session
            label = name if is_plain(name) and not taken else f"_{self._token()}"
        elif not is_label(label):
            raise UsageError(f"{label!r} is no label: letters, digits, `.`, `_`, `-`, and not {CONTROL!r}")
        elif label in self._open or label == self.default.given.session:
            raise SessionBusy(f"a session is open under {label!r} already; close it first")
        return label, self._add(label, settings)

    def close(self, label: str, problem: str | None = None) -> Summary:
        """End the run that *label* names, for a *problem* or well.

        Raises:
            SessionMissing: there is none.
            SessionBusy: it is the default, which ends with the proxy.
        """
        run = self._open.pop(label, None)
        if run is None:
            if label == self.default.given.session:
                raise SessionBusy(f"session {label!r} is the proxy's own and ends with it")
            raise SessionMissing(f"no session is open under {label!r}")
        self._over.add(label)
        summary = run.close(problem)
        self.closed.append(summary)
        return summary

    @property
    def may_go_live(self) -> bool:
        """Whether a request of which the session is not known may go live: not where any session is only replayed."""
        return all(run.mode is not Mode.REPLAY for run in (self.default, *self._open.values()))

    def named(self) -> dict[str, Run]:
        """The runs that are open besides the default, by label."""
        return dict(self._open)

    def close_all(self, problem: str | None = None) -> list[Summary]:
        """End all; says what became of each, the default first, then in the order in which they were closed."""
        for label in list(self._open):
            self.close(label, problem)
        return [self.default.close(problem), *self.closed]

    def _alone(self, settings: Settings) -> Run:
        return Run.open(settings, self.default.clock)

    def _add(self, label: str, settings: Settings) -> Run:
        # The proxy's own API may be answered in another thread than requests are.
        with self._lock:
            if label not in self._open:
                self._open[label] = self._begin(settings)
                self._over.discard(label)
            return self._open[label]


def exit_code(summaries: Sequence[Summary], command: int) -> int:
    """The code to exit with, where the command's own was *command* (0 without one)."""
    if command:
        return command
    codes = {summary.exit_code(0) for summary in summaries}
    return _FAULT if _FAULT in codes else max(codes)
