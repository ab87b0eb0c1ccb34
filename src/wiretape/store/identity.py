"""Which file is a cassette: told from its first hundred bytes, before SQLite touches it."""

from __future__ import annotations

import os
import shlex
import struct
from typing import TYPE_CHECKING

import msgspec

from wiretape.store.errors import CassetteDamaged, CassetteForeign, CassetteMissing, CassetteNewer, CassetteUnwritable

if TYPE_CHECKING:
    from pathlib import Path

# "WTAP" in ASCII: tells a cassette from every other SQLite file.
APPLICATION_ID = 0x57544150
# The number of migrations in schema.py, which is not imported here: sqlite_utils would cost every replay 0.2 s.
USER_VERSION = 2

_MAGIC = b"SQLite format 3\x00"
_HEADER_BYTES = 100


class FileHeader(msgspec.Struct, frozen=True):
    """What the first hundred bytes of an SQLite file say (https://www.sqlite.org/fileformat2.html)."""

    page_size: int
    page_count: int
    user_version: int
    application_id: int
    wal: bool


def check(path: Path) -> FileHeader:
    """Make sure that *path* is a cassette this wiretape can read, without opening it as a database.

    Raises:
        CassetteMissing: there is no such file.
        CassetteForeign: it is something else.
        CassetteNewer: a newer wiretape wrote it.
        CassetteDamaged: it is shorter than it says.
        CassetteUnwritable: it cannot be read at all (permissions).
    """
    header = _header(path)
    if header.application_id != APPLICATION_ID:
        raise CassetteForeign(f"{path} is an SQLite file but not a cassette; name another file with -c")
    check_version(path, header.user_version)
    if not header.wal and path.stat().st_size < header.page_count * header.page_size:
        raise CassetteDamaged(
            f"{path} is damaged: it was cut short; restore it from a copy or record it again elsewhere"
        )
    return header


def check_version(path: Path, version: int) -> None:
    """Make sure that this wiretape can read a cassette of *version*.

    Raises:
        CassetteNewer: a newer wiretape wrote it.
    """
    if version > USER_VERSION:
        raise CassetteNewer(
            f"{path} was written by a newer wiretape (its format is {version}, this one reads up to {USER_VERSION}); "
            "upgrade wiretape"
        )


def _header(path: Path) -> FileHeader:
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise CassetteForeign(f"{path} is no file, and so no cassette; name a file with -c")
        with path.open("rb") as file:
            head = file.read(_HEADER_BYTES)
    except FileNotFoundError:
        raise CassetteMissing(
            f"no cassette at {path}; record one first: wiretape record -c {shlex.quote(str(path))} -- YOUR COMMAND"
        ) from None
    except IsADirectoryError:
        raise CassetteForeign(f"{path} is a folder, not a cassette; name a file with -c") from None
    except OSError as error:
        raise CassetteUnwritable(f"cannot read {path}: {os.strerror(error.errno or 0)}") from None
    if not head:
        raise CassetteForeign(f"{path} is an empty file, not a cassette; remove it or name another file with -c")
    if not head.startswith(_MAGIC) or len(head) < _HEADER_BYTES:
        # A cassette whose beginning was overwritten cannot be told from any other file.
        raise CassetteForeign(
            f"{path} is not a cassette (no SQLite file, or damaged at its start); name another file with -c"
        )
    (size,) = struct.unpack_from(">H", head, 16)
    (pages,) = struct.unpack_from(">I", head, 28)
    (version,) = struct.unpack_from(">I", head, 60)
    (application,) = struct.unpack_from(">I", head, 68)
    return FileHeader(65536 if size == 1 else size, pages, version, application, head[18] == 2)  # noqa: PLR2004 - 2 is WAL
