"""Cassettes of an older wiretape: read in a temporary copy, so that looking at one changes nothing of it."""

from __future__ import annotations

import sqlite3


def migrated_copy(connection: sqlite3.Connection) -> sqlite3.Connection:
    """A copy of the cassette behind *connection* with today's tables; it lies nowhere and goes when it is closed."""
    # Only who meets an old cassette waits for this import.
    from wiretape.store import schema

    # SQLite keeps a database without a name in memory, and in a file that it removes where it is too large for that.
    copy = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    try:
        connection.backup(copy)
        schema.migrate(copy)
        copy.execute("PRAGMA query_only = ON")
    except BaseException:
        copy.close()
        raise
    return copy
