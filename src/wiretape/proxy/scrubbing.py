"""An existing cassette without its secrets: redacted as if it were recorded now, and proved to be so."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import msgspec

from wiretape.proxy.decide.agreement import read_rules
from wiretape.proxy.decide.keying import KeyInTheMaking
from wiretape.proxy.decide.redact import Memory, Redactor
from wiretape.proxy.decide.redaction.hook import installed
from wiretape.proxy.decide.redaction.mending import Mender
from wiretape.proxy.rekeying import hosts_of, matched_target
from wiretape.proxy.scan.cassettes import CassetteScan
from wiretape.proxy.scan.merging import both
from wiretape.proxy.selfcheck import check
from wiretape.store.cassette import Cassette
from wiretape.store.errors import UsageError, WiretapeError
from wiretape.store.keys import NewKey
from wiretape.store.rawfile import beside
from wiretape.store.scrubbing import mend

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from wiretape.proxy.decide.redact import RedactRules
    from wiretape.proxy.scan.allowing import Allowed
    from wiretape.proxy.scan.cassettes import Scanned
    from wiretape.proxy.scan.finding import Detector, Finding
    from wiretape.store.auditing import Kept
    from wiretape.store.interaction import Session
    from wiretape.store.scrubbing import Bench

# Words that placeholders are made of; whatever else was found is a secret like any other.
_KINDS: Final = frozenset({"token", "key", "password", "code", "secret", "cookie", "state", "credential", "personal"})


class ScrubFailed(WiretapeError):
    """What was mended would not be replayed as before; nothing was changed."""

    exit_code = 1


class Scrubbed(msgspec.Struct, frozen=True):
    """What was mended, or would be.

    Attributes:
        sessions: the names of those that were looked through.
        replaced: what was found before and is gone.
        left: what is found still, of these sessions and of the file's bytes.
        unread: bodies that could not be looked into.
        beside: files that others have kept beside the cassette; the cassette may hold what was there before.
    """

    sessions: list[str]
    replaced: list[Finding]
    left: list[Finding]
    unread: list[str]
    beside: list[str] = []

    @property
    def kinds(self) -> Counter[str]:
        """How many were replaced of each kind."""
        found: Counter[str] = Counter()
        for finding in self.replaced:
            found[finding.kind] += finding.times
        return found


class Scrub:
    """One cassette to be mended."""

    def __init__(
        self,
        path: Path,
        names: Sequence[str],
        rules: RedactRules,
        allowed: Allowed,
        detectors: Sequence[Detector] = (),
        progress: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> None:
        """Mend sessions of the cassette at *path*.

        Args:
            path: the cassette.
            names: the sessions; all where there are none.
            rules: what is secret besides what each session's own rules say; the sessions have them from then on.
            allowed: what scans pass over.
            detectors: what looks for secrets besides our own.
            progress: told how many bytes of how many a scan has done.
        """
        self._path = path
        self._names = names
        self._rules = rules
        self._allowed = allowed
        self._detectors = detectors
        self._progress = progress

    def look(self) -> Scrubbed:
        """Only say what would be replaced.

        Raises:
            WiretapeError: there is no such cassette or session.
        """
        with Cassette.open(self._path) as cassette:
            chosen = [cassette.session(name).name for name in dict.fromkeys(self._names)]
            chosen = chosen or [session.name for session in cassette.sessions()]
        found = self._scan().run()
        return Scrubbed(chosen, [one for one in found.findings if _is_of(one, chosen)], [], found.unread)

    def run(self) -> Scrubbed:
        """Mend it.

        Raises:
            WiretapeError: there is no such cassette or session, somebody records into it, or it cannot be written.
            ScrubFailed: a session would not be replayed as before.
        """
        before = self._scan().run()
        names = mend(self._path, lambda bench: self._work(bench, before))
        after = self._scan(before.values).run()
        still = {_facts(one) for one in after.findings}
        replaced = [one for one in before.findings if _facts(one) not in still]
        left = [one for one in after.findings if _is_of(one, names)]
        return Scrubbed(names, replaced, left, after.unread, [file.name for file in beside(self._path)])

    def _scan(self, sought: Mapping[bytes, str] | None = None) -> CassetteScan:
        return CassetteScan(self._path, self._allowed, self._detectors, self._rules, self._progress, sought)

    def _work(self, bench: Bench, before: Scanned) -> list[str]:
        memory = Memory()
        for value, kind in before.values.items():
            memory.learn(value, kind if kind in _KINDS else "secret")
        mending = [_Mending(bench, session, self._rules, memory) for session in bench.sessions(self._names)]
        version = None
        # What a later session shows to be secret is replaced in an earlier one, too.
        while version != memory.version:
            version = memory.version
            for one in mending:
                one.rewrite()
        for one in mending:
            one.finish()
        names = [one.session.name for one in mending]
        bench.read_again({one.interaction for one in before.findings if one.interaction and _is_of(one, names)})
        bench.drop_orphans()
        for one in mending:
            one.check()
        return names


def _is_of(finding: Finding, names: list[str]) -> bool:
    """Whether a finding is of one of the sessions called *names*, or of the file itself."""
    of = finding.interaction
    return of is None or of in names or of.rpartition("/")[0] in names


def _facts(finding: Finding) -> tuple[str | None, str, str, int]:
    return finding.interaction, finding.place, finding.kind, finding.length


class _Mending:
    """One session being mended."""

    def __init__(self, bench: Bench, session: Session, rules: RedactRules, memory: Memory) -> None:
        own = read_rules(session)
        if own.redact.callable is not None and not installed(own.redact.callable):
            raise UsageError(
                f"session {session.name!r} was redacted with {own.redact.callable!r}, too; "
                "name it in the settings, so that the session keeps its rules"
            )
        self.session = session
        self._bench = bench
        self._hosts = hosts_of(session)
        self._before = own
        self._rules = msgspec.structs.replace(own, redact=both(own.redact, rules))
        self._redactor = Redactor(session.placeholders, self._rules.redact, memory)
        self._wrong = {str(finding) for finding in check(bench.cassette, session, own, self._hosts)}
        audit = bench.cassette.audit()
        # By what a request was matched shows only as long as its key is that of what is stored.
        self._prefixes = {kept.id: self._prefix(kept) for kept in audit.kept(session.id)}

    def rewrite(self) -> None:
        """Replace what is secret by now."""
        self._bench.rewrite(self.session, Mender(self._redactor, self._rules, self._hosts.inward_of))

    def finish(self) -> None:
        """Bring in line what is not of an interaction: keys, rules, the session's own words."""
        audit = self._bench.cassette.audit()
        keys = [NewKey(kept.id, kept.match_key, self._key(kept)) for kept in audit.kept(self.session.id)]
        self._bench.key(key for key in keys if key.old != key.new)
        self._bench.tell(self.session, "placeholder_count", self._redactor.count)
        if self._rules != self._before:
            self._bench.tell(self.session, "rules", msgspec.json.encode(self._rules).decode())
        problem = self.session.problem
        if problem is not None and problem != self._redactor.clean(problem):
            self._bench.tell(self.session, "problem", self._redactor.clean(problem))

    def check(self) -> None:
        """See whether the session will be replayed as before.

        Raises:
            ScrubFailed: it will not.
        """
        found = check(self._bench.cassette, self.session, self._rules, self._hosts)
        new = [str(finding) for finding in found if str(finding) not in self._wrong]
        if new:
            raise ScrubFailed(f"{self._bench.cassette.path} was left as it is, for it would not be replayed: {new[0]}")

    def _prefix(self, kept: Kept) -> str | None:
        """What of the target does not count; None where that cannot be told any more."""
        target = matched_target(self._bench.cassette.audit(), kept, self._before, self._hosts)
        request = kept.request()
        if target is None or not request.target.endswith(target):
            return None
        return request.target[: len(request.target) - len(target)]

    def _key(self, kept: Kept) -> str | None:
        if kept.match_key is None:
            return None
        request = kept.request()
        prefix = self._prefixes.get(kept.id)
        target = self._hosts.inward_of(request) if prefix is None else request.target.removeprefix(prefix)
        making = KeyInTheMaking(msgspec.structs.replace(request, target=target), kept.identity, self._rules)
        for piece in self._bench.cassette.audit().pieces(kept.request_body_id):
            making.add(piece)
        return making.key()
