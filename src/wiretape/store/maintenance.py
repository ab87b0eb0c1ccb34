"""Changes to a cassette that no recording makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wiretape.store import identity, sessions
from wiretape.store.opening import leave_plain, open_writer

if TYPE_CHECKING:
    from pathlib import Path


def adopt(path: Path, name: str, at: str) -> str:
    """Make the session *name* complete, in the place of the one it was to replace; says the name it now bears.

    Raises:
        WiretapeError: there is no such cassette or session, or it is being written, or it is complete already.
    """
    identity.check(path)  # a writer would make what is missing
    writer = open_writer(path)
    try:
        return writer.submit(lambda connection: sessions.adopt(connection, name, at)).result()
    finally:
        writer.close()
        leave_plain(path)
