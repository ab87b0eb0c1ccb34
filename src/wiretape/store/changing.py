"""One change to a cassette, in one transaction: all of it or nothing, and one plain file afterwards."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

from wiretape.store import identity
from wiretape.store.opening import checkpointing, leave_plain, open_writer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Somebody who reads is waited for so long before the file keeps its size.
_PATIENCE_SECONDS = 2.0


def change[T](path: Path, run: Callable[[sqlite3.Connection], T], *, make: bool = False) -> T:
    """Have *run* change the cassette at *path* inside a transaction; what it raises undoes all it did.

    Args:
        path: the cassette.
        run: called in another thread than the caller's.
        make: make the cassette where there is none.

    Raises:
        WiretapeError: there is no such cassette, or it cannot be written.
    """
    if not make:
        identity.check(path)  # a writer would make what is missing
    writer = open_writer(path)
    try:
        return writer.submit(run).result()
    finally:
        writer.close()
        leave_plain(path)


def shrink(path: Path) -> int:
    """Give the room that nothing takes any more back to the disk; says how many bytes.

    Where others have the cassette open it keeps its size, and the room is used by what is recorded next: a recorder
    must not wait until a large file is written anew.
    """
    before = size(path)
    address = f"{path.absolute().as_uri()}?mode=rw"
    with (
        contextlib.suppress(sqlite3.Error, OSError),
        contextlib.closing(sqlite3.connect(address, uri=True, isolation_level=None)) as connection,
        checkpointing(path),
    ):
        connection.execute(f"PRAGMA busy_timeout = {int(_PATIENCE_SECONDS * 1000)}")
        # Only who is alone gets out of the WAL, so this tells whether anybody else is there.
        (mode,) = connection.execute("PRAGMA journal_mode = DELETE").fetchone()
        if mode == "delete":
            connection.execute("VACUUM")
    return max(0, before - size(path))


def size(path: Path) -> int:
    """The bytes that a cassette takes on the disk, its WAL included."""
    wal = path.with_name(path.name + "-wal")
    return path.stat().st_size + (wal.stat().st_size if wal.exists() else 0)
