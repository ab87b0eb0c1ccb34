"""The proxy's own API under `/~wiretape/`: opens, resets and closes sessions, says what they missed and did not use.

It is for programs on this machine, such as a test framework's plugin. What a web page sends (it has an `Origin`) or
what reached us under a foreign name is refused. Where the proxy asks for a password, its name does not count: whoever
brought the password is no page that had its own name lead here, and how a container is called by others we cannot know.
"""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from wiretape import __version__
from wiretape.proxy.configuration import without_option
from wiretape.proxy.decide import envelope
from wiretape.proxy.decide.belonging import CONTROL, MARK
from wiretape.proxy.decide.modes import Mode, WhenSpent  # noqa: TC001 - msgspec reads them at run time
from wiretape.proxy.decide.pace import parse_pace
from wiretape.proxy.decide.routing import LOOPBACK
from wiretape.proxy.decide.rules import Rules  # noqa: TC001 - msgspec reads it at run time
from wiretape.store.errors import InteractionMissing, SessionBusy, SessionMissing, UsageError, WiretapeError
from wiretape.store.interaction import header

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wiretape.proxy.decide.misses import Miss
    from wiretape.proxy.decide.pace import Pace
    from wiretape.proxy.run import Run
    from wiretape.proxy.runs import Runs
    from wiretape.proxy.settings import Settings
    from wiretape.proxy.summary import Summary
    from wiretape.store.interaction import Headers, Interaction, Request

_STATUS: Final[Mapping[type[WiretapeError], int]] = {SessionMissing: 404, InteractionMissing: 404, SessionBusy: 409}


class Reply(msgspec.Struct, frozen=True):
    """What is answered: a status and a JSON document."""

    status: int
    document: bytes

    @property
    def reason(self) -> bytes:
        """The status in words."""
        return HTTPStatus(self.status).phrase.encode()

    @property
    def headers(self) -> Headers:
        """The headers that go with it."""
        return (
            (b"Content-Type", b"application/json"),
            (b"Cache-Control", b"no-store"),
            (b"Content-Length", b"%d" % len(self.document)),
        )


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What `POST sessions` takes. What is left out is as the proxy was told at its start.

    Attributes:
        session: the session's name in the cassette.
        cassette: the file.
        mode: `record`, `replay`, `auto`, `once` or `live`; a proxy that replays can only replay.
        when_spent: `repeat`, `miss` or `cycle`.
        append: record into a session that is there.
        strict: unused interactions fail it.
        pace: `instant`, `recorded`, or a factor such as `4x`.
        rules: what match keys leave out and add; a replay has those of the recording.
        label: what to ask under, whatever the session's name.
        mend: the command that mends a miss.
    """

    session: str
    cassette: str | None = None
    mode: Mode | None = None
    when_spent: WhenSpent | None = None
    append: bool | None = None
    strict: bool | None = None
    pace: str | None = None
    rules: Rules | None = None
    label: str | None = None
    mend: str | None = None

    def over(self, given: Settings) -> Settings:
        """These wishes over the settings *given* to the proxy.

        Raises:
            UsageError: the pace is none.
        """
        wishes: dict[str, Any] = {
            "session": self.session,
            "cassette": None if self.cassette is None else Path(self.cassette),
            "mode": self.mode,
            "when_spent": self.when_spent,
            "append": self.append,
            "strict": self.strict,
            "pace": None if self.pace is None else _pace(self.pace),
            "rules": self.rules,
            "mend": self.mend,
        }
        return msgspec.structs.replace(given, **{name: wish for name, wish in wishes.items() if wish is not None})


def _pace(text: str) -> Pace:
    try:
        return parse_pace(text)
    except UsageError as error:
        raise UsageError(f"pace: {without_option(error)}") from None


class _Ending(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `DELETE sessions/ID` takes: why the session did not end well, if so."""

    problem: str | None = None


class Control:
    """Answers the requests that are for the proxy itself."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs

    def answer(self, request: Request, own: tuple[str, int]) -> Reply:
        """The answer to *request*; `own` is the name and the port under which the client says it reached us."""
        try:
            _admit(request, None if self._runs.default.settings.password else own)
            return self._routed(request)
        except msgspec.MsgspecError as error:
            return _refused(400, f"the request's body is not what is expected: {error}")
        except WiretapeError as error:
            return _refused(_STATUS.get(type(error), 400), str(error))

    def _routed(self, request: Request) -> Reply:
        path = request.path.strip("/").split("/")
        match (request.method, *path):
            case ("GET", "health"):
                return _told(self._health())
            case ("GET", "sessions"):
                return _told([_facts(label, run) for label, run in self._all().items()])
            case ("POST", "sessions"):
                wanted = msgspec.json.decode(request.body, type=Wanted)
                settings = wanted.over(self._runs.usual)
                return _told(_facts(*self._runs.open(settings, wanted.label)), 201)
            case (method, "sessions", label, *what):
                return self._of_session(method, label, "/".join(what), request.body)
            case _:
                raise _unknown(request.method, "/".join(path))

    def _of_session(self, method: str, label: str, what: str, body: bytes) -> Reply:
        run = self._find(label)
        match (method, what):
            case ("GET", ""):
                return _told(_facts(label, run))
            case ("GET", "misses"):
                return _told(run.playback.misses)
            case ("GET", "unused"):
                return _told(_names(run.playback.unused()))
            case ("POST", "reset"):
                run.reset()
                return _told(_facts(label, run))
            case ("DELETE", ""):
                ending = msgspec.json.decode(body or b"{}", type=_Ending)
                return _told(summed_up(self._runs.close(label, ending.problem)))
            case _:
                raise _unknown(method, f"sessions/{label}/{what}")

    def _all(self) -> dict[str, Run]:
        return {self._runs.default.given.session: self._runs.default, **self._runs.named()}

    def _find(self, label: str) -> Run:
        found = self._all().get(label)
        if found is None:
            raise SessionMissing(f"no session is open under {label!r}")
        return found

    def _health(self) -> dict[str, object]:
        run = self._runs.default
        return {
            "version": __version__,
            "mode": run.mode,
            "cassette": str(run.given.cassette),
            "session": run.given.session,
            "open": len(self._all()),
        }


def _unknown(method: str, path: str) -> SessionMissing:
    return SessionMissing(f"{method} {MARK}{CONTROL}/{path} is nothing that the proxy knows")


def summed_up(summary: Summary) -> dict[str, object]:
    """What became of a session, for a program."""
    return {
        "session": summary.session,
        "cassette": str(summary.settings.cassette),
        "mode": summary.mode,
        "recorded": summary.recorded,
        "served": summary.served,
        "repeats": summary.repeats,
        "passed": summary.passed,
        "misses": summary.misses,
        "unused": _names(summary.unused),
        "unreachable": summary.unreachable,
        "defects": summary.defects,
        "findings": summary.findings,
        "problem": summary.problem,
        "exit_code": summary.exit_code(0),
    }


def _facts(label: str, run: Run) -> dict[str, object]:
    player = run.playback.player
    return {
        "id": label,
        "session": run.given.session,
        "cassette": str(run.given.cassette),
        "mode": run.mode,
        "recorded": run.recorder.begun if run.recorder else 0,
        "served": player.served,
        "repeats": player.repeats,
        "passed": run.passed,
        "misses": len(run.playback.misses),
    }


def _names(interactions: Sequence[Interaction]) -> list[dict[str, object]]:
    return [
        {"interaction": f"{i.session}/{i.position}", "id": i.id, "method": i.method, "path": i.path}
        for i in interactions
    ]


def _admit(request: Request, own: tuple[str, int] | None) -> None:
    if own is not None and own[0] not in LOOPBACK:
        raise UsageError(f"the proxy's own API answers only under a name of this machine, not {own[0]}:{own[1]}")
    origin = header(request.headers, b"origin")
    if origin is not None:
        raise UsageError(f"the proxy's own API does not answer web pages ({origin.decode('latin-1')})")


def _told(facts: dict[str, object] | Sequence[dict[str, object]] | Sequence[Miss], status: int = 200) -> Reply:
    return Reply(status, msgspec.json.encode(facts))


def _refused(status: int, detail: str) -> Reply:
    title = "wiretape does not do this"
    return Reply(status, envelope.problem("refused", title, status, f"wiretape: {detail}", {"detail": detail}))
