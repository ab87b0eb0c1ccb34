"""Will a session be replayed as it was recorded? Every interaction is asked for as its client would, and read whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from wiretape.proxy.decide.matching import VERSION
from wiretape.proxy.decide.modes import Mode, WhenSpent
from wiretape.proxy.decide.player import Answer, Player
from wiretape.proxy.decide.userhook import CanonicaliserFailed
from wiretape.proxy.rekeying import matched_target
from wiretape.store.auditing import NO_CHUNKS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wiretape.proxy.decide.player import Verdict
    from wiretape.proxy.decide.routing import Hosts
    from wiretape.proxy.decide.rules import Rules
    from wiretape.store.auditing import Audit, Kept
    from wiretape.store.cassette import Cassette
    from wiretape.store.interaction import Session

_SWITCHING = 101


class Finding(msgspec.Struct, frozen=True):
    """Something that is not as it was recorded.

    Attributes:
        interaction: which, as SESSION/POSITION; None for the file as a whole.
        what: what is wrong with it, in one line.
    """

    interaction: str | None
    what: str

    def __str__(self) -> str:
        return f"{self.interaction or 'the file'}: {self.what}"


def check(
    cassette: Cassette,
    session: Session,
    rules: Rules,
    hosts: Hosts,
    progress: Callable[[], None] = lambda: None,
    *,
    after: int = 0,
) -> list[Finding]:
    """What a replay of *session* would do otherwise than it was recorded; nothing is written.

    Every interaction that can answer is asked for in recorded order: its key must be the one its stored request has,
    the player must choose it and no other, and its answer must be there to the end. It takes under 100 µs an
    interaction, and what its body's bytes take: each distinct body is read once.

    Args:
        cassette: open for reading.
        session: one of its sessions.
        rules: what its keys were made by.
        hosts: who is the API.
        progress: called once for every interaction.
        after: only what stands behind this position is looked at; what was there before only takes its turns.

    Raises:
        CassetteDamaged: the file cannot be read at all.
    """
    audit = cassette.audit()
    checking = _Checking(audit, session, rules, hosts)
    findings: list[Finding] = []
    for kept in audit.kept(session.id):
        chosen = checking.asked(kept)
        what = checking.wrong(kept, chosen) if kept.position > after and chosen is not None else None
        if what is not None:
            findings.append(Finding(f"{session.name}/{kept.position}", what))
        progress()
    return findings


class _Checking:
    """What is remembered from one interaction to the next."""

    def __init__(self, audit: Audit, session: Session, rules: Rules, hosts: Hosts) -> None:
        self._audit = audit
        self._session = session
        self._rules = rules
        self._hosts = hosts
        self._chunks = audit.chunks(session.id)
        self._player = Player(_Tape(audit), session.id, Mode.REPLAY, WhenSpent.MISS)

    def asked(self, kept: Kept) -> Verdict | None:
        """What is answered where an interaction is asked for; None where it can answer nothing.

        The stored key is asked for, so that one wrong key does not take the turns of the others.
        """
        if kept.status is None or kept.status == _SWITCHING or kept.match_key is None:
            return None
        return self._player.ask(kept.match_key)

    def wrong(self, kept: Kept, chosen: Verdict) -> str | None:
        """The first thing that is wrong with an interaction for which *chosen* was answered; None where nothing is."""
        assert kept.match_key is not None
        if not kept.intact:
            return "its heads are not what was recorded"
        wrong = self._wrong_key(kept, kept.match_key)
        if wrong is not None:
            return wrong
        if not isinstance(chosen, Answer):
            return "replay finds no answer to its request"
        if chosen.interaction_id != kept.id:
            return f"replay answers its request with interaction {chosen.interaction_id}"
        return self._unreadable(kept)

    def _wrong_key(self, kept: Kept, match_key: str) -> str | None:
        if not match_key.startswith(f"{VERSION}:"):
            return "its match key is of another version; `wiretape rekey` makes it anew"
        try:
            if matched_target(self._audit, kept, self._rules, self._hosts) is None:
                # Another key would only make a request that was damaged pass for what was recorded.
                _, problem = self._audit.body(kept.request_body_id)
                if problem is not None:
                    return f"the body of its request {problem}"
                return "its match key is not that of its request; `wiretape rekey` makes it anew"
        except CanonicaliserFailed as error:
            return f"its match key cannot be told: {error}"
        except ValueError:
            return "the head of its request cannot be read"
        return None

    def _unreadable(self, kept: Kept) -> str | None:
        try:
            if kept.seal is None:
                kept.heads()
        except ValueError:
            return "the head of its answer cannot be read"
        size, problem = self._audit.body(kept.response_body_id)
        if problem is not None:
            return f"the body of its answer {problem}"
        chunks = self._chunks.get(kept.id, NO_CHUNKS)
        if not size == kept.response_bytes == chunks.size_bytes:
            return f"its answer has {size} bytes, of {kept.response_bytes} recorded in {chunks.size_bytes} of chunks"
        return None


class _Tape:
    """The cassette as a player sees it; a key is looked up once, for one that was asked often has long answers."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit
        self._found: dict[str, Sequence[int]] = {}

    def answers(self, session_id: int, match_key: str) -> Sequence[int]:
        """The interactions that can answer *match_key*."""
        found = self._found.get(match_key)
        if found is None:
            found = self._found[match_key] = self._audit.answers(session_id, match_key)
        return found
