"""Opening a cassette for writing: made whole or not at all, migrated, in WAL; and leaving it as one plain file."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from wiretape.store import identity
from wiretape.store.errors import CassetteDamaged, CassetteMissing, CassetteUnwritable, WiretapeError
from wiretape.store.writer import Writer, translated

if TYPE_CHECKING:
    from collections.abc import Generator

# A WAL beyond this is copied into the cassette while recording goes on.
WAL_BYTES = 64 * 1024 * 1024
_BUSY_SECONDS = 10.0
# A whole check of a larger file would be felt at every start; `wiretape verify` does it for any size.
_CHECK_BYTES = 64 * 1024 * 1024


def open_writer(path: Path) -> Writer:
    """A writer for the cassette at *path*, which is made where there is none, folders included.

    Raises:
        CassetteForeign, CassetteNewer, CassetteDamaged: see `identity.check`; the file is untouched.
        CassetteUnwritable: the folder or the file cannot be written.
    """
    try:
        identity.check(path)
    except CassetteMissing:
        _create(path)
    else:
        _sound(path)
    if not os.access(path, os.W_OK):
        raise CassetteUnwritable(f"cannot write {path}: permission denied")
    return Writer(path, lambda: _connect(path), lambda connection: _shorten_wal(path, connection))


def leave_plain(path: Path) -> None:
    """Fold the WAL into the cassette and leave one plain file; while others have it open, the last one out does it."""
    # Read and write, but never make: a cassette that was removed meanwhile stays removed.
    address = f"{path.absolute().as_uri()}?mode=rw"
    with (
        contextlib.suppress(sqlite3.Error, OSError),
        contextlib.closing(sqlite3.connect(address, uri=True, isolation_level=None)) as connection,
        checkpointing(path),
    ):
        connection.execute("PRAGMA busy_timeout = 2000")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA busy_timeout = 200")
        connection.execute("PRAGMA journal_mode = DELETE")


@contextlib.contextmanager
def checkpointing(path: Path) -> Generator[None]:
    """Hold the lock under which a checkpoint runs: SQLites before 3.51.3 can damage a file when two run at once.

    The lock lies in the temporary folder, not beside the cassette, where people would have to ignore it in git.
    """
    name = hashlib.blake2b(str(path.resolve()).encode(), digest_size=12).hexdigest()
    place = Path(tempfile.gettempdir()) / f"wiretape-{os.getuid()}-{name}.lock"
    # Others may write into that folder: no link of theirs is followed, and nothing is cut off.
    lock = os.open(place, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _shorten_wal(path: Path, connection: sqlite3.Connection) -> None:
    """Copy a WAL that has grown long into the cassette; readers at work put it off to the next time."""
    with contextlib.suppress(OSError, sqlite3.Error):
        if path.with_name(path.name + "-wal").stat().st_size > WAL_BYTES:
            with checkpointing(path):
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _connect(path: Path) -> sqlite3.Connection:
    from wiretape.store import schema

    connection = sqlite3.connect(path.absolute(), timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        # What is deleted or written anew may be a secret: its bytes must not stay in free pages.
        connection.execute("PRAGMA secure_delete = ON")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        identity.check_version(path, version)
        if version < identity.USER_VERSION:
            # Two that open an older cassette at once must not both change its tables.
            with checkpointing(path):
                schema.migrate(connection)
        # Whoever is last makes it one plain file again; between the two, SQLite gives up at once and does not wait.
        with checkpointing(path):
            connection.execute("PRAGMA journal_mode = WAL")
        # NORMAL survives a killed process, which is what is promised; FULL would add a disk flush to every answer
        # for the sake of a power cut.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
    except WiretapeError:
        connection.close()
        raise
    except sqlite3.Error as error:
        connection.close()
        raise translated(error, path) from None
    return connection


def _create(path: Path) -> None:
    """Make the file whole under another name first: no crash leaves half a cassette, no rival is overwritten."""
    from wiretape.store import schema

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # mkstemp gives it mode 0600
        os.close(handle)
        temporary = Path(name)
        try:
            with contextlib.closing(sqlite3.connect(temporary, isolation_level=None)) as connection:
                schema.migrate(connection)
            with checkpointing(path):
                _put(temporary, path)
        finally:
            temporary.unlink()
    except (OSError, sqlite3.Error) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
        raise CassetteUnwritable(
            f"cannot make {path}: {reason}; name a file in a folder you may write to with -c"
        ) from None


def _put(temporary: Path, path: Path) -> None:
    """Give the new file its name, unless a rival was first; to be called by one at a time."""
    if path.exists():
        return
    # What a cassette that was removed has left would be read into the new one.
    for left in ("-wal", "-shm", "-journal"):
        path.with_name(path.name + left).unlink(missing_ok=True)
    with contextlib.suppress(FileExistsError):
        os.link(temporary, path)


def _sound(path: Path) -> None:
    """Refuse to write into a file that does not hold together."""
    if path.stat().st_size > _CHECK_BYTES:
        return
    try:
        with contextlib.closing(sqlite3.connect(path.absolute())) as connection:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        raise translated(error, path) from None
    if verdict != "ok":
        first = str(verdict).splitlines()[-1]
        raise CassetteDamaged(
            f"{path} is damaged ({first}); restore it from a copy, or record into another file with -c"
        )
