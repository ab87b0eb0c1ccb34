"""What a client, a terminal and a report say of a request that the cassette cannot answer: one account for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wiretape.store.interaction import Headers

# Never 408, 409, 429 or 5xx: the API's SDK retries those for minutes, and other clients do the same.
STATUS = 424
REASON = "Failed Dependency"
# After so many a shortened body says what was asked, and no terminal is flooded.
_SHORT = 300

type MissKind = Literal["unknown", "spent", "failure"]


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

    def lines(self) -> list[str]:
        """The account for a terminal."""
        lines = [f"{self.kind} request: {self.request}", f"  {self.detail}"]
        for near in self.nearest:
            lines.append(f"  nearest: {near.interaction} {near.request}")
            lines += [f"    {difference}" for difference in near.differences]
        return [*lines, f"  mend: {self.mend}"]

    def document(self) -> bytes:
        """The account for the client: a problem document (RFC 9457) that also wears the API's own error envelope."""
        message = "\n".join(["wiretape: " + self.lines()[0], *self.lines()[1:]])
        return msgspec.json.encode(
            {
                "type": f"urn:wiretape:miss:{self.kind}",
                "title": "The cassette holds no answer to this request",
                "status": STATUS,
                **msgspec.structs.asdict(self),
                "success": False,
                "error": {"code": "WIRETAPE_MISS", "message": message, "type": "client_error", "status": STATUS},
            }
        )

    def headers(self) -> Headers:
        """The headers that go with `document`."""
        return (
            (b"Content-Type", b"application/problem+json"),
            (b"x-should-retry", b"false"),
            (b"X-Wiretape-Miss", self.kind.encode()),
        )


def shortened(body: bytes) -> str:
    """The beginning of *body* as text."""
    text = body[: 4 * _SHORT].decode("utf-8", "replace")
    return text if len(text) <= _SHORT else text[:_SHORT] + "…"
