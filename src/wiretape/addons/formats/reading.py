"""Which foreign formats can be read, and what reading one yields.

A format is a module beside this one, with the names that `Format` asks for, and a line in `FORMATS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from wiretape.addons.formats import vcr
from wiretape.addons.formats.exchange import Exchange  # noqa: TC001 - msgspec may ask for it
from wiretape.store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

_LOOKED_AT_BYTES = 64 * 1024


class Found(msgspec.Struct, frozen=True):
    """What a file holds.

    Attributes:
        exchanges: in the file's order, each with when it began.
        notes: what a person should know about it, a line each.
    """

    exchanges: list[Exchange]
    notes: list[str]


class Format(Protocol):
    """One foreign format. Modules fulfil it with functions of these names."""

    TITLE: str
    """What people call it."""

    def recognises(self, start: bytes) -> bool:
        """Whether a file that begins with *start* is one of these."""
        ...

    def read(self, path: Path, at: str, leave_out: Collection[int]) -> tuple[list[Exchange], list[str]]:
        """Read all of a file.

        Args:
            path: the file.
            at: when its exchanges began, where it does not say; ISO-8601 UTC.
            leave_out: the entries to leave out, counted from 1.

        Raises:
            UsageError: it is none of these, or something in it is off; says what and where.
            OSError: it cannot be read.
        """
        ...


FORMATS: Final[Mapping[str, Format]] = {"vcr": vcr}
"""By the name that `--format` takes."""


def read(path: Path, name: str | None, at: str, leave_out: Collection[int] = ()) -> tuple[str, Found]:
    """Read *path*, all of it or nothing; says the format's name too.

    Args:
        path: the file.
        name: its format; None finds out by its beginning.
        at: when its exchanges began, where it does not say.
        leave_out: the entries to leave out, counted from 1.

    Raises:
        UsageError: the format is not known, or the file is none of its kind.
        OSError: it cannot be read.
    """
    if name is not None and name not in FORMATS:
        raise UsageError(f"--format {name!r} is not known; there is: {', '.join(FORMATS)}")
    chosen = name or _recognised(path)
    exchanges, notes = FORMATS[chosen].read(path, at, leave_out)
    if not exchanges:
        raise UsageError(f"{path} holds no interactions; there is nothing to import")
    return chosen, Found(exchanges, notes)


def _recognised(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(_LOOKED_AT_BYTES)
    for name, known in FORMATS.items():
        if known.recognises(start):
            return name
    titles = " or ".join(known.TITLE for known in FORMATS.values())
    raise UsageError(f"{path} does not look like {titles}; name its format with --format if it is one")
