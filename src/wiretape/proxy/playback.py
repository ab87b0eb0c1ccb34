"""Replaying one session: what every engine asks, whatever carries the bytes."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import msgspec

from wiretape.proxy.decide import misses
from wiretape.proxy.decide.bearers import Bearer, RecordedBearers, borne
from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.echo import Echo, declared
from wiretape.proxy.decide.matching import match_key
from wiretape.proxy.decide.misses import Miss, Noted
from wiretape.proxy.decide.player import Player, Refuse
from wiretape.proxy.decide.redact import Memory, Redactor
from wiretape.proxy.decide.redaction.classes import classed
from wiretape.proxy.decide.routing import host_named
from wiretape.proxy.decide.rules import compiled
from wiretape.proxy.decide.userhook import CanonicaliserFailed
from wiretape.proxy.neighbours import with_neighbours
from wiretape.proxy.recorded import Recorded
from wiretape.proxy.usual import DEFAULT_SESSION
from wiretape.store.errors import CassetteDamaged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wiretape.proxy.comparison import Recordings
    from wiretape.proxy.decide.canonical import Canonical
    from wiretape.proxy.decide.echo import Values
    from wiretape.proxy.decide.modes import Mode
    from wiretape.proxy.decide.nearest import Near
    from wiretape.proxy.decide.player import Verdict
    from wiretape.proxy.settings import Settings
    from wiretape.store.cassette import Cassette
    from wiretape.store.interaction import Interaction, Request

_NEIGHBOURS = 3


class Playback:
    """Answers requests from one session of a cassette.

    Attributes:
        misses: every request that got no answer, in order.
        memory: the values that this session's requests have shown to be secret.
    """

    def __init__(
        self,
        settings: Settings,
        mode: Mode,
        cassette: Cassette | None,
        session_id: int | None,
        memory: Memory | None = None,
    ) -> None:
        self.memory = Memory() if memory is None else memory
        self._settings = settings
        self._cassette = cassette
        self._session_id = session_id
        self._mode = mode
        self._recordings: Recordings | None = None
        self._bearers = RecordedBearers(self._request)
        self.misses: list[Miss] = []
        self.player = self._new_player()

    @property
    def comparable(self) -> bool:
        """Whether there are recordings that a miss could be compared with."""
        return self._cassette is not None and self._session_id is not None

    def reset(self) -> None:
        """Forget what was asked, as if the session had just been taken up."""
        self.misses = []
        self.player = self._new_player()

    def _new_player(self) -> Player:
        return Player(self._cassette, self._session_id, self._mode, self._settings.when_spent)

    def ask(self, request: Request, identity: str) -> Verdict:
        """What *request*, whole and with the target to match by, gets."""
        return self.player.ask(match_key(self._form(request, identity)), self.bearer(borne(request)))

    def bearer(self, numbers: frozenset[int]) -> Bearer | None:
        """Who asks, for the player, by the *numbers* that `bearers.borne` found; None where these tell nothing."""
        return Bearer(numbers, self._bearers) if numbers else None

    def _request(self, interaction_id: int) -> Request:
        assert self._cassette is not None
        return self._cassette.request_beginning(interaction_id)

    def echoed(self, request: Request) -> Values:
        """What *request* has at the places whose values its answer repeats; for `recorded`."""
        return declared(request, self._settings.rules)

    def recorded(self, interaction_id: int, live: Values = ()) -> Recorded:
        """The answer of an interaction.

        Args:
            interaction_id: which.
            live: what the answer has to repeat of the request that it is for, see `echoed`.

        Raises:
            CassetteDamaged: its bytes are not those that were recorded.
        """
        try:
            recorded = self._read(interaction_id)
        except Exception:
            self.player.served -= 1
            raise
        return self._repeating(interaction_id, recorded, live) if any(live) else recorded

    def _read(self, interaction_id: int) -> Recorded:
        assert self._cassette is not None
        found = self._cassette.stored_response(interaction_id)
        assert found.head is not None
        chunks = self._cassette.chunks(interaction_id)
        if sum(chunk.size for chunk in chunks) != found.size:
            raise CassetteDamaged(
                f"{self._settings.cassette} is damaged: chunks of interaction {interaction_id} are missing"
            )
        return Recorded(
            found.head,
            self._pieces(self._cassette.body_pieces(found.body_id)),
            chunks,
            whole=found.ended == "complete",
            first_byte_us=found.first_byte_us or 0,
            duration_us=found.duration_us,
        )

    def _pieces(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """*pieces*; an answer that cannot be read to its end was not served."""
        try:
            yield from pieces
        except Exception:
            self.player.served -= 1
            raise

    def _repeating(self, interaction_id: int, recorded: Recorded, live: Values) -> Recorded:
        assert self._cassette is not None
        echo = Echo(self.echoed(self._cassette.request(interaction_id)), live)
        if echo.silent:
            return recorded
        head, chunks, pieces = echo.served(recorded.head, recorded.chunks, recorded.pieces)
        return msgspec.structs.replace(recorded, head=head, chunks=chunks, pieces=iter(pieces))

    def unused(self) -> list[Interaction]:
        """The session's interactions that could have answered and were never asked for."""
        if self._cassette is None or self._session_id is None:
            return []
        found = [i for i in self._cassette.interactions(self._settings.session) if i.status is not None]
        left = set(self.player.unused([i.id for i in found]))
        return [i for i in found if i.id in left]

    def missed(self, request: Request, identity: str, refusal: Refuse) -> Miss:
        """Account for a request that the cassette cannot answer, and note it."""
        # To find its neighbours takes a while, in another thread; the run may be over by then, and it counts already.
        noted = self.noted(request, identity, refusal)
        return noted.become(self.compared(noted.miss, request, identity))

    def noted(self, request: Request, identity: str, refusal: Refuse) -> Noted:
        """Note a request that the cassette cannot answer, before it is compared with what was recorded."""
        if refusal.kind == "spent":
            detail = (
                f"recorded {_times(refusal.recorded)} in session {self._settings.session!r}"
                f"{self._named(request, identity)}, answered {_times(refusal.consumed)} already"
            )
        else:
            detail = f"session {self._settings.session!r} holds no answer to it"
        return Noted(self.misses, self._miss(request, refusal.kind, detail, refusal))

    def compared(self, miss: Miss, request: Request, identity: str) -> Miss:
        """*miss* with what came nearest to its *request*; nothing is noted."""
        if miss.kind == "spent":
            return miss
        return with_neighbours(miss, self._nearest(request, identity), self._settings.cassette)

    def refused(self, request: Request, detail: str) -> Miss:
        """Account for a request that is none of the cassette's, for the reason given, and note it."""
        return self._note(self._miss(request, "unknown", detail))

    def foreign(self, request: Request) -> Miss:
        """Account for a request to a host that is not ours, and note it: replay lets nothing out."""
        host = host_named(request.host, request.port)
        detail = f"{host} is not the API and was not recorded; replay lets nothing out"
        more = ["--intercept", host]
        mend = f"{self._command('auto', *more)} -- {self._run_again()}  # records that host too"
        return self._note(self._miss(request, "unknown", detail, mend=mend))

    def failed(self, request: Request, error: BaseException) -> Miss:
        """Account for a request that we failed to answer, and note it: our failure never lets one go live."""
        return self._note(self.failure(request, error))

    def failure(self, request: Request, error: BaseException) -> Miss:
        """The account of a request that we failed to answer; it is not noted."""
        if isinstance(error, CanonicaliserFailed):
            mend = "correct that function, which the settings name under [matching]"
            return self._miss(request, "failure", str(error), mend=mend)
        return self._miss(request, "failure", f"wiretape failed: {type(error).__name__}: {error}")

    def _note(self, miss: Miss) -> Miss:
        self.misses.append(miss)
        return miss

    def _miss(
        self,
        request: Request,
        kind: misses.MissKind,
        detail: str,
        refusal: Refuse | None = None,
        mend: str | None = None,
    ) -> Miss:
        # A miss is told in terminals and reports, where no secret may stand either.
        shown = self.without_secrets(request)
        return Miss(
            kind=kind,
            request=f"{request.method} {shown.url}",
            body=self.clean(misses.shortened(shown.body)),
            session=self._settings.session,
            recorded=refusal.recorded if refusal else 0,
            consumed=refusal.consumed if refusal else 0,
            detail=self.clean(detail),
            mend=mend or self._mend(kind),
        )

    def without_secrets(self, request: Request) -> Request:
        """*request* as it may be told to people: of each secret, its class."""
        rules = compiled(self._settings.rules)
        return classed(request, rules.words, frozenset(), self.memory)

    def clean(self, text: str) -> str:
        """*text* as it may be told to people."""
        # The user's function reads bodies; it may not be loaded, and a message is none.
        rules = msgspec.structs.replace(self._settings.rules.redact, callable=None)
        return Redactor(rules=rules, memory=self.memory).clean(text)

    def _mend(self, kind: misses.MissKind) -> str:
        if kind == "failure":
            verify = shlex.join(["wiretape", "verify", "-c", str(self._settings.cassette)])
            return f"{verify}  # is the cassette whole? then report the error"
        if self._settings.mend is not None:
            return self._settings.mend
        once_more = ", or replay it with --when-spent repeat" if kind == "spent" else ""
        return f"{self._command('auto')} -- {self._run_again()}  # records what is missing{once_more}"

    def _command(self, name: str, *more: str) -> str:
        settings = self._settings
        usual = settings.session == DEFAULT_SESSION
        session = [] if usual else ["--session", settings.session]
        return shlex.join(["wiretape", name, "-c", str(settings.cassette), *session, *settings.hosts_named, *more])

    def _run_again(self) -> str:
        return shlex.join(self._settings.command) or "YOUR COMMAND"

    def _form(self, request: Request, identity: str) -> Canonical:
        return canonical(request, identity, self._settings.rules, self.memory)

    def _named(self, request: Request, identity: str) -> str:
        """The interactions of a request that was asked too often, in brackets."""
        assert self._cassette is not None
        assert self._session_id is not None
        found = self._cassette.answers(self._session_id, match_key(self._form(request, identity)))
        shown = [self._cassette.interaction(str(number)) for number in found[:_NEIGHBOURS]]
        names = [f"{i.session}/{i.position}" for i in shown] + (["…"] if len(found) > _NEIGHBOURS else [])
        return f" ({', '.join(names)})"

    def _nearest(self, request: Request, identity: str) -> list[Near[Interaction]]:
        if self._cassette is None or self._session_id is None:
            return []
        if self._recordings is None:
            # Most replays miss nothing, and need not wait for what only comparing imports.
            from wiretape.proxy.comparison import Recordings

            settings = self._settings
            self._recordings = Recordings(self._cassette, self._session_id, settings.hosts, settings.rules, self.memory)
        return self._recordings.nearest(request, identity, _NEIGHBOURS)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
