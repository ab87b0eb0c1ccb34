"""Who answers: a cursor for every match key, over the recorded order. Verdicts are values; others perform them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, Literal, Protocol

import msgspec

from wiretape.proxy.decide.modes import RULES, Action, Found, Mode, WhenSpent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wiretape.proxy.decide.bearers import Bearer


# So many answers to one request are remembered, for looking them up takes time; in replay they stay the same.
_LONG: Final = 16


class Tape(Protocol):
    """What a player needs of a cassette."""

    def answers(self, session_id: int, match_key: str) -> Sequence[int]:
        """The interactions of a session that can answer *match_key*, in recorded order."""
        ...


class Answer(msgspec.Struct, frozen=True):
    """Serve this interaction; `again` says that it was served before."""

    interaction_id: int
    again: bool = False


class Forward(msgspec.Struct, frozen=True):
    """Let the request go live, and keep what comes back or not."""

    keep: bool


class Refuse(msgspec.Struct, frozen=True):
    """No answer: `unknown` or `spent`, with how often it was recorded and asked before."""

    kind: Literal["unknown", "spent"]
    recorded: int
    consumed: int


type Verdict = Answer | Forward | Refuse


class Player:
    """Answers the requests of one client from one session.

    Attributes:
        mode: never `once`, see `modes.settled`.
        served: how many answers came from the cassette.
        repeats: how many of them had been served before.
    """

    def __init__(
        self, tape: Tape | None, session_id: int | None, mode: Mode, when_spent: WhenSpent = WhenSpent.MISS
    ) -> None:
        """Take up a session.

        Args:
            tape: the cassette; None where there is none yet.
            session_id: the session's row; None where it is not recorded yet.
            mode: see `modes.RULES`.
            when_spent: what a request gets in replay when all its answers were served.
        """
        self.mode = mode
        self.served = 0
        self.repeats = 0
        self._tape = tape
        self._session_id = session_id
        self._when_spent = when_spent
        self._cursors: Counter[str] = Counter()
        # Only where placeholders have changed it.
        self._orders: dict[str, list[int]] = {}
        self._used: set[int] = set()
        # A poll recorded thousands of times is not looked up whole for each.
        self._long: dict[str, Sequence[int]] = {}

    def ask(self, match_key: str, bearer: Bearer | None = None) -> Verdict:
        """What the request with *match_key* gets; moves its cursor on.

        Of several answers it is the next one in recorded order; where a *bearer* asks, the next of its own.
        """
        answers = self._answers(match_key)
        consumed = self._cursors[match_key]
        action = RULES[self.mode][_found(len(answers), consumed)]
        self._cursors[match_key] += 1
        if action is Action.ANSWER:
            return self._serve(self._next(match_key, answers, consumed, bearer))
        if action is Action.SPEND and self._when_spent is WhenSpent.CYCLE:
            return self._serve(self._next(match_key, answers, consumed % len(answers), bearer))
        if action is Action.SPEND and self._when_spent is WhenSpent.REPEAT:
            return self._serve(answers[-1 if bearer is None else bearer.last(answers)])
        if action in (Action.KEEP, Action.PASS):
            return Forward(keep=action is Action.KEEP)
        self._cursors[match_key] -= 1  # a refusal consumes nothing
        return Refuse("spent" if answers else "unknown", len(answers), consumed)

    def _next(self, match_key: str, answers: Sequence[int], turn: int, bearer: Bearer | None) -> int:
        """The interaction whose turn it is; what a bearer is given before its turn changes the order of the others."""
        known = self._orders.get(match_key)
        # `auto` may have added to the cassette since.
        order = answers if known is None else [*known, *answers[len(known) :]]
        if bearer is None or len(order) == 1:
            return order[turn]
        place = bearer.first(order, turn)
        if self._when_spent is WhenSpent.REPEAT and self.mode is Mode.REPLAY:
            last = order[bearer.last(order)]
            if bearer.shared(last) > bearer.shared(order[place]):
                # What is left is for others, who may still ask for it.
                self._cursors[match_key] -= 1
                return last
        if place != turn:
            changed = self._orders[match_key] = list(order)
            changed.insert(turn, changed.pop(place))
        return order[place]

    def unused(self, recorded: Sequence[int]) -> list[int]:
        """Those of *recorded* that were never served."""
        return [interaction_id for interaction_id in recorded if interaction_id not in self._used]

    def _answers(self, match_key: str) -> Sequence[int]:
        if self._tape is None or self._session_id is None:
            return ()
        found = self._long.get(match_key)
        if found is None:
            found = self._tape.answers(self._session_id, match_key)
            if len(found) >= _LONG and self.mode is Mode.REPLAY:
                self._long[match_key] = found
        return found

    def _serve(self, interaction_id: int) -> Answer:
        again = interaction_id in self._used
        self._used.add(interaction_id)
        self.served += 1
        self.repeats += again
        return Answer(interaction_id, again)


def _found(recorded: int, consumed: int) -> Found:
    if not recorded:
        return Found.UNKNOWN
    return Found.FOUND if consumed < recorded else Found.SPENT
