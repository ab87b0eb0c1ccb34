"""The match key of a request whose body comes in pieces: of the whole body, or of a long one as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.longkey import LongKey
from wiretape.proxy.decide.matching import match_key

if TYPE_CHECKING:
    from wiretape.proxy.decide.redaction.memory import Memory
    from wiretape.proxy.decide.rules import Rules
    from wiretape.store.interaction import Request

# A body beyond this is no longer held for its key, where its kind allows that: uploads have no limit.
HELD_BYTES = 1024 * 1024


class KeyInTheMaking:
    """The key of one request. It is the same, in however many pieces the body is added."""

    def __init__(self, head: Request, identity: str, rules: Rules, memory: Memory | None = None) -> None:
        """Begin the key of *head*, whose target is the one to match by; a body it holds is ignored.

        What is secret in it, as far as *memory* knows or itself shows, counts by its class.
        """
        self._memory = memory
        self._head = head
        self._identity = identity
        self._rules = rules
        self._held: list[bytes] = []
        self._size = 0
        self._long: LongKey | None = None

    def add(self, data: bytes) -> None:
        """A piece of the body."""
        if self._long is not None:
            self._long.add(data)
            return
        self._held.append(data)
        before, self._size = self._size, self._size + len(data)
        if before <= HELD_BYTES < self._size:
            start = b"".join(self._held)
            self._long = LongKey.begin(self._head, self._identity, self._rules, start, self._memory)
            if self._long is not None:
                self._long.add(start)
                self._held.clear()

    def key(self) -> str:
        """The key, once the whole body was added; to be asked for once."""
        if self._long is not None:
            return self._long.key()
        request = msgspec.structs.replace(self._head, body=b"".join(self._held))
        self._held.clear()
        return match_key(canonical(request, self._identity, self._rules, self._memory))
