"""Replaying one session: what every engine asks, whatever carries the bytes."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import msgspec

from wiretape.proxy.decide import misses
from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.matching import match_key
from wiretape.proxy.decide.misses import Miss, Neighbour
from wiretape.proxy.decide.nearest import nearest
from wiretape.proxy.decide.player import Player, Refuse
from wiretape.proxy.settings import DEFAULT_SESSION
from wiretape.store.errors import CassetteDamaged

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wiretape.proxy.decide.canonical import Canonical
    from wiretape.proxy.decide.difference import Difference
    from wiretape.proxy.decide.modes import Mode
    from wiretape.proxy.decide.player import Verdict
    from wiretape.proxy.settings import Settings
    from wiretape.store.cassette import Cassette
    from wiretape.store.interaction import Chunk, Interaction, Request, ResponseHead

_NEIGHBOURS = 3


class Recorded(msgspec.Struct, frozen=True):
    """A recorded answer, ready to be served.

    Attributes:
        head: its head.
        pieces: its body, in pieces of at most 1 MiB.
        chunks: how the body was cut when it arrived.
        whole: False where it broke off, so that it must break off again.
        first_byte_us: when its head came, in microseconds since the request did.
        duration_us: when its end came; None where nobody saw one.
    """

    head: ResponseHead
    pieces: Iterator[bytes]
    chunks: list[Chunk]
    whole: bool
    first_byte_us: int = 0
    duration_us: int | None = None

    def cut(self) -> Iterator[bytes]:
        """The body in its chunks."""
        held, at = b"", 0
        for chunk in self.chunks:
            # What is held is cut by position: cutting off its front would copy a megabyte for every small chunk.
            while len(held) - at < chunk.size:
                held, at = held[at:] + next(self.pieces), 0
            yield held[at : at + chunk.size]
            at += chunk.size

    def timed(self) -> Iterator[tuple[int, bytes]]:
        """The body in its chunks, each with when it came, in microseconds since the request did."""
        return ((chunk.at_us, data) for chunk, data in zip(self.chunks, self.cut(), strict=True))


class Playback:
    """Answers requests from one session of a cassette.

    Attributes:
        misses: every request that got no answer, in order.
    """

    def __init__(self, settings: Settings, mode: Mode, cassette: Cassette | None, session_id: int | None) -> None:
        self.misses: list[Miss] = []
        self.player = Player(cassette, session_id, mode, settings.when_spent)
        self._settings = settings
        self._cassette = cassette
        self._session_id = session_id

    def ask(self, request: Request, identity: str) -> Verdict:
        """What *request*, whole and with the target to match by, gets."""
        return self.player.ask(match_key(self._form(request, identity)))

    def recorded(self, interaction_id: int) -> Recorded:
        """The answer of an interaction.

        Raises:
            CassetteDamaged: its bytes are not those that were recorded.
        """
        assert self._cassette is not None
        head = self._cassette.response_head(interaction_id)
        assert head is not None
        found = self._cassette.interaction(str(interaction_id))
        chunks = self._cassette.chunks(interaction_id)
        if sum(chunk.size for chunk in chunks) != found.response_bytes:
            raise CassetteDamaged(
                f"{self._settings.cassette} is damaged: chunks of interaction {interaction_id} are missing"
            )
        return Recorded(
            head,
            self._cassette.response_pieces(interaction_id),
            chunks,
            whole=found.ended == "complete",
            first_byte_us=found.first_byte_us or 0,
            duration_us=found.duration_us,
        )

    def unused(self) -> list[Interaction]:
        """The session's interactions that could have answered and were never asked for."""
        if self._cassette is None or self._session_id is None:
            return []
        found = [i for i in self._cassette.interactions(self._settings.session) if i.status is not None]
        left = set(self.player.unused([i.id for i in found]))
        return [i for i in found if i.id in left]

    def missed(self, request: Request, identity: str, refusal: Refuse) -> Miss:
        """Account for a request that the cassette cannot answer, and note it."""
        neighbours = self._neighbours(self._form(request, identity)) if refusal.kind == "unknown" else []
        if refusal.kind == "spent":
            detail = (
                f"recorded {_times(refusal.recorded)} in session {self._settings.session!r}, "
                f"answered {_times(refusal.consumed)} already"
            )
        else:
            detail = f"session {self._settings.session!r} holds no answer to it"
        return self._note(request, refusal.kind, detail, refusal, neighbours)

    def refused(self, request: Request, detail: str) -> Miss:
        """Account for a request that is none of the cassette's, for the reason given, and note it."""
        return self._note(request, "unknown", detail, Refuse("unknown", 0, 0), [])

    def foreign(self, request: Request) -> Miss:
        """Account for a request to a host that is not ours, and note it: replay lets nothing out."""
        detail = f"{request.host} is not the API and was not recorded; replay lets nothing out"
        mend = f"wiretape record --intercept {request.host} … (records that host too)"
        return self._note(request, "unknown", detail, Refuse("unknown", 0, 0), [], mend)

    def failed(self, request: Request, error: BaseException) -> Miss:
        """Account for a request that we failed to answer, and note it: our failure never lets one go live."""
        detail = f"wiretape failed: {type(error).__name__}: {error}"
        return self._note(request, "failure", detail, Refuse("unknown", 0, 0), [])

    def _note(
        self,
        request: Request,
        kind: misses.MissKind,
        detail: str,
        refusal: Refuse,
        nearest: list[Neighbour],
        mend: str | None = None,
    ) -> Miss:
        miss = Miss(
            kind=kind,
            request=f"{request.method} {request.url}",
            body=misses.shortened(request.body),
            session=self._settings.session,
            recorded=refusal.recorded,
            consumed=refusal.consumed,
            detail=detail,
            mend=mend or self._mend(kind),
            nearest=nearest,
        )
        self.misses.append(miss)
        return miss

    def _mend(self, kind: misses.MissKind) -> str:
        cassette, session = self._settings.cassette, self._settings.session
        if kind == "failure":
            return f"wiretape ls -c {cassette} (is the cassette whole?), then report the error"
        named = "" if session == DEFAULT_SESSION else f" --session {shlex.quote(session)}"
        return f"wiretape auto -c {shlex.quote(str(cassette))}{named} -- YOUR COMMAND (records what is missing)"

    def _form(self, request: Request, identity: str) -> Canonical:
        return canonical(request, identity, self._settings.rules)

    def _neighbours(self, asked: Canonical) -> list[Neighbour]:
        if self._cassette is None or self._session_id is None:
            return []
        found = self._cassette.interactions(self._settings.session)
        return [
            Neighbour(
                interaction=f"{near.ref.session}/{near.ref.position}",
                id=near.ref.id,
                request=f"{near.ref.method} {near.ref.path}",
                score=round(near.score, 3),
                differences=_told(near.ref, near.differences),
            )
            for near in nearest(asked, self._forms(found), _NEIGHBOURS)
        ]

    def _forms(self, interactions: list[Interaction]) -> Iterator[tuple[Interaction, Canonical]]:
        assert self._cassette is not None
        for interaction in interactions:
            request = self._cassette.request(interaction.id)
            target = self._settings.hosts.inward_of(request)
            yield interaction, self._form(msgspec.structs.replace(request, target=target), interaction.identity)


def _told(interaction: Interaction, differences: Sequence[Difference]) -> list[str]:
    if interaction.status is None:
        return [f"recorded without an answer: {interaction.problem or interaction.ended}", *map(str, differences)]
    return [difference.text() for difference in differences]


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
