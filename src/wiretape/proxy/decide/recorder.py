"""The one way to the cassette: what a proxy sees of an interaction, redacted and keyed, handed to the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.longkey import LongKey
from wiretape.proxy.decide.matching import match_key
from wiretape.proxy.decide.rules import NO_RULES

if TYPE_CHECKING:
    from concurrent.futures import Future

    from wiretape.proxy.decide.redact import Redactor
    from wiretape.proxy.decide.rules import Rules
    from wiretape.store.interaction import Ended, Headers, Request, ResponseHead


# A body beyond this is no longer held for its key, where its kind allows that: uploads have no limit.
_HELD_BYTES = 1024 * 1024


class InteractionSink(Protocol):
    """Takes one interaction, in the order it happens; see `store.recording.InteractionWriter`."""

    def request_piece(self, data: bytes) -> None: ...  # noqa: D102
    def request_done(self, match_key: str | None, *, redacted: bool) -> None: ...  # noqa: D102
    def response_head(self, head: ResponseHead, first_byte_us: int, *, redacted: bool) -> None: ...  # noqa: D102
    def chunk(self, data: bytes, at_us: int) -> None: ...  # noqa: D102
    def finish(  # noqa: D102
        self, ended: Ended, duration_us: int, *, problem: str | None = None, trailers: Headers = ()
    ) -> Future[None]: ...


class SessionSink(Protocol):
    """Takes a session's interactions; see `store.recording.SessionWriter`."""

    def interaction(self, request: Request, identity: str, started_at: str) -> InteractionSink: ...  # noqa: D102
    def note_placeholders(self, count: int) -> None: ...  # noqa: D102


class Recorder:
    """Records one session.

    Attributes:
        begun: how many interactions were begun.
    """

    def __init__(self, sink: SessionSink, redactor: Redactor, rules: Rules = NO_RULES) -> None:
        self.begun = 0
        self.rules = rules
        self._sink = sink
        self._redactor = redactor

    def begin(self, request: Request, identity: str, started_at: str, target: str | None = None) -> Take:
        """Begin to record *request*, of which the head has come; a body it holds is ignored.

        Args:
            request: as the client meant it.
            identity: whose request it is.
            started_at: when its head came, ISO-8601.
            target: what to match by, where it is not what was sent.
        """
        self.begun += 1
        redacted, changed = self._redactor.request(request)
        sink = self._sink.interaction(redacted, identity, started_at)
        matched = msgspec.structs.replace(redacted, target=target or request.target)
        return Take(self, sink, _Key(matched, identity, self.rules), changed=changed)

    def redacted(self, head: ResponseHead) -> tuple[ResponseHead, bool]:
        """A response's head without its secrets, and whether there were any."""
        return self._redactor.response(head)

    def ending(self) -> None:
        """An interaction is over."""
        self._sink.note_placeholders(self._redactor.count)


class Take:
    """One interaction being recorded. Times are microseconds since it began."""

    def __init__(self, recorder: Recorder, sink: InteractionSink, key: _Key, *, changed: bool) -> None:
        self._recorder = recorder
        self._sink = sink
        self._key = key
        self._changed = changed

    def request_data(self, data: bytes) -> None:
        """A piece of the request's body."""
        self._key.add(data)
        self._sink.request_piece(data)

    def request_end(self) -> None:
        """The request has come whole."""
        self._sink.request_done(self._key.key(), redacted=self._changed)

    def response_head(self, head: ResponseHead, at_us: int) -> None:
        """The response's head."""
        head, changed = self._recorder.redacted(head)
        self._sink.response_head(head, at_us, redacted=changed)

    def response_data(self, data: bytes, at_us: int) -> None:
        """A piece of the response's body."""
        if data:
            self._sink.chunk(data, at_us)

    def end(self, ended: Ended, at_us: int, *, problem: str | None = None, trailers: Headers = ()) -> Future[None]:
        """The interaction is over; the future resolves when all of it is in the cassette."""
        self._recorder.ending()
        return self._sink.finish(ended, at_us, problem=problem, trailers=trailers)


class _Key:
    """A match key in the making: of the whole body, or of a long one as it comes."""

    def __init__(self, head: Request, identity: str, rules: Rules) -> None:
        self._head = head
        self._identity = identity
        self._rules = rules
        self._held: list[bytes] = []
        self._size = 0
        self._long: LongKey | None = None

    def add(self, data: bytes) -> None:
        if self._long is not None:
            self._long.add(data)
            return
        self._held.append(data)
        before, self._size = self._size, self._size + len(data)
        if before <= _HELD_BYTES < self._size:
            start = b"".join(self._held)
            self._long = LongKey.begin(self._head, self._identity, self._rules, start)
            if self._long is not None:
                self._long.add(start)
                self._held.clear()

    def key(self) -> str:
        if self._long is not None:
            return self._long.key()
        request = msgspec.structs.replace(self._head, body=b"".join(self._held))
        self._held.clear()
        return match_key(canonical(request, self._identity, self._rules))
