"""The one way to the cassette: what a proxy sees of an interaction, redacted and keyed, handed to the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

from wiretape.proxy.decide.redaction.asked import Asked
from wiretape.proxy.decide.redaction.hook import RedactionFailed
from wiretape.proxy.decide.redaction.mending import Mender
from wiretape.proxy.decide.redaction.passing import Passing, stored_headers
from wiretape.proxy.decide.redaction.redactor import Numbered
from wiretape.proxy.decide.rules import NO_RULES
from wiretape.proxy.decide.userhook import CanonicaliserFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Future

    from wiretape.proxy.decide.redact import Redactor
    from wiretape.proxy.decide.redaction.ledger import Cut
    from wiretape.proxy.decide.rules import Rules
    from wiretape.store.errors import WiretapeError
    from wiretape.store.interaction import Ended, Headers, Request, ResponseHead
    from wiretape.store.rewriting import Rewriter


class InteractionSink(Protocol):
    """Takes one interaction, in the order it happens; see `store.recording.InteractionWriter`."""

    def request_piece(self, data: bytes) -> None: ...  # noqa: D102
    def request_again(self, request: Request) -> None: ...  # noqa: D102
    def request_done(self, match_key: str | None, *, redacted: bool) -> None: ...  # noqa: D102
    def response_head(self, head: ResponseHead, first_byte_us: int, *, redacted: bool) -> None: ...  # noqa: D102
    def chunk(self, data: bytes, at_us: int) -> None: ...  # noqa: D102
    def chunk_goes_on(self, data: bytes) -> None: ...  # noqa: D102
    def finish(  # noqa: D102
        self, ended: Ended, duration_us: int, *, problem: str | None = None, trailers: Headers = ()
    ) -> Future[None]: ...


class SessionSink(Protocol):
    """Takes a session's interactions; see `store.recording.SessionWriter`."""

    def interaction(self, request: Request, identity: str, started_at: str) -> InteractionSink: ...  # noqa: D102
    def note_placeholders(self, count: int) -> None: ...  # noqa: D102
    def rewrite(self, rewriter: Rewriter, interactions: int | None = None) -> int: ...  # noqa: D102


class Recorder:
    """Records one session.

    Attributes:
        begun: how many interactions were begun.
        rules: what keys are made by, and what is redacted.
        redactor: takes out its secrets.
    """

    def __init__(
        self,
        sink: SessionSink,
        redactor: Redactor,
        rules: Rules = NO_RULES,
        failed: Callable[[WiretapeError], None] = lambda _: None,
    ) -> None:
        """Record into *sink*, by *rules*; their redaction is the redactor's from now on.

        Args:
            sink: where all goes.
            redactor: takes out secrets.
            rules: what keys are made by, and what is redacted.
            failed: told when a function of the user's fails over a request, the same failure once: the answer is
                recorded all the same, and answers no replay.

        Raises:
            RedactionFailed: the rules name a function of the user's that is not there.
        """
        self.begun = 0
        self._failed = failed
        self._failures: set[str] = set()
        self.redactor = redactor
        self._version = redactor.memory.version
        self._late = 0
        self._noted: int | None = None
        self._sink = sink
        self.rules = rules
        redactor.rules = rules.redact

    def begin(self, request: Request, identity: str, started_at: str, target: str | None = None) -> Take:
        """Begin to record *request*, of which the head has come; a body it holds is ignored.

        Args:
            request: as the client meant it.
            identity: whose request it is.
            started_at: when its head came, ISO-8601.
            target: what to match by, where it is not what was sent.
        """
        self.begun += 1
        head, changed = self.redactor.request(request)
        sink = self._sink.interaction(head, identity, started_at)
        matched = msgspec.structs.replace(request, target=target or request.target, body=b"")
        targets = request.target, matched.target
        asked = Asked(head, targets, identity, self.rules, self.redactor)
        return Take(self, sink, asked, matched, changed=changed)

    def failing(self, error: WiretapeError) -> None:
        """A function of the user's failed over a request."""
        if str(error) not in self._failures:
            self._failures.add(str(error))
            self._failed(error)

    def ending(self) -> None:
        """An interaction is over."""
        if self.redactor.count != self._noted:
            self._noted = self.redactor.count
            self._sink.note_placeholders(self._noted)
        if self.redactor.memory.version != self._version:
            self._version = self.redactor.memory.version
            self._late = self.begun

    def mend(self, matched: Callable[[Request], str]) -> int:
        """Replace, at the session's end, what was stored openly before it was known to be secret.

        Only interactions that had begun when the last secret was learnt are looked through.

        Args:
            matched: the target by which a stored request is keyed, see `Hosts.inward_of`.

        Returns:
            How many interactions were changed.

        Raises:
            WiretapeError: what was changed could not be written.
        """
        self.ending()
        if not self._late:
            return 0
        changed = self._sink.rewrite(Mender(self.redactor, self.rules, matched, self.failing), self._late)
        self._late = 0
        self.ending()
        return changed


class Take:
    """One interaction being recorded. Times are microseconds since it began.

    Attributes:
        soon: has a step done in a moment; whoever sets it has events that come together looked through together, which
            is cheaper. The end waits for none: it does the step itself.
    """

    def __init__(
        self, recorder: Recorder, sink: InteractionSink, asked: Asked, request: Request, *, changed: bool
    ) -> None:
        self._recorder = recorder
        self._redactor = recorder.redactor
        self._sink = sink
        self._asked = asked
        self._request = request
        self._changed = changed
        self.soon: Callable[[Callable[[], None]], object] | None = None
        self._come: list[tuple[bytes, int]] = []
        self._answer: _Answer | None = None
        self._lost: WiretapeError | None = None

    def request_data(self, data: bytes) -> None:
        """A piece of the request's body."""
        self._pass(lambda: self._asked.feed(data))

    def request_end(self) -> None:
        """The request has come whole."""
        self._rest_of_request()
        self._sink.request_done(self._key(), redacted=self._changed)

    def response_head(self, head: ResponseHead, at_us: int) -> None:
        """The response's head."""
        self._answer = _Answer(head, at_us, self._redactor, self._request)
        self._sink.response_head(self._answer.head, at_us, redacted=self._answer.changed)

    def response_data(self, data: bytes, at_us: int) -> None:
        """A piece of the response's body."""
        if not data:
            return
        assert self._answer is not None
        if self._answer.body.frames is None:
            self._write(self._answer.body.feed(data, at_us))
            return
        self._come.append((data, at_us))
        if self.soon is None:
            self._gather()
        elif len(self._come) == 1:
            self.soon(self._gather)

    def end(self, ended: Ended, at_us: int, *, problem: str | None = None, trailers: Headers = ()) -> Future[None]:
        """The interaction is over; the future resolves when all of it is in the cassette."""
        self._rest_of_request()
        if self._answer is not None:
            self._gather()
            self._write(self._answer.body.end())
            if self._answer.fit():
                self._sink.response_head(self._answer.head, self._answer.at_us, redacted=True)
            trailers = self._answer.trailers(trailers)
        self._recorder.ending()
        if problem is None and self._lost is not None:
            problem = str(self._lost)
        problem = None if problem is None else self._redactor.clean(problem)
        return self._sink.finish(ended, at_us, problem=problem, trailers=trailers)

    def _gather(self) -> None:
        """Write what has come of a stream: events that are whole most times, and without secrets."""
        come, self._come = self._come, []
        if not come:
            return
        assert self._answer is not None
        body = self._answer.body
        if body.frames is not None and body.frames.passes(b"".join([data for data, _ in come])):
            for data, at_us in come:
                self._sink.chunk(data, at_us)
            return
        for data, at_us in come:
            self._write(body.feed(data, at_us))

    def _rest_of_request(self) -> None:
        before = self._asked.head
        self._pass(self._asked.end)
        if self._asked.head is not before:
            self._sink.request_again(self._asked.head)
        self._changed |= self._asked.changed

    def _pass(self, more: Callable[[], list[bytes]]) -> None:
        """Write more of the request's body; what could not be looked into is left out, and with it the key."""
        if self._lost is not None:
            return
        try:
            for piece in more():
                self._sink.request_piece(piece)
        except (CanonicaliserFailed, RedactionFailed) as error:
            self._lose(error)

    def _key(self) -> str | None:
        """The match key; None where nothing may match."""
        if self._lost is not None:
            return None
        try:
            return self._asked.key()
        except (CanonicaliserFailed, RedactionFailed) as error:
            self._lose(error)
            return None

    def _lose(self, error: WiretapeError) -> None:
        self._lost = error
        self._recorder.failing(error)

    def _write(self, cuts: Iterable[Cut]) -> None:
        for cut in cuts:
            if cut.goes_on:
                self._sink.chunk_goes_on(cut.data)
            else:
                self._sink.chunk(cut.data, cut.at_us)


class _Answer:
    """An answer on its way.

    Attributes:
        head: as it is stored.
        at_us: when it came.
        changed: something in the head was replaced.
        body: its body.
    """

    def __init__(self, head: ResponseHead, at_us: int, redactor: Redactor, asked: Request) -> None:
        self.at_us = at_us
        self._spell = Numbered(redactor, answer=True)
        self._scope = redactor.scope(asked=asked)
        self.head = self._fitted(head, redactor.headers(head.headers, self._scope, self._spell))
        reason = redactor.reason(head)
        self.changed = self._spell.count > 0 or reason != head.reason
        if reason != head.reason:
            self.head = msgspec.structs.replace(self.head, reason=reason)
        self._redactor = redactor
        self.body = Passing(self.head.headers, self._scope, Numbered(redactor, answer=True))

    def fit(self) -> bool:
        """Bring the head in line with the body that was written; says whether anything was replaced there."""
        self.head = self._fitted(self.head, stored_headers(self.head.headers, self.body))
        return self.body.changed

    def trailers(self, trailers: Headers) -> Headers:
        """*trailers* without their secrets."""
        return self._redactor.headers(trailers, self._scope, self._spell) if trailers else trailers

    def _fitted(self, head: ResponseHead, headers: Headers) -> ResponseHead:
        return head if headers == head.headers else msgspec.structs.replace(head, headers=headers)
