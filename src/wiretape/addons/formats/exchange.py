"""One request and what came back, whole and not yet recorded; and sessions of them recorded like any other."""

from __future__ import annotations

import contextlib
from collections import Counter
from typing import TYPE_CHECKING, NoReturn

import msgspec

from wiretape import __version__
from wiretape.proxy.decide.recorder import Recorder
from wiretape.proxy.decide.redact import Redactor
from wiretape.proxy.decide.routing import API, Hosts, Origin, host_named
from wiretape.proxy.decide.rules import NO_RULES, Rules
from wiretape.proxy.settings import parse_hosts
from wiretape.store.errors import WiretapeError
from wiretape.store.interaction import Ended, Request, ResponseHead  # noqa: TC001 - msgspec may ask for them
from wiretape.store.recording import SessionWriter
from wiretape.store.sessions import Description

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """What a recorder would have seen. Times are microseconds since the request came.

    Attributes:
        request: with its body, as on the wire.
        head: of the answer; None where none came.
        chunks: of the answer's body, each with when it came.
        first_byte_us: when the head came.
        ended: how it came to its end; None where nobody saw one.
        ended_us: when; None: with the last chunk, or with the head.
        started_at: when the request came, ISO-8601 UTC; empty where that is for whoever records it to say.
        problem: why it ended badly.
    """

    request: Request
    head: ResponseHead | None = None
    chunks: tuple[tuple[int, bytes], ...] = ()
    first_byte_us: int = 0
    ended: Ended | None = "complete"
    ended_us: int | None = None
    started_at: str = ""
    problem: str | None = None

    @property
    def origin(self) -> Origin:
        """Where the request was meant to go."""
        return Origin(self.request.scheme, self.request.host.lower(), self.request.port)

    @property
    def over_us(self) -> int:
        """When it was over."""
        if self.ended_us is not None:
            return self.ended_us
        return self.chunks[-1][0] if self.chunks else self.first_byte_us


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The session that is to hold some exchanges.

    Attributes:
        session: its name; a session that has it already is replaced once the new one is whole.
        hosts: who is the API, and which other hosts are recorded.
        rules: what match keys leave out and add.
        source: what the exchanges come from, for the session's `recorder`.
        problem: why the session is to be an incomplete one; None for a complete one.
    """

    session: str
    hosts: Hosts
    rules: Rules = NO_RULES
    source: str = ""
    problem: str | None = None


def hosts_of(
    exchanges: Iterable[Exchange], upstream: str | None, aliases: Sequence[str] = (), presumed: str | None = None
) -> Hosts:
    """Whose requests these are: every host that is not the API is an API of its own, as with `--intercept`.

    Args:
        exchanges: whatever is to be recorded.
        upstream: where the API is; None: where it is presumed if one of them goes to any of its hosts, else wherever
            most of them go.
        aliases: more names of the API.
        presumed: where it is most likely; None: at its own address.

    Raises:
        UsageError: the upstream or an alias is malformed.
    """
    asked = Counter(exchange.origin for exchange in exchanges)
    hosts = parse_hosts(upstream or presumed, aliases, ())
    if upstream is None and asked and not any(hosts.identity(origin.host, origin.port) == API for origin in asked):
        hosts = parse_hosts(str(asked.most_common(1)[0][0]), aliases, ())
    places = {(origin.host, origin.port) for origin in asked}
    others = frozenset(host_named(*place) for place in places if hosts.identity(*place) is None)
    return msgspec.structs.replace(hosts, intercepted=others)


def record(path: Path, plan: Plan, exchanges: Sequence[Exchange]) -> str:
    """Record *exchanges* as a session of the cassette at *path*; says the name it bears.

    All of it goes the one way to the disk: secrets are taken out, match keys and readings made.

    Raises:
        WiretapeError: the cassette cannot be written, the session is being recorded, or a function of the user's fails.
    """
    times = [exchange.started_at for exchange in exchanges]
    new = Description(
        name=plan.session,
        upstream=str(plan.hosts.upstream),
        started_at=min(times),
        recorder=f"wiretape {__version__}{plan.source}",
        rules=msgspec.json.encode(plan.rules).decode(),
    )
    writer = SessionWriter.begin(path, new, "replace")
    recorder = Recorder(writer, Redactor(writer.opened.placeholders), plan.rules, _refuse)
    try:
        for exchange in exchanges:
            _record(recorder, plan.hosts, exchange)
        recorder.mend(plan.hosts.inward_of)
    except BaseException:
        with contextlib.suppress(WiretapeError):
            recorder.mend(plan.hosts.inward_of)
        writer.end(max(times), "it could not be recorded whole")
        raise
    failure = writer.failure
    name = writer.end(max(times), plan.problem if failure is None else str(failure))
    if writer.failure is not None:
        raise writer.failure
    return name


def _record(recorder: Recorder, hosts: Hosts, exchange: Exchange) -> None:
    request = exchange.request
    identity = hosts.identity(request.host, request.port)
    assert identity is not None, f"{request.host} is nobody's"
    take = recorder.begin(request, identity, exchange.started_at, hosts.inward_of(request))
    if request.body:
        take.request_data(request.body)
    take.request_end()
    if exchange.head is not None:
        take.response_head(exchange.head, exchange.first_byte_us)
    for at_us, data in exchange.chunks:
        take.response_data(data, at_us)
    if exchange.ended is not None:
        take.end(exchange.ended, exchange.over_us, problem=exchange.problem)


def _refuse(error: WiretapeError) -> NoReturn:
    """No client waits for what is recorded here: an import that lacks keys is none."""
    raise error
