"""What a stand-in remembers between calls; small and bounded, so that a long benchmark does not fill the machine."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wiretape.addons.standin.jsontext import Json
    from wiretape.addons.standin.run import Run

_KEPT = 1000


class Bounded[Value](dict[str, Value]):
    """A dict that forgets its oldest entries."""

    def __setitem__(self, key: str, value: Value) -> None:
        super().__setitem__(key, value)
        while len(self) > _KEPT:
            del self[next(iter(self))]


class Memory:
    """The stand-in's state.

    Attributes:
        threads: thread objects by id, as the API shows them.
        messages: the messages of each thread.
        runs: the latest stream of each thread, for reconnecting and cancelling.
        polls: how often a thing in progress was asked for, by its id.
        jobs: what such a thing will be once it is done.
        files: uploaded files by id.
        keys: API keys by id.
        refusals: how often in a row an identical request was refused.
    """

    def __init__(self) -> None:
        self.threads: Bounded[Json] = Bounded()
        self.messages: Bounded[list[Json]] = Bounded()
        self.runs: Bounded[Run] = Bounded()
        self.polls: Counter[str] = Counter()
        self.jobs: Bounded[Any] = Bounded()
        self.files: Bounded[Json] = Bounded()
        self.keys: Bounded[Json] = Bounded()
        self.refusals: Counter[str] = Counter()

    def refuse(self, identity: str, times: int) -> bool:
        """Whether a request that is refused `times` times (0: always) is refused this time too."""
        if times == 0:
            return True
        if self.refusals[identity] < times:
            self.refusals[identity] += 1
            return True
        del self.refusals[identity]
        return False

    def poll(self, thing: str, states: tuple[str, ...]) -> str:
        """The state of a thing in progress, one further with each time it is asked for; the last one stays."""
        state = states[min(self.polls[thing], len(states) - 1)]
        self.polls[thing] += 1
        return state
