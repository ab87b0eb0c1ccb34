"""`verify`: is a cassette what was recorded, and would it be replayed as it was?"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from wiretape.cli import options
from wiretape.cli.output import print_json, say
from wiretape.proxy.settings import cassette_path

if TYPE_CHECKING:
    from wiretape.proxy.verifying import Verified

Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="SESSION...", help="Only these sessions; all without any.", show_default=False),
]
_LISTED = 20
# A bar that is moved for every interaction would take longer than looking at it.
_STRIDE = 100


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command("verify")(verify)


def verify(names: Names = None, *, cassette: options.Cassette = None, as_json: options.AsJson = False) -> int:
    """Check that a cassette holds what was recorded: file, bodies, chunks, keys, and every answer as a replay reads it.

    Exits 1 where something is not as it was recorded. Readings that are stale are no damage; `wiretape reindex` makes
    them anew.
    """
    from rich.console import Console
    from rich.progress import Progress

    from wiretape.proxy import verifying
    from wiretape.proxy.choosing import Asked, chosen_rules, settings_file

    # A canonicaliser that the settings name is needed to make its keys anew.
    chosen_rules(Asked(), settings_file(os.environ))
    path = cassette_path(cassette, os.environ)
    with Progress(console=Console(file=sys.stderr), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("verifying")

        def progress(done: int, total: int) -> None:
            if done % _STRIDE == 0:
                bar.update(task, completed=done, total=total)

        verified = verifying.verify(path, names or (), progress)
    if as_json:
        print_json({"cassette": str(path), **msgspec.structs.asdict(verified)})
    else:
        for finding in verified.findings:
            typer.echo(str(finding))
        for line in _lines(verified):
            say(line)
    return int(bool(verified.findings))


def _lines(verified: Verified) -> list[str]:
    count = len(verified.findings)
    found = "nothing wrong" if not count else f"{count} thing{'s' if count > 1 else ''} wrong"
    told = [f"{_count(verified.interactions, 'interaction')} in {_count(verified.sessions, 'session')}: {found}"]
    if verified.stale:
        more = f" and {len(verified.stale) - _LISTED} more" if len(verified.stale) > _LISTED else ""
        told.append(f"stale readings, which `wiretape reindex` makes anew: {', '.join(verified.stale[:_LISTED])}{more}")
    return told


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
