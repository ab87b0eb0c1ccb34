"""A request on its way through the direct engine: its head, the whole of it, and what is remembered of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from wiretape.proxy.decide.bearers import NOBODY

if TYPE_CHECKING:
    from wiretape.proxy.decide.echo import Values
    from wiretape.proxy.run import Run
    from wiretape.proxy.serve.direct.prepared import Answers, Client
    from wiretape.store.interaction import Request


class Visit(msgspec.Struct, frozen=True):
    """A request of which the head has come.

    Attributes:
        request: as the client meant it, without its body.
        client: what its answer's bytes depend on.
        run: whose cursors answer it.
        answers: the answers of that run.
        identity: whose request it is; None for a host that is not ours.
        keep_alive: the client means to go on after it.
        control: it is for the proxy itself.
        problem: why it belongs to no run; None where it does.
    """

    request: Request
    client: Client
    run: Run
    answers: Answers
    identity: str | None
    keep_alive: bool
    control: bool = False
    problem: str | None = None

    @property
    def is_matched(self) -> bool:
        """Whether the cassette may answer it."""
        return self.identity is not None and not self.control and self.problem is None


class Asked(msgspec.Struct, frozen=True):
    """A request that has come whole.

    Attributes:
        visit: its head.
        request: with its body, or the beginning of one too long to be held.
        key: to match by; empty where nothing is matched.
        size: of the body.
        echoed: what its answer has to repeat.
        borne: the placeholders in it, see `bearers`.
    """

    visit: Visit
    request: Request
    key: str
    size: int
    echoed: Values = ()
    borne: frozenset[int] = NOBODY


class Known(msgspec.Struct, frozen=True):
    """What is remembered of a request, enough to find its answer.

    Attributes:
        visit: its head, without the headers.
        key: to match by.
        echoed: what its answer has to repeat.
        borne: the placeholders in it, see `bearers`.
        version: of the session's memory of secrets when the key was made.
    """

    visit: Visit
    key: str
    echoed: Values
    borne: frozenset[int]
    version: int
