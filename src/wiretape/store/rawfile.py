"""The bytes of a cassette's files as they lie on the disk: what SQLite no longer shows may still stand there.

The format is https://www.sqlite.org/fileformat2.html.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from wiretape.store import identity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

BLOCK_BYTES: Final = 4 * 1024 * 1024
"""Files are read in blocks of this size."""

OVERLAP_BYTES: Final = 16 * 1024
"""So much of a block is in the next one, too: what is looked for may lie across."""

_HEADER_BYTES: Final = 100
_INTERIOR: Final = (2, 5)
_LEAF: Final = (10, 13)


class Region(NamedTuple):
    """Some bytes of a file.

    Attributes:
        place: where they lie, in words.
        data: the bytes.
        live: rows lie there, which can be read by other means; else nothing should be there any more.
    """

    place: str
    data: bytes
    live: bool


def size(path: Path) -> int:
    """How many bytes `regions` goes through."""
    return sum(file.stat().st_size for file in (path, *beside(path)))


def beside(path: Path) -> list[Path]:
    """What SQLite has put beside a cassette: a WAL, or the journal of a change that was broken off."""
    names = [path.with_name(path.name + ending) for ending in ("-wal", "-journal")]
    return [file for file in names if file.exists()]


def regions(path: Path) -> Iterator[Region]:
    """All bytes of the cassette at *path*, and of what lies beside it.

    Those of free pages, and of free room within pages, come by themselves.

    Raises:
        WiretapeError: it is no cassette.
        OSError: it cannot be read.
    """
    page_size = identity.check(path).page_size
    with path.open("rb") as file:
        free = _free_pages(file, page_size, path.stat().st_size // page_size)
        yield from _free_room(file, page_size, free)
        yield from _blocks(file, "bytes of the file", live=True)
    for other in beside(path):
        with other.open("rb") as file:
            yield from _blocks(file, f"bytes of {other.name[len(path.name) :]}", live=False)


def _blocks(file: BinaryIO, place: str, *, live: bool) -> Iterator[Region]:
    file.seek(0)
    tail = b""
    while block := file.read(BLOCK_BYTES):
        yield Region(place, tail + block, live)
        tail = block[-OVERLAP_BYTES:]


def _free_pages(file: BinaryIO, page_size: int, count: int) -> set[int]:
    """The pages of the free list, numbered from 1."""
    file.seek(0)
    (trunk,) = struct.unpack_from(">I", file.read(_HEADER_BYTES), 32)
    found: set[int] = set()
    while trunk and trunk <= count and trunk not in found:
        found.add(trunk)
        file.seek((trunk - 1) * page_size)
        page = file.read(page_size)
        trunk, leaves = struct.unpack_from(">II", page)
        room = min(leaves, page_size // 4 - 2)
        found.update(struct.unpack_from(f">{room}I", page, 8))
    return found


def _free_room(file: BinaryIO, page_size: int, free: set[int]) -> Iterator[Region]:
    file.seek(0)
    number = 0
    gathered = bytearray()
    while page := file.read(page_size):
        number += 1
        left = page if number in free else _gaps(page, _HEADER_BYTES if number == 1 else 0)
        if left.strip(b"\0"):
            gathered += left + b"\0"
        if len(gathered) >= BLOCK_BYTES:
            yield Region("freed pages", bytes(gathered), live=False)
            gathered.clear()
    if gathered:
        yield Region("freed pages", bytes(gathered), live=False)


def _gaps(page: bytes, start: int) -> bytes:
    """What lies in a page of a b-tree where no cell lies; nothing of other pages."""
    if len(page) < start + 12 or page[start] not in (*_INTERIOR, *_LEAF):
        return b""
    block, cells, content = struct.unpack_from(">HHH", page, start + 1)
    first = start + (12 if page[start] in _INTERIOR else 8) + 2 * cells
    content = content or 65536
    found = [page[first:content]] if first <= content <= len(page) else []
    seen: set[int] = set()
    while 0 < block <= len(page) - 4 and block not in seen:
        seen.add(block)
        following, length = struct.unpack_from(">HH", page, block)
        found.append(page[block + 4 : block + length])
        block = following
    return b"\0".join(found)
