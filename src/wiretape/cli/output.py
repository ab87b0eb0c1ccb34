"""How facts are printed: tables that fit the terminal and lose nothing when piped, JSON, sizes and times for people."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from rich.console import Console

# Piped output is for programs and files: nothing is cut, whatever its width.
_UNBOUNDED = 100_000
_NUMERIC = ("ID", "SIZE", "TIME", "INTERACTIONS")
_GAP = 2
# A shortened path of fewer characters than this tells nothing any more.
_LEAST = 24
_MILLISECOND_US = 1_000
_SECOND_US = 1_000_000
_KIBI = 1024
# A bar that is moved more often would take longer than what it shows.
_STEPS = 500


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


@contextlib.contextmanager
def progress(what: str) -> Generator[Callable[[int, int], None]]:
    """A bar for what takes longer than a moment; given how many of how many things are done, it moves."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    shown = 0
    with Progress(console=Console(file=sys.stderr), transient=True) as bar:
        task = bar.add_task(what)

        def move(done: int, total: int) -> None:
            nonlocal shown
            if done == total or abs(done - shown) * _STEPS >= total:
                shown = done
                bar.update(task, completed=done, total=total)

        yield move


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
    from rich.text import Text

    printer = console()
    widths = _fitted({name: _widest(columns, rows, name) for name in columns}, flexible, expendable, printer.width)
    chosen = [(columns.index(name), width, name in _NUMERIC) for name, width in widths.items()]
    printer.print(Text(_line(columns, chosen), "bold"), no_wrap=True, overflow="ignore", crop=False)
    # Ten thousand rows would take rich's table four seconds.
    sys.stdout.writelines(_line(row, chosen) + "\n" for row in rows)


def _line(cells: Sequence[str], chosen: Sequence[tuple[int, int, bool]]) -> str:
    return (" " * _GAP).join(_cell(cells[index], width, numeric=numeric) for index, width, numeric in chosen).rstrip()


def _cell(text: str, width: int, *, numeric: bool) -> str:
    if not text.isascii():
        from rich.cells import cell_len, set_cell_size

        return set_cell_size(text, width) if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"
    if len(text) > width:
        return text[: width - 1] + "…"
    return text.rjust(width) if numeric else text.ljust(width)


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
