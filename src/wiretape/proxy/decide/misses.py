"""What a client, a terminal and a report say of a request that the cassette cannot answer: one account for all."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003 - msgspec reads it where an account comes from another process
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from wiretape.proxy.decide import envelope

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wiretape.store.interaction import Headers

# Never 408, 409, 429 or 5xx: the API's SDK retries those for minutes, and other clients do the same.
STATUS = 424
REASON = "Failed Dependency"
# After so many a shortened body says what was asked, and no terminal is flooded.
_SHORT = 300

# A recording that is less near is worth a line only where none is nearer.
_NEAR = 0.6

type MissKind = Literal["unknown", "spent", "failure"]

_TITLES: Final[dict[MissKind, str]] = {
    "unknown": "not recorded",
    "spent": "asked more often than recorded",
    "failure": "not answered",
}


class Neighbour(msgspec.Struct, frozen=True):
    """A recorded interaction near to what was asked, and where the two differ."""

    interaction: str
    id: int
    request: str
    score: float
    differences: list[str]


class Miss(msgspec.Struct, frozen=True, kw_only=True):
    """One request that was not answered.

    Attributes:
        kind: `unknown` (never recorded), `spent` (asked more often than recorded), `failure` (ours).
        request: method and address.
        body: the beginning of the request's body, for people.
        session: where an answer was looked for.
        recorded: how often the request was recorded.
        consumed: how often it was answered before.
        detail: why, in one sentence.
        mend: the command that mends it.
        nearest: the recordings nearest to it, the nearest first.
        look: the command that shows the nearest one.
        leave_out: the command that leaves the differences out of matching, where they look like chance.
    """

    kind: MissKind
    request: str
    body: str
    session: str
    recorded: int
    consumed: int
    detail: str
    mend: str
    nearest: Sequence[Neighbour] = ()
    look: str | None = None
    leave_out: str | None = None

    def lines(self) -> list[str]:
        """The account for a terminal."""
        lines = [f"{_TITLES[self.kind]}: {self.request}", f"  {self.detail}"]
        lines += self._neighbourhood()
        lines += [f"  see it: {self.look}"] if self.look else []
        lines += [f"  if that must not count: {self.leave_out}"] if self.leave_out else []
        return [*lines, f"  mend: {self.mend}"]

    def _neighbourhood(self) -> Iterator[str]:
        """The nearest recording with all that differs; those that are as near by name, others in short."""
        if not self.nearest:
            return
        first, *others = self.nearest
        same = [near.interaction for near in others if near.differences == first.differences]
        also = f" (and {', '.join(same)}, recorded alike)" if same else ""
        yield f"  nearest recording: {first.interaction} {first.request}{also}"
        yield from (f"    {difference}" for difference in first.differences)
        for near in others:
            if near.differences and near.differences != first.differences and near.score >= _NEAR:
                more = f" and {len(near.differences) - 1} more" if len(near.differences) > 1 else ""
                yield f"  next: {near.interaction} {near.request}: {near.differences[0]}{more}"

    def first_difference(self) -> str | None:
        """The nearest recording and the first thing that differs, in one line; None where there is none."""
        if not self.nearest or not self.nearest[0].differences:
            return None
        first = self.nearest[0]
        more = f" and {len(first.differences) - 1} more" if len(first.differences) > 1 else ""
        return f"nearest recording: {first.interaction}: {first.differences[0]}{more}"

    def document(self) -> bytes:
        """The account for the client: a problem document (RFC 9457) that also wears the API's own error envelope."""
        message = "\n".join(["wiretape: " + self.lines()[0], *self.lines()[1:]])
        title = "The cassette holds no answer to this request"
        return envelope.problem(f"miss:{self.kind}", title, STATUS, message, msgspec.structs.asdict(self))

    def headers(self) -> Headers:
        """The headers that go with `document`."""
        return (*envelope.HEADERS, (b"X-Wiretape-Miss", self.kind.encode()))


class Noted:
    """A miss that counts already, while it is still found out what came nearest to it.

    Attributes:
        miss: as far as it is known.
    """

    def __init__(self, misses: list[Miss], miss: Miss) -> None:
        """Count *miss* among *misses*."""
        misses.append(miss)
        self.miss = miss
        self._misses = misses

    def become(self, miss: Miss) -> Miss:
        """Have the whole account, *miss*, stand where the first one stands."""
        place = next(number for number, found in enumerate(self._misses) if found is self.miss)
        self.miss = self._misses[place] = miss
        return miss


def shortened(body: bytes) -> str:
    """The beginning of *body* as text."""
    text = body[: 4 * _SHORT].decode("utf-8", "replace")
    return text if len(text) <= _SHORT else text[:_SHORT] + "…"
