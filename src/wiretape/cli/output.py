"""How facts are printed: tables that fit the terminal and lose nothing when piped, JSON, sizes and times for people."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console, JustifyMethod

# Piped output is for programs and files: nothing is cut, whatever its width.
_UNBOUNDED = 100_000
_NUMERIC = ("ID", "SIZE", "TIME", "INTERACTIONS")
_GAP = 2
# A shortened path of fewer characters than this tells nothing any more.
_LEAST = 24
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


def print_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, flexible: str, expendable: Sequence[str] = ()
) -> None:
    """Facts for people, in columns.

    Args:
        columns: their names.
        rows: their cells.
        flexible: the column that is shortened first where the terminal is narrow.
        expendable: columns to leave out where that is not enough, the first first.
    """
    from rich.table import Table
    from rich.text import Text

    printer = console()
    widths = _fitted({name: _widest(columns, rows, name) for name in columns}, flexible, expendable, printer.width)
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold")
    for name, width in widths.items():
        justify: JustifyMethod = "right" if name in _NUMERIC else "left"
        table.add_column(name, justify=justify, no_wrap=True, overflow="ellipsis", width=width)
    chosen = [columns.index(name) for name in widths]
    for row in rows:
        table.add_row(*[Text(row[index]) for index in chosen])
    printer.print(table)


def _widest(columns: Sequence[str], rows: Sequence[Sequence[str]], name: str) -> int:
    index = columns.index(name)
    return max(len(name), *(len(row[index]) for row in rows), 0)


def _fitted(widths: dict[str, int], flexible: str, expendable: Sequence[str], room: int) -> dict[str, int]:
    """The columns that fit into *room*, and how wide each is."""
    widths = dict(widths)
    least = min(_LEAST, widths[flexible])
    for name in expendable:
        if _needed(widths) - widths[flexible] + least <= room:
            break
        del widths[name]
    widths[flexible] = max(least, min(widths[flexible], room - _needed(widths) + widths[flexible]))
    return widths


def _needed(widths: dict[str, int]) -> int:
    return sum(widths.values()) + _GAP * (len(widths) - 1)


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
