"""How facts are printed: tables that fit the terminal and lose nothing when piped, JSON, sizes and times for people."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

# Piped output is for programs and files: nothing is cut, whatever its width.
_UNBOUNDED = 100_000
_MILLISECOND_US = 1_000
_SECOND_US = 1_000_000
_KIBI = 1024


def console() -> Console:
    """Standard output through rich."""
    from rich.console import Console

    if sys.stdout.isatty():
        return Console(highlight=False)
    return Console(highlight=False, width=_UNBOUNDED)


def say(text: str) -> None:
    """One line to whoever sits at the terminal; standard output is the command's."""
    sys.stderr.write(f"wiretape: {text}\n")
    sys.stderr.flush()


def print_json(facts: object) -> None:
    """Facts for programs."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(facts), indent=2).decode() + "\n")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, flexible: str) -> None:
    """Facts for people; where the terminal is narrow, the *flexible* column gives way."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD if sys.stdout.isatty() else None, pad_edge=False, show_edge=False)
    for name in columns:
        numeric = name in ("ID", "SIZE", "TIME", "INTERACTIONS")
        table.add_column(
            name,
            justify="right" if numeric else "left",
            no_wrap=True,
            overflow="ellipsis",
            ratio=1 if name == flexible and sys.stdout.isatty() else None,
            min_width=len(name),
        )
    for row in rows:
        table.add_row(*[Text(cell) for cell in row])
    console().print(table)


def size(count: int) -> str:
    """Bytes for people."""
    if count < _KIBI:
        return f"{count} B"
    value = count / _KIBI
    for unit in ("KB", "MB"):
        if value < _KIBI:
            return f"{value:.1f} {unit}"
        value /= _KIBI
    return f"{value:.1f} GB"


def duration(microseconds: int | None) -> str:
    """A time for people."""
    if microseconds is None:
        return "-"
    if microseconds < _SECOND_US:
        return f"{microseconds / _MILLISECOND_US:.0f} ms"
    return f"{microseconds / _SECOND_US:.1f} s"
