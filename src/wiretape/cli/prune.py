"""`prune`: sessions and interactions removed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from wiretape.cli import options
from wiretape.cli.output import print_json, say, size
from wiretape.proxy.usual import cassette_path
from wiretape.store.errors import UsageError
from wiretape.store.wording import count

if TYPE_CHECKING:
    from wiretape.store.pruning import Pruned

Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME...", help="Sessions, and interactions by id or as SESSION/POSITION.", show_default=False
    ),
]
Incomplete = Annotated[bool, typer.Option("--incomplete", help="Remove all incomplete sessions.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")]


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command("prune")(prune)


def prune(
    names: Names = None,
    *,
    cassette: options.Cassette = None,
    incomplete: Incomplete = False,
    dry_run: DryRun = False,
    as_json: options.AsJson = False,
) -> None:
    """Remove sessions or interactions, with the bodies that nothing else in the cassette holds.

    Other interactions keep their positions.
    """
    from wiretape.store import pruning

    if not names and not incomplete:
        raise UsageError("nothing was named; name sessions or interactions, or give --incomplete")
    path = cassette_path(cassette, os.environ)
    pruned = pruning.prune(path, names or (), incomplete=incomplete, dry_run=dry_run)
    if as_json:
        print_json({**msgspec.structs.asdict(pruned), "dry_run": dry_run})
        return
    for line in _lines(pruned, dry_run=dry_run):
        say(line)


def _lines(pruned: Pruned, *, dry_run: bool) -> list[str]:
    if not pruned.sessions and not pruned.interactions:
        return ["no session is incomplete; nothing to remove"]
    would = "would remove" if dry_run else "removed"
    told = [f"{would} session {name!r}" for name in pruned.sessions]
    told += [f"{would} interaction {name}" for name in pruned.interactions]
    total = f"{count(pruned.interaction_count, 'interaction')} in all"
    total += f", with {size(pruned.body_bytes)} of bodies that nothing else holds"
    if not dry_run:
        total += f"; the file gave back {pruned.file_bytes} bytes"
    return [*told, total]
