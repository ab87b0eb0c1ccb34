"""A cassette mended in place: everything in one transaction, and no byte of what was there before left in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from wiretape.store import derived, queries, rewriting, sessions
from wiretape.store.auditing import Audit
from wiretape.store.cassette import Cassette
from wiretape.store.changing import change, shrink
from wiretape.store.errors import SessionBusy

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from wiretape.store.interaction import Session
    from wiretape.store.keys import NewKey
    from wiretape.store.rewriting import Rewriter

    type Column = Literal["placeholder_count", "rules", "problem"]


class Bench:
    """A cassette inside the transaction in which it is mended.

    Attributes:
        cassette: it, as it is now; to be read, not to be closed.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self.cassette = Cassette(path, connection)
        self._connection = connection

    def sessions(self, names: Sequence[str]) -> list[Session]:
        """The sessions called *names*, all where there are none; nobody records into the cassette.

        Raises:
            SessionMissing: there is no such session.
            SessionBusy: somebody records.
        """
        busy = sessions.being_recorded(self._connection)
        if busy is not None:
            raise SessionBusy(f"session {busy!r} of {self.cassette.path} is being recorded; wait for its end")
        return [self.cassette.session(name) for name in dict.fromkeys(names)] or self.cassette.sessions()

    def rewrite(self, session: Session, rewriter: Rewriter) -> int:
        """Have *session* written anew; says how many interactions were changed."""
        return rewriting.rewrite(self._connection, session.id, rewriter)

    def tell(self, session: Session, column: Column, value: str | int) -> None:
        """Change what *session* says of itself."""
        self._connection.execute(f"UPDATE session SET {column} = ? WHERE id = ?", (value, session.id))  # noqa: S608 - ours

    def key(self, keys: Iterable[NewKey]) -> None:
        """Give interactions their new match keys."""
        self._connection.executemany(
            "UPDATE interaction SET match_key = ? WHERE id = ? AND match_key IS ?",
            [(key.new, key.interaction_id, key.old) for key in keys],
        )

    def read_again(self, names: Iterable[str]) -> None:
        """Make what was understood of interactions, named as SESSION/POSITION, anew; and the index of all words."""
        for name in names:
            found = queries.named(self._connection, name)
            if found is not None and found.status is not None:
                stored = derived.stored(self._connection, found.id)
                derived.write(self._connection, found.id, derived.read(stored))
        self._connection.execute("INSERT INTO said (said) VALUES ('rebuild')")

    def drop_orphans(self) -> int:
        """Delete the bodies that no interaction holds; says how many."""
        orphans = Audit(self._connection, self.cassette.path).orphans()
        self._connection.executemany("DELETE FROM body WHERE id = ?", [(body_id,) for body_id in orphans])
        return len(orphans)


def mend[T](path: Path, work: Callable[[Bench], T]) -> T:
    """Have *work* mend the cassette at *path*, all of it or nothing; then give back the room that was freed.

    Args:
        path: the cassette.
        work: called in another thread than the caller's; what it raises undoes all it did.

    Raises:
        WiretapeError: there is no such cassette, or it cannot be written.
    """
    done = change(path, lambda connection: work(Bench(connection, path)))
    shrink(path)
    return done
