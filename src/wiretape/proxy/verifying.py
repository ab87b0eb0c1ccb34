"""A whole cassette looked over: the file, every body's digest, every key, every reading, and every answer replayed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from wiretape.proxy.decide.agreement import rules_of
from wiretape.proxy.rekeying import hosts_of
from wiretape.proxy.selfcheck import Finding, check
from wiretape.store.auditing import NO_CHUNKS
from wiretape.store.cassette import Cassette
from wiretape.store.errors import CassetteDamaged, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from wiretape.store.auditing import Audit, Chunks, Kept
    from wiretape.store.interaction import Session


class Verified(msgspec.Struct, frozen=True):
    """What was found.

    Attributes:
        sessions: how many were looked over.
        interactions: how many they hold.
        findings: what is not as it was recorded.
        stale: interactions of which this wiretape reads something else than was read, or that were never read.
    """

    sessions: int
    interactions: int
    findings: list[Finding]
    stale: list[str]


def verify(path: Path, names: Sequence[str], progress: Callable[[int, int], None]) -> Verified:
    """Look over the cassette at *path*; nothing of it is changed.

    Args:
        path: the cassette.
        names: the sessions to look at; all where there are none, and then bodies that no session holds as well.
        progress: told how much of how much is done.

    Raises:
        WiretapeError: there is no such cassette or session, or it cannot even be opened.
    """
    with Cassette.open(path) as cassette:
        audit = cassette.audit()
        audit.hold()
        chosen = [cassette.session(name) for name in dict.fromkeys(names)] or cassette.sessions()
        verifying = _Verifying(cassette, audit, progress, 2 * sum(session.interactions for session in chosen))
        try:
            verifying.run(chosen, orphans=not names)
        except CassetteDamaged as error:
            verifying.findings.append(Finding(None, str(error)))
    count = sum(session.interactions for session in chosen)
    return Verified(len(chosen), count, verifying.findings, verifying.stale)


class _Verifying:
    """One run of it."""

    def __init__(self, cassette: Cassette, audit: Audit, progress: Callable[[int, int], None], total: int) -> None:
        self.findings: list[Finding] = []
        self.stale: list[str] = []
        self._cassette = cassette
        self._audit = audit
        self._progress = progress
        self._total = total
        self._done = 0

    def run(self, sessions: Sequence[Session], *, orphans: bool) -> None:
        unsound = self._audit.unsound()
        if unsound:
            # What SQLite cannot put together says nothing reliable any more.
            self.findings += [Finding(None, what) for what in unsound]
            return
        for session in sessions:
            self._session(session)
        if orphans:
            self._orphans()

    def _session(self, session: Session) -> None:
        rules = rules_of(session)
        try:
            hosts = hosts_of(session)
        except UsageError:
            hosts = None
        if rules is None or hosts is None:
            what = "the rules" if rules is None else "the upstream"
            self.findings.append(Finding(session.name, f"{what} of the session cannot be read"))
            return
        replayed = check(self._cassette, session, rules, hosts, self._step)
        told = {finding.interaction: finding for finding in replayed}
        chunks = self._audit.chunks(session.id)
        for kept in self._audit.kept(session.id):
            self._step()
            name = f"{session.name}/{kept.position}"
            if name in told:
                self.findings.append(told[name])
                continue
            wrong = [Finding(name, what) for what in self._wrong(kept, chunks.get(kept.id, NO_CHUNKS))]
            self.findings += wrong
            if not wrong and self._audit.is_stale(kept):
                self.stale.append(name)

    def _wrong(self, kept: Kept, chunks: Chunks) -> Iterator[str]:
        """What a replay would not notice."""
        for side, body_id, recorded in (
            ("request", kept.request_body_id, kept.request_bytes),
            ("answer", kept.response_body_id, kept.response_bytes),
        ):
            size, problem = self._audit.body(body_id)
            if problem is not None:
                yield f"the body of its {side} {problem}"
            elif size != recorded:
                yield f"its {side} has {size} bytes, of {recorded} recorded"
        if chunks.number != kept.chunk_count:
            yield f"its answer has {chunks.number} chunks, of {kept.chunk_count} recorded"
        elif chunks.behind != chunks.number:
            yield "its chunks are not numbered one by one"
        if chunks.size_bytes != kept.response_bytes:
            yield f"its chunks have {chunks.size_bytes} bytes, its answer {kept.response_bytes}"
        if not kept.intact:
            yield "its heads are not what was recorded"
            return
        try:
            kept.heads()
        except ValueError:
            yield "its heads cannot be read"

    def _orphans(self) -> None:
        for body_id in self._audit.orphans():
            _, problem = self._audit.body(body_id)
            if problem is not None:
                self.findings.append(Finding(None, f"body {body_id}, which no interaction holds, {problem}"))

    def _step(self) -> None:
        self._done += 1
        self._progress(self._done, self._total)
