"""One run of the proxy over one session: what is opened at its start, noted on its way, and said at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import msgspec

from wiretape import __version__
from wiretape.proxy.decide.agreement import (
    check_canonicaliser,
    check_redaction,
    difference_told,
    read_rules,
)
from wiretape.proxy.decide.modes import Mode, settled
from wiretape.proxy.decide.routing import parse_upstream
from wiretape.proxy.playback import Playback
from wiretape.proxy.summary import Summary
from wiretape.store.aitronos.secrets import COOKIE_HEADERS, SECRET_HEADERS
from wiretape.store.cassette import Cassette
from wiretape.store.errors import CassetteMissing, SessionMissing, UsageError

if TYPE_CHECKING:
    from wiretape.proxy.decide.recorder import Recorder
    from wiretape.proxy.serve.clock import Clock
    from wiretape.proxy.settings import Settings
    from wiretape.store.interaction import Interaction, Session
    from wiretape.store.recording import SessionWriter
    from wiretape.store.sessions import Begin
    from wiretape.store.sharing import Writers


class Run:
    """A run from its start to its end.

    Attributes:
        mode: what is done; never `once`.
        given: the settings as they were given; `settings` has what the session adds to them.
        playback: answers requests.
        recorder: records them; None where nothing is recorded.
        warnings: what a person should know before it begins.
        passed: how many requests went live without being kept.
        served_by: which engine serves it and why, for the greeting.
    """

    def __init__(self, settings: Settings, clock: Clock, mode: Mode) -> None:
        self.given = settings
        self.settings = settings
        self.clock = clock
        self.mode = mode
        self.recorder: Recorder | None = None
        self.warnings: list[str] = []
        self.passed = 0
        self.served_by = ""
        self._cassette: Cassette | None = None
        self._writer: SessionWriter | None = None
        self._defects: list[str] = []
        self._unreachable: dict[str, None] = {}
        self._summary: Summary | None = None
        self.playback = Playback(settings, mode, None, None)

    @classmethod
    def open(cls, settings: Settings, clock: Clock, writers: Writers | None = None) -> Self:
        """Open what the mode needs.

        Args:
            settings: what to do.
            clock: tells the time.
            writers: who has cassettes open for other runs too.

        Raises:
            WiretapeError: the cassette or the session is not as the mode needs it.
        """
        adds = settings.append or settings.mode is Mode.AUTO
        known = _known(settings) if adds or settings.mode is Mode.ONCE else None
        # A recording during which nobody called is nothing to replay.
        complete = known is not None and known.state == "complete" and known.interactions > 0
        mode = settled(settings.mode, complete=complete)
        run = cls(settings, clock, mode)
        try:
            if mode in (Mode.RECORD, Mode.AUTO):
                if adds and known is not None:
                    run._obey(known)
                run._begin("append" if adds else "replace", writers)
            if mode in (Mode.REPLAY, Mode.AUTO):
                run._load()
            if settings.password is not None:
                # Where a client repeats its base URL, in a `Referer` or a body, the password stands in it.
                run.playback.memory.learn(settings.password.word.encode(), "password")
        except BaseException:
            run.close("it could not begin")
            raise
        return run

    def _begin(self, how: Begin, writers: Writers | None) -> None:
        # Most runs replay, and need not wait for what only recording imports.
        from wiretape.proxy.decide.recorder import Recorder
        from wiretape.proxy.decide.redact import Redactor
        from wiretape.store.recording import SessionWriter
        from wiretape.store.sessions import Description

        settings = self.settings
        description = Description(
            name=settings.session,
            upstream=str(settings.hosts.upstream),
            started_at=self.clock.iso(),
            recorder=f"wiretape {__version__}",
            rules=msgspec.json.encode(settings.rules).decode(),
        )
        self._writer = SessionWriter.begin(settings.cassette, description, how, writers)
        self.recorder = Recorder(self._writer, Redactor(self._writer.opened.placeholders), settings.rules, self.defect)
        self.playback = Playback(settings, self.mode, None, None, self.recorder.redactor.memory)
        # It is there or not; of its value only the class is kept.
        secret = [name for name in settings.rules.headers if name.encode() in {*SECRET_HEADERS, *COOKIE_HEADERS}]
        if secret:
            self.warnings.append(f"of {', '.join(secret)} only counts whether it is there: its value is a secret")

    def _obey(self, session: Session) -> None:
        """Keys are compared with those of the session, so its rules count, not those of this run."""
        rules = read_rules(session)
        check_canonicaliser(rules, self.given.rules, session.name, self.settings.cassette)
        records = self.mode is not Mode.REPLAY
        check_redaction(rules, self.given.rules, session.name, self.settings.cassette, records=records)
        told = difference_told(rules, self.given.rules, session.name, self.settings.cassette)
        self.warnings += [told] if told else []
        self.settings = msgspec.structs.replace(self.settings, rules=rules)

    def _load(self) -> None:
        self._cassette = Cassette.open(self.settings.cassette)
        session = self._cassette.session(self.settings.session)
        if self.mode is Mode.REPLAY:
            self._obey(session)
        if self.mode is Mode.REPLAY and session.state != "complete":
            why = f" ({session.problem})" if session.problem else ""
            lacking = f"session {session.name!r} is {session.state}{why}; it may lack what the client asks for"
            self.warnings.append(lacking)
        recorded = parse_upstream(session.upstream)
        live = self.mode is not Mode.REPLAY and self.settings.upstream_named
        hosts = self.settings.hosts.recorded_from(recorded, self._cassette.identities(session.id), live=live)
        self.settings = msgspec.structs.replace(self.settings, hosts=hosts)
        memory = None if self.recorder is None else self.recorder.redactor.memory
        self.playback = Playback(self.settings, self.mode, self._cassette, session.id, memory)

    @property
    def closed(self) -> bool:
        """Whether the run is over, so that nothing may be asked of it any more."""
        return self._summary is not None

    def reset(self) -> None:
        """Begin the replay anew: all cursors at the beginning, nothing missed, nothing used.

        Raises:
            UsageError: the run records; what it has recorded is not thrown away.
        """
        if self.mode is not Mode.REPLAY:
            raise UsageError(f"session {self.settings.session!r} is not only replayed; close it and open it again")
        self.playback.reset()

    def broke(self, error: Exception) -> str:
        """Note that an answer could not be told to its end: its head was out; says it for the terminal."""
        self.defect(error)
        return self.playback.clean(f"an answer broke off: {type(error).__name__}: {error}")

    def defect(self, error: BaseException | str) -> None:
        """Note that we failed; the session becomes incomplete and the run exits 1."""
        told = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
        self._defects.append(self.playback.clean(told))

    def unreachable(self, what: str) -> bool:
        """Note that the upstream could not be reached; says whether this is news."""
        news = what not in self._unreachable
        self._unreachable[what] = None
        return news

    def close(self, problem: str | None = None) -> Summary:
        """End the run; *problem* is why it did not end well. A second call says the same again."""
        if self._summary is None:
            unused = self.playback.unused() if self.mode is Mode.REPLAY else []
            if self._cassette is not None:
                # A connection of ours that is open would keep the writer from leaving one plain file.
                self._cassette.close()
            findings = self._checked() if self._mended() else []
            if findings and problem is None:
                problem = f"it would not be replayed as it was recorded: {findings[0]}"
            name = self._end(problem or self._failing())
            self._summary = self._summarise(name, self._incomplete(name, problem), unused, findings)
        return self._summary

    def _mended(self) -> bool:
        """Replace what was stored openly before it was known to be secret; says whether that could be done."""
        if self._writer is None or self.recorder is None or self._writer.failure:
            return False
        try:
            self.recorder.mend(self.settings.hosts.inward_of)
        except Exception as error:  # noqa: BLE001 - it is said at the end, together with the rest
            self.defect(error)
            return False
        return True

    def _checked(self) -> list[str]:
        """Replay in process what was recorded, before it takes the place of anything."""
        assert self._writer is not None
        assert self.recorder is not None
        if not self.recorder.begun:
            return []
        from wiretape.proxy.selfcheck import check

        self._writer.flush()
        try:
            with Cassette.open(self.settings.cassette) as cassette:
                session = cassette.session(self._writer.opened.name)
                before = self._writer.opened.position
                return list(map(str, check(cassette, session, self.recorder.rules, self.settings.hosts, after=before)))
        except Exception as error:  # noqa: BLE001 - it is said at the end, together with the rest
            self.defect(error)
            return []

    def _incomplete(self, name: str, problem: str | None) -> str | None:
        """Why the session is incomplete; None where it is not, as one that was added to or was not replaced."""
        if self._writer is None or self._writer.opened.complete:
            return None
        untouched = name == self._writer.opened.target != self._writer.opened.name
        return None if untouched else problem or self._failing()

    def _failing(self) -> str | None:
        if self._unreachable:
            return f"the upstream was unreachable: {next(iter(self._unreachable))}"
        if self._writer is not None and self._writer.failure is not None:
            return str(self._writer.failure)
        return self._defects[0] if self._defects else None

    def _end(self, problem: str | None) -> str:
        if self._writer is None:
            return self.settings.session
        try:
            return self._writer.end(self.clock.iso(), problem)
        except Exception as error:  # noqa: BLE001 - it is said at the end, together with the rest
            self.defect(error)
            return self._writer.opened.name

    def _summarise(self, name: str, problem: str | None, unused: list[Interaction], findings: list[str]) -> Summary:
        player = self.playback.player
        if self._writer is not None and self._writer.failure is not None:
            self.defect(str(self._writer.failure))
        return Summary(
            settings=self.settings,
            mode=self.mode,
            session=name,
            recorded=self.recorder.begun if self.recorder else 0,
            secrets=self._replaced(),
            served=player.served,
            repeats=player.repeats,
            passed=self.passed,
            misses=self.playback.misses,
            unused=unused,
            unreachable=list(self._unreachable),
            defects=self._defects,
            findings=findings,
            silent=self.recorder.redactor.silent_rules() if self.recorder and self.recorder.begun else [],
            problem=problem,
        )

    def _replaced(self) -> int:
        if self.recorder is None or self._writer is None:
            return 0
        return self.recorder.redactor.count - self._writer.opened.placeholders


def _known(settings: Settings) -> Session | None:
    try:
        with Cassette.open(settings.cassette) as cassette:
            return cassette.session(settings.session)
    except (CassetteMissing, SessionMissing):
        return None
