"""Copying sessions from one cassette into another: everything of them, bodies once each, all or nothing."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import msgspec

from wiretape.store import sessions
from wiretape.store.cassette import Cassette
from wiretape.store.changing import change
from wiretape.store.conflict import OnConflict
from wiretape.store.copying import Copier, fingerprint
from wiretape.store.errors import (
    CassetteDamaged,
    CassetteMissing,
    SessionBusy,
    SessionMissing,
    UsageError,
    WiretapeError,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path

    from wiretape.store.interaction import Session


class Merged(msgspec.Struct, frozen=True):
    """What became of one session.

    Attributes:
        source: the file it came from.
        session: its name there.
        name: its name in the cassette; of an equal one, where it is there already.
        outcome: `copied`, `replaced`, `equal` (it is there already) or `skipped`.
        interactions: how many it has.
    """

    source: str
    session: str
    name: str
    outcome: str
    interactions: int


def merge(into: Path, sources: Sequence[Path], wanted: Sequence[str], conflict: OnConflict) -> list[Merged]:
    """Copy sessions into the cassette *into*, which is made where there is none.

    Args:
        into: the cassette.
        sources: where they come from.
        wanted: their names; all where there are none.
        conflict: what to do where a name is taken by something else.

    Raises:
        WiretapeError: a source cannot be read whole or lacks a session, a name is taken, or the cassette cannot be
            written; nothing is changed then.
    """
    new = not into.exists()
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(_opened(source, into)) for source in sources]
        for cassette in opened:
            _check_sound(cassette)
        chosen = _chosen(opened, wanted)
        try:
            return change(into, lambda connection: _merge(connection, into, chosen, conflict), make=True)
        except BaseException:
            if new:
                _forget(into)
            raise


def _forget(path: Path) -> None:
    """Remove the cassette that was made for nothing, unless somebody else has begun to use it meanwhile."""
    with contextlib.suppress(WiretapeError, OSError):
        with Cassette.open(path) as cassette:
            used = cassette.sessions()
        if not used:
            path.unlink()


def _opened(source: Path, into: Path) -> Cassette:
    """A source, open."""
    if into.exists() and source.exists() and source.samefile(into):
        raise UsageError(f"{source} is the cassette to merge into; name other files")
    try:
        return Cassette.open(source)
    except CassetteMissing:
        raise CassetteMissing(f"no cassette at {source}; name the files to merge from") from None


def _check_sound(cassette: Cassette) -> None:
    """Make sure that a source holds together, and that it stays as it is while it is read."""
    audit = cassette.audit()
    audit.hold()
    unsound = audit.unsound()
    if unsound:
        raise CassetteDamaged(f"{cassette.path} is damaged ({unsound[0]}); restore it from a copy; nothing was merged")


def _chosen(opened: Sequence[Cassette], wanted: Sequence[str]) -> list[tuple[Cassette, list[Session]]]:
    """The sessions to copy from each source."""
    chosen = [(c, [s for s in c.sessions() if not wanted or s.name in wanted]) for c in opened]
    there = {session.name for _, found in chosen for session in found}
    for name in wanted:
        if name not in there:
            files = ", ".join(str(cassette.path) for cassette in opened)
            raise SessionMissing(f"no session {name!r} in {files}; `wiretape sessions -c FILE` lists them")
    return chosen


def _merge(
    connection: sqlite3.Connection,
    into: Path,
    chosen: Sequence[tuple[Cassette, list[Session]]],
    conflict: OnConflict,
) -> list[Merged]:
    busy = sessions.being_recorded(connection)
    if busy is not None:
        # A recorder would wait for the whole copy, and give up after a while.
        raise SessionBusy(f"session {busy!r} of {into} is being recorded; wait for its end")
    known = {fingerprint(connection, row): name for row, name in sessions.rows(connection)}
    merging = _Merging(connection, conflict, known)
    # What cannot be written is not the source's fault, so its connection is used outside of `looked`.
    return [
        merging.take(cassette.looked(lambda source: source), cassette.path, session)
        for cassette, found in chosen
        for session in found
    ]


class _Merging:
    """One run of it, inside a transaction."""

    def __init__(self, connection: sqlite3.Connection, conflict: OnConflict, known: dict[str, str]) -> None:
        self._connection = connection
        self._conflict = conflict
        self._known = known

    def take(self, source: sqlite3.Connection, path: Path, session: Session) -> Merged:
        """Copy one session, or say why not."""
        content = fingerprint(source, session.id)
        if content in self._known:
            return self._merged(path, session, self._known[content], "equal")
        name, outcome = session.name, "copied"
        if sessions.exists(self._connection, name):
            name, outcome = self._settled(path, session)
        if outcome != "skipped":
            Copier(source, self._connection, path).session(session, name)
            self._known[content] = name
        return self._merged(path, session, name, outcome)

    def _settled(self, path: Path, session: Session) -> tuple[str, str]:
        match self._conflict:
            case OnConflict.RENAME:
                return sessions.other_name(self._connection, session.name), "copied"
            case OnConflict.REPLACE:
                sessions.remove(self._connection, session.name)
                self._known = {content: name for content, name in self._known.items() if name != session.name}
                return session.name, "replaced"
            case OnConflict.SKIP:
                return session.name, "skipped"
            case OnConflict.REFUSE:
                raise UsageError(
                    f"session {session.name!r} of {path} is another one than the session of that name here; "
                    "nothing was merged; choose with --on-conflict rename, replace or skip"
                )

    def _merged(self, path: Path, session: Session, name: str, outcome: str) -> Merged:
        return Merged(str(path), session.name, name, outcome, session.interactions)
