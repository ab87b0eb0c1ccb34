"""The body of a request on its way into a cassette, and the key that is made of what is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from wiretape.proxy.decide.keying import HELD_BYTES, KeyInTheMaking
from wiretape.proxy.decide.redaction.bodies import passes_whole, redacted
from wiretape.proxy.decide.redaction.passing import Passing, described, stored_headers, with_length
from wiretape.proxy.decide.redaction.redactor import Numbered

if TYPE_CHECKING:
    from wiretape.proxy.decide.redaction.redactor import Redactor
    from wiretape.proxy.decide.rules import Rules
    from wiretape.store.interaction import Request


class Asked:
    """One request's body.

    Up to `HELD_BYTES` it is held, so that what its end shows to be secret is replaced at its beginning too. A longer
    one is read as it comes.

    Attributes:
        head: the request's head as it fits the body that is written; known once the body was ended.
        changed: something in the body was replaced; known then too.
    """

    def __init__(
        self, head: Request, targets: tuple[str, str], identity: str, rules: Rules, redactor: Redactor
    ) -> None:
        """Begin the body of *head*, which is redacted; *targets* are open: as sent, and to be matched by."""
        self.head = head
        self.changed = False
        self._targets = targets
        self._version = redactor.memory.version
        self._matched = head.target if targets[0] == targets[1] else redactor.target(targets[1])
        self._identity = identity
        self._rules = rules
        self._redactor = redactor
        self._held: list[bytes] = []
        self._size = 0
        self._passing: Passing | None = None
        self._key: KeyInTheMaking | None = None
        self._ended = False

    def feed(self, data: bytes) -> list[bytes]:
        """The next piece; gives what can be written."""
        if self._passing is None:
            self._held.append(data)
            self._size += len(data)
            return [] if self._size <= HELD_BYTES else self._stream()
        return self._keyed([cut.data for cut in self._passing.feed(data)])

    def end(self) -> list[bytes]:
        """The body is over; gives what is left to write. A second call gives nothing."""
        if self._ended:
            return []
        self._ended = True
        content_type, encoding, _ = described(self.head.headers)
        if self._passing is None and not encoding:
            whole = self._whole(content_type)
            self._look_again()
            return self._keyed(whole)
        left: list[bytes] = [] if self._passing is not None else self._stream()
        assert self._passing is not None
        cuts = self._passing.end()
        self.changed = self._passing.changed
        self._fit(stored_headers(self.head.headers, self._passing))
        return left + self._keyed([cut.data for cut in cuts])

    def key(self) -> str:
        """The match key of the whole; to be asked for once, after the end."""
        return self._making().key()

    def _stream(self) -> list[bytes]:
        scope = self._redactor.scope()
        self._passing = Passing(self.head.headers, scope, Numbered(self._redactor))
        held, self._held = self._held, []
        return self._keyed([cut.data for piece in held for cut in self._passing.feed(piece)])

    def _whole(self, content_type: bytes) -> list[bytes]:
        body, scope = b"".join(self._held), self._redactor.scope()
        if passes_whole(body, content_type, scope):
            return self._held
        written = redacted(body, content_type, scope, Numbered(self._redactor))
        if written == body:
            return self._held
        self.changed = True
        self._fit(with_length(self.head.headers, len(written) - len(body)))
        return [written]

    def _look_again(self) -> None:
        """Redact the target with what the body has shown, as whoever has all of the request before him would."""
        if self._redactor.memory.version == self._version:
            return
        sent, matched = map(self._redactor.target, self._targets)
        self._matched = matched
        if sent != self.head.target:
            self.changed = True
            self.head = msgspec.structs.replace(self.head, target=sent)

    def _fit(self, headers: tuple[tuple[bytes, bytes], ...]) -> None:
        if headers != self.head.headers:
            self.head = msgspec.structs.replace(self.head, headers=headers)

    def _keyed(self, pieces: list[bytes]) -> list[bytes]:
        for piece in pieces:
            self._making().add(piece)
        return pieces

    def _making(self) -> KeyInTheMaking:
        # Only now is it known whether the body is stored packed or unpacked.
        if self._key is None:
            headers = self.head.headers
            if self._passing is not None:
                headers = stored_headers(headers, self._passing)
            matched = msgspec.structs.replace(self.head, headers=headers, target=self._matched)
            self._key = KeyInTheMaking(matched, self._identity, self._rules, self._redactor.memory)
        return self._key
