"""Runs asked in process: whose a request is, and its answer or the account of its miss, as values without a socket."""

from __future__ import annotations

import threading
from itertools import chain
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

import msgspec

from wiretape.proxy.decide import misses
from wiretape.proxy.decide.belonging import belonging
from wiretape.proxy.decide.modes import Mode
from wiretape.proxy.decide.pace import INSTANT, Pace
from wiretape.proxy.decide.player import Answer, Refuse
from wiretape.proxy.decide.routing import Origin, led_back
from wiretape.proxy.runs import OVER
from wiretape.proxy.serve.direct.framing import Framing, shaped
from wiretape.proxy.serve.direct.recent import Recent
from wiretape.store.errors import UsageError
from wiretape.store.interaction import Headers, Request, header

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from wiretape.proxy.decide.echo import Values
    from wiretape.proxy.decide.misses import Miss
    from wiretape.proxy.recorded import Recorded
    from wiretape.proxy.run import Run
    from wiretape.proxy.runs import Runs

# What is kept of a run's answers, and how long one of them may be to be kept.
_KEPT_BYTES: Final = 32 * 1024 * 1024
_SHORT_BYTES: Final = 256 * 1024
# What Python needs for a chunk besides its bytes.
_CHUNK_OVERHEAD: Final = 150


class BrokenOff(ConnectionError):
    """An answer ends here before it is complete: as it was recorded, or because the recording cannot be read on."""


class Caller(msgspec.Struct, frozen=True):
    """How a client knows what answers it.

    Attributes:
        origin: under which origin it reaches the API, so that redirects lead back there.
        prefix: what its paths begin with there.
        takes_us_for_the_api: its paths are the API's, whatever the host is, and may begin with `/~LABEL`.
    """

    origin: Origin
    prefix: str = ""
    takes_us_for_the_api: bool = False


class Reply(msgspec.Struct, frozen=True):
    """An answer ready to be told.

    Attributes:
        status: its status.
        reason: the words behind it.
        http_version: `HTTP/1.1`, `HTTP/2.0`, …
        headers: ordered pairs in their case.
        body: its chunks, each with when it came, in microseconds since the request; to be read once. Reading may
            raise `BrokenOff`.
        framing: how a client knows where the body ends.
        promised: the length that its head promises, where that tells the end.
        whole: False where it broke off.
        first_byte_us: when its head came.
        ended_us: when its end came, where that is later than the last byte; None where nobody can tell.
        pace: how fast it is to be told.
    """

    status: int
    reason: str
    http_version: str
    headers: Headers
    body: Iterable[tuple[int, bytes]]
    framing: Framing
    promised: int | None = None
    whole: bool = True
    first_byte_us: int = 0
    ended_us: int | None = None
    pace: Pace = INSTANT


class Answering:
    """Answers requests from runs. Calls from several threads take turns."""

    def __init__(self, runs: Runs, say: Callable[[str], None]) -> None:
        """Answer from *runs*; *say* is told what a person at a terminal would be.

        Raises:
            UsageError: the default run does not only replay.
        """
        if runs.default.mode is not Mode.REPLAY:
            raise UsageError(
                f"session {runs.default.settings.session!r} is not only replayed; in process nothing records"
            )
        self._runs = runs
        self._say = say
        self._lock = threading.RLock()
        self._answers: WeakKeyDictionary[Run, _Answers] = WeakKeyDictionary()

    def answer(self, request: Request, caller: Caller) -> Reply:
        """What *request*, as the client sent it, gets. Whatever fails here is a miss, never an exception."""
        with self._lock:
            run = self._runs.default
            try:
                told = belonging(request.target, request.headers, base_url=caller.takes_us_for_the_api)
                request = msgspec.structs.replace(request, target=told.target, headers=told.headers)
                run, problem = self._runs.find(told.label)
                request = _meant(request, run, caller)
                problem = problem or (OVER if run.closed else None)
                if problem is not None:
                    return self._refusal(run.playback.refused(request, problem), request)
                return self._found(request, run, caller, caller.prefix + told.prefix)
            except Exception as error:  # noqa: BLE001 - whatever it is, nothing goes live and the run does not end well
                return self._refusal(run.playback.failed(request, error), request)

    def _found(self, request: Request, run: Run, caller: Caller, prefix: str) -> Reply:
        hosts = run.settings.hosts
        identity = hosts.identity(request.host, request.port)
        if identity is None:
            return self._refusal(run.playback.foreign(request), request)
        target = hosts.inward_of(request)
        if target != request.target:
            request = msgspec.structs.replace(request, target=target)
        verdict = run.playback.ask(request, identity)
        if isinstance(verdict, Answer):
            echoed = run.playback.echoed(request)
            reply = self._answers_of(run).get(verdict.interaction_id, echoed, asked_head=request.method == "HEAD")
            headers = led_back(reply.headers, caller.origin, run.settings.hosts, prefix)
            return reply if headers is reply.headers else msgspec.structs.replace(reply, headers=headers)
        assert isinstance(verdict, Refuse)
        return self._refusal(run.playback.missed(request, identity, verdict), request)

    def _answers_of(self, run: Run) -> _Answers:
        found = self._answers.get(run)
        if found is None:
            found = self._answers[run] = _Answers(run, self._lock, self._say)
        return found

    def _refusal(self, miss: Miss, request: Request) -> Reply:
        for line in miss.lines():
            self._say(line)
        document = miss.document()
        bare = request.method == "HEAD"
        return Reply(
            misses.STATUS,
            misses.REASON,
            "HTTP/1.1",
            (*miss.headers(), (b"Content-Length", b"%d" % len(document))),
            () if bare else ((0, document),),
            Framing.NONE if bare else Framing.LENGTH,
            None if bare else len(document),
        )


class _Answers:
    """The answers of one run; short ones are kept."""

    def __init__(self, run: Run, lock: threading.RLock, say: Callable[[str], None]) -> None:
        # The run keeps this, and shall not be kept by it.
        self._playback = run.playback
        self._pace = run.settings.pace
        self._broke = run.broke
        self._lock = lock
        self._say = say
        self._kept: Recent[tuple[int, Values, bool], Reply] = Recent(_KEPT_BYTES)

    def get(self, interaction_id: int, echoed: Values, *, asked_head: bool) -> Reply:
        """The answer of an interaction, repeating what is *echoed* of the request.

        Raises:
            CassetteDamaged: its bytes are not those that were recorded.
        """
        key = (interaction_id, echoed, asked_head)
        found = self._kept.get(key)
        if found is not None:
            return found
        recorded = self._playback.recorded(interaction_id, echoed)
        size = sum(chunk.size for chunk in recorded.chunks)
        weight = size + _CHUNK_OVERHEAD * len(recorded.chunks)
        if weight > _SHORT_BYTES:
            return self._reply(recorded, self._begun(recorded.timed()), asked_head=asked_head)
        reply = self._reply(recorded, tuple(recorded.timed()), asked_head=asked_head)
        self._kept.put(key, reply, weight + _CHUNK_OVERHEAD)
        return reply

    def _reply(self, recorded: Recorded, body: Iterable[tuple[int, bytes]], *, asked_head: bool) -> Reply:
        head = recorded.head
        framing = shaped(recorded, head.headers, asked_head=asked_head, old=False).framing
        length = header(head.headers, b"content-length") if framing is Framing.LENGTH else None
        return Reply(
            head.status,
            head.reason,
            head.http_version,
            head.headers,
            () if framing is Framing.NONE else body,
            framing,
            int(length) if length and length.strip().isdigit() else None,
            recorded.whole,
            recorded.first_byte_us,
            recorded.duration_us if framing in (Framing.CHUNKED, Framing.CLOSE) else None,
            self._pace,
        )

    def _begun(self, body: Iterator[tuple[int, bytes]]) -> Iterable[tuple[int, bytes]]:
        """A long body, read as it goes; its beginning now, for what cannot be read at all must not begin."""
        return self._guarded(chain([next(body)], body))

    def _guarded(self, body: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
        while True:
            try:
                with self._lock:
                    found = next(body, None)
            except Exception as error:
                self._say(self._broke(error))
                raise BrokenOff(f"the recording cannot be read: {error}") from error
            if found is None:
                return
            yield found


def _meant(request: Request, run: Run, caller: Caller) -> Request:
    """*request* as the client meant it: who takes us for the API means the API."""
    if not caller.takes_us_for_the_api:
        return request
    upstream = run.settings.hosts.upstream
    origin = upstream.origin
    return msgspec.structs.replace(
        request, scheme=origin.scheme, host=origin.host, port=origin.port, target=upstream.prefix + request.target
    )
