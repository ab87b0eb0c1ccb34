"""The one way to the cassette: what a proxy sees of an interaction, redacted and keyed, handed to the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.matching import match_key
from wiretape.proxy.decide.rules import NO_RULES

if TYPE_CHECKING:
    from concurrent.futures import Future

    from wiretape.proxy.decide.redact import Redactor
    from wiretape.proxy.decide.rules import Rules
    from wiretape.store.interaction import Ended, Headers, Request, ResponseHead


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

    def begin(self, request: Request, identity: str, started_at: str) -> Take:
        """Begin to record *request*, of which the head has come; a body it holds is ignored."""
        self.begun += 1
        return Take(self, self._sink, self._redactor, (request, identity, started_at))


class Take:
    """One interaction being recorded. Times are microseconds since it began."""

    def __init__(
        self, recorder: Recorder, sink: SessionSink, redactor: Redactor, head: tuple[Request, str, str]
    ) -> None:
        request, self._identity, started_at = head
        self._recorder = recorder
        self._session = sink
        self._redactor = redactor
        self._request, self._redacted = redactor.request(request)
        self._body: list[bytes] = []
        self._sink = sink.interaction(self._request, self._identity, started_at)
        self._answered = False

    def request_data(self, data: bytes) -> None:
        """A piece of the request's body."""
        self._body.append(data)
        self._sink.request_piece(data)

    def request_end(self, target: str | None = None) -> None:
        """The request has come whole; *target* is what to match by, where it is not what was sent."""
        request = msgspec.structs.replace(
            self._request, body=b"".join(self._body), target=target or self._request.target
        )
        self._body.clear()
        key = match_key(canonical(request, self._identity, self._recorder.rules))
        self._sink.request_done(key, redacted=self._redacted)

    def response_head(self, head: ResponseHead, at_us: int) -> None:
        """The response's head."""
        self._answered = True
        head, redacted = self._redactor.response(head)
        self._sink.response_head(head, at_us, redacted=redacted)

    def response_data(self, data: bytes, at_us: int) -> None:
        """A piece of the response's body."""
        if data:
            self._sink.chunk(data, at_us)

    def end(self, ended: Ended, at_us: int, *, problem: str | None = None, trailers: Headers = ()) -> Future[None]:
        """The interaction is over; the future resolves when all of it is in the cassette."""
        self._session.note_placeholders(self._redactor.count)
        return self._sink.finish(ended, at_us, problem=problem, trailers=trailers)
