"""Recorded requests sent again to the live upstream, through a proxy of our own, and their new answers put in place."""

from __future__ import annotations

import http.client
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from wiretape.proxy.decide.agreement import read_rules
from wiretape.proxy.decide.modes import Mode
from wiretape.proxy.decide.routing import API, Hosts, Upstream
from wiretape.proxy.rekeying import hosts_of
from wiretape.proxy.resending import Proxy, Sending, left_out, ready, send
from wiretape.proxy.serve.driving import driven
from wiretape.proxy.serve.wholerun import Engine, serve_run
from wiretape.proxy.settings import Listen, Settings
from wiretape.store.cassette import Cassette
from wiretape.store.errors import UsageError
from wiretape.store.replacing import (
    NOT_IN_PLACE,
    Beside,
    Replacement,
    begin_beside,
    drop_empty,
    put_in_place,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from wiretape.proxy.decide.rules import Rules
    from wiretape.proxy.run import Run
    from wiretape.proxy.summary import Summary
    from wiretape.store.auditing import Kept
    from wiretape.store.interaction import Session

    type Say = Callable[[str], None]

_SWITCHING: Final = 101
_UNAUTHORISED: Final = (401, 403)
_TOO_MANY: Final = 429
_FIRST_FAILURE: Final = 500


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a person asks for.

    Attributes:
        cassette: the file.
        names: sessions, and interactions by id or as SESSION/POSITION.
        upstream: where requests for the API go; None: where each session was recorded from.
        headers: values that take the place of stored ones, by names in lower case.
        key: the API's key, for credentials that were redacted.
        force: requests with a placeholder in the place of a secret are sent all the same.
        any_status: an answer that says it failed is taken too.
    """

    cassette: Path
    names: Sequence[str]
    upstream: Upstream | None
    headers: Mapping[str, bytes]
    key: str | None
    force: bool
    any_status: bool


class Outcome(msgspec.Struct, frozen=True):
    """What became of one interaction.

    Attributes:
        interaction: SESSION/POSITION.
        old_status: of the answer that was there; None where there was none.
        new_status: of the new one; None where none came.
        body: `same` or `changed`; None where no answer came.
        kept: why the old answer stays; None where the new one took its place.
    """

    interaction: str
    old_status: int | None
    new_status: int | None
    body: str | None
    kept: str | None


class _Job(msgspec.Struct):
    """The requests of one session to be sent, and at which position beside each was recorded."""

    session: Session
    hosts: Hosts
    rules: Rules
    requests: list[tuple[Kept, Sending]]
    positions: dict[int, int]
    beside: str = ""


def rerecord(
    wish: Wish, say: Say, choose: Callable[[Run], Engine], progress: Callable[[int, int], None]
) -> list[Outcome]:
    """Send the requests again, and put the new answers in the place of the old ones.

    Args:
        wish: what is asked for.
        say: tells the person at the terminal.
        choose: says which engine records.
        progress: told how many of how many requests were sent.

    Raises:
        WiretapeError: a person or a file is at fault; no answer was replaced then.
    """
    jobs = _jobs(wish)
    total = sum(len(job.requests) for job in jobs)
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        progress(done, total)

    for job in jobs:
        _record(job, wish.cassette, say, choose, step)
    outcomes: list[Outcome] = []
    besides = [_judge(job, wish, outcomes) for job in jobs]
    put_in_place(wish.cassette, besides)
    return outcomes


def _jobs(wish: Wish) -> list[_Job]:
    """What is to be sent.

    Raises:
        UsageError: a request cannot be sent as it is stored.
    """
    used: set[str] = set()
    jobs: list[_Job] = []
    with Cassette.open(wish.cassette) as cassette:
        for session, positions in _chosen(cassette, wish.names).items():
            found = cassette.session(session)
            job = _Job(found, hosts_of(found), read_rules(found), [], {})
            for kept in cassette.audit().kept(found.id):
                if positions is None or kept.position in positions:
                    job.requests.append((kept, _ready(cassette, job, kept, wish)))
                    used |= {name.decode("latin-1").lower() for name, _ in kept.request().headers}
            if job.requests:
                jobs.append(_routed(job, wish.upstream))
    for name in wish.headers:
        if name not in used:
            raise UsageError(f"--header {name}: none of the requests has such a header")
    return jobs


def _chosen(cassette: Cassette, names: Sequence[str]) -> dict[str, set[int] | None]:
    """The positions to send, by session; None for all."""
    chosen: dict[str, set[int] | None] = {}
    sessions = {session.name for session in cassette.sessions()}
    for name in names:
        if name in sessions:
            chosen[name] = None
            continue
        found = cassette.interaction(name)
        positions = chosen.setdefault(found.session, set())
        if positions is not None:
            positions.add(found.position)
    return chosen


def _ready(cassette: Cassette, job: _Job, kept: Kept, wish: Wish) -> Sending:
    name = f"{job.session.name}/{kept.position}"
    if kept.match_key is None:
        raise UsageError(f"{name} cannot be sent again: its request never came whole; leave it out")
    if kept.status == _SWITCHING:
        raise UsageError(f"{name} cannot be sent again: it is a WebSocket; leave it out")
    sending = ready(kept.request(), kept.identity, job.hosts, wish.headers, wish.key)
    place = None if wish.force else left_out(sending, cassette.request_pieces(kept.id))
    if place is not None:
        mend = "give it with --header" if place.startswith("header") else "leave it out"
        raise UsageError(
            f"{name} cannot be sent again: its {place} holds a placeholder in the place of a secret; {mend}, "
            "or send it as it is with --force"
        )
    return sending


def _routed(job: _Job, upstream: Upstream | None) -> _Job:
    """*job* with the hosts to record it by."""
    others = frozenset(kept.identity for kept, _ in job.requests if kept.identity != API)
    job.hosts = Hosts(upstream=upstream or job.hosts.upstream, intercepted=others)
    return job


def _record(job: _Job, cassette: Path, say: Say, choose: Callable[[Run], Engine], step: Callable[[], None]) -> None:
    """Send what is to be sent, and record it into a session beside."""
    job.beside = begin_beside(cassette, job.session)
    try:
        with tempfile.TemporaryDirectory(prefix="wiretape-") as folder:
            settings = Settings(
                cassette=cassette,
                session=job.beside,
                mode=Mode.RECORD,
                hosts=job.hosts,
                upstream_named=True,
                listen=Listen(port=0),
                append=True,
                rules=job.rules,
                ready_file=Path(folder) / "ready.json",
            )

            def ask(run: Run, proxy: Proxy) -> Iterator[Callable[[], None]]:
                with Cassette.open(cassette) as opened:
                    for kept, sending in job.requests:
                        before = _begun(run)
                        yield partial(_send, proxy, opened, kept, sending)
                        if _begun(run) == before + 1:
                            job.positions[kept.id] = before + 1
                        step()

            # Killed from here on, it leaves a session beside that is not taken for a recording of its own.
            _, summaries = serve_run(settings, say, (), lambda run: driven(choose(run), ask), NOT_IN_PLACE)
    finally:
        drop_empty(cassette, job.beside)
    _refuse_failed(summaries[0], job)


def _refuse_failed(summary: Summary, job: _Job) -> None:
    """Take nothing from a recording that went wrong on our side."""
    wrong = [*summary.defects, *summary.findings]
    if wrong:
        raise UsageError(f"no answer was replaced: {wrong[0]}; what was recorded is kept as session {job.beside!r}")


def _begun(run: Run) -> int:
    assert run.recorder is not None
    return run.recorder.begun


def _send(proxy: Proxy, cassette: Cassette, kept: Kept, sending: Sending) -> None:
    try:
        send(proxy, sending, cassette.request_pieces(kept.id), kept.request_bytes)
    except (OSError, http.client.HTTPException, ValueError):
        # What became of it is read from the recording.
        return


def _judge(job: _Job, wish: Wish, outcomes: list[Outcome]) -> Beside:
    """What of a recording takes the place of old answers."""
    replacements: list[Replacement] = []
    with Cassette.open(wish.cassette) as cassette:
        names = {session.name: session for session in cassette.sessions()}
        recorded = names.get(job.beside)
        news = {} if recorded is None else {new.position: new for new in cassette.audit().kept(recorded.id)}
    for kept, _ in job.requests:
        new = news.get(job.positions.get(kept.id, 0))
        why = _why_kept(kept, new, any_status=wish.any_status)
        if new is not None and why is None:
            replacements.append(Replacement(kept.id, new.id))
        status = None if new is None else new.status
        body = None
        if new is not None and status is not None:
            body = "same" if new.response_body_id == kept.response_body_id else "changed"
        outcomes.append(Outcome(f"{job.session.name}/{kept.position}", kept.status, status, body, why))
    return Beside(job.session, job.beside, replacements)


def _why_kept(old: Kept, new: Kept | None, *, any_status: bool) -> str | None:
    """Why the old answer stays; None where the new one takes its place."""
    if new is None or new.status is None:
        return "no answer came"
    if new.ended != "complete":
        return "the new answer broke off"
    if any_status or new.status == old.status:
        return None
    if new.status >= _FIRST_FAILURE or new.status == _TOO_MANY:
        return "the upstream failed"
    return "the upstream refused the credentials" if new.status in _UNAUTHORISED else None
