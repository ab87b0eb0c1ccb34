"""A request's body on its way in: held while it is short, digested or laid aside in a file when it is long."""

from __future__ import annotations

import tempfile
from typing import IO, TYPE_CHECKING, Final

from wiretape.proxy.decide.longkey import LongKey
from wiretape.proxy.serve.direct.refusals import Unreadable

if TYPE_CHECKING:
    from wiretape.proxy.decide.redact import Memory
    from wiretape.proxy.decide.rules import Rules
    from wiretape.store.interaction import Request

HELD_BYTES: Final = 1024 * 1024
KEYED_BYTES: Final = 128 * 1024 * 1024
# So much of a body that is not held is kept, to tell a person what was asked.
_TOLD_BYTES = 16 * 1024


class Upload:
    """One body.

    A body that counts by its bytes or by its parts may have any length: beyond `HELD_BYTES` it is digested as it comes,
    and only its beginning kept. One that must be understood as a whole (JSON, forms, compressed ones) waits in a file
    that has no name, so that slow uploads cost no memory, and may have `KEYED_BYTES`.

    Attributes:
        size: bytes so far.
        aside: it waits in a file, so that reading it back and making its key is for a thread.
    """

    def __init__(self, head: Request, identity: str | None, rules: Rules, memory: Memory | None = None) -> None:
        """Begin the body of *head*, which has the target to match by; *memory* knows the session's secrets.

        Without an *identity* nothing is matched, and only the beginning is kept.
        """
        self.size = 0
        self.aside = False
        self._head = head
        self._identity = identity
        self._rules = rules
        self._memory = memory
        self._parts: list[bytes] = []
        self._held = 0
        self._digest: LongKey | None = None
        self._file: IO[bytes] | None = None

    def add(self, data: bytes) -> None:
        """A piece of the body.

        Raises:
            Unreadable: it is too long to be understood.
        """
        self.size += len(data)
        if self._digest is not None:
            self._digest.add(data)
        elif self._file is not None:
            if self.size > KEYED_BYTES:
                raise _too_long()
            self._file.write(data)
        elif self._held + len(data) <= HELD_BYTES:
            self._parts.append(data)
            self._held += len(data)
        elif self._identity is not None:
            self._parts.append(data)
            self._overflow(self._identity)

    def _overflow(self, identity: str) -> None:
        start = b"".join(self._parts)
        self._digest = LongKey.begin(self._head, identity, self._rules, start, self._memory)
        if self._digest is not None:
            self._digest.add(start)
            self._parts = [start[:_TOLD_BYTES]]
            return
        self._file = tempfile.TemporaryFile(prefix="wiretape-")  # noqa: SIM115 - closed by `close`
        self._file.write(start)
        self._parts = []
        self.aside = True

    def key(self) -> str | None:
        """The match key, where the body was digested; None where it is to be made from the whole body."""
        return None if self._digest is None else self._digest.key()

    def body(self) -> bytes:
        """The body, or the beginning of one that was digested."""
        if self._file is None:
            return b"".join(self._parts)
        self._file.seek(0)
        return self._file.read()

    def close(self) -> None:
        """Forget it."""
        self._parts = []
        if self._file is not None:
            self._file.close()


def _too_long() -> Unreadable:
    """What the client reads."""
    limit = KEYED_BYTES // (1024 * 1024)
    return Unreadable(413, f"a body of more than {limit} MiB, which is the most that is taken in to be matched")
