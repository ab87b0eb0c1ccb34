"""`scrub`: the secrets of an existing cassette replaced in place."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from wiretape.cli import options
from wiretape.cli.output import print_json, progress, say
from wiretape.cli.scan import table
from wiretape.proxy.usual import cassette_path
from wiretape.store.wording import count

if TYPE_CHECKING:
    from pathlib import Path

    from wiretape.proxy.scrubbing import Scrubbed

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be replaced.")]


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command("scrub")(scrub)


def scrub(
    names: options.Sessions = None,
    *,
    cassette: options.Cassette = None,
    dry_run: DryRun = False,
    as_json: options.AsJson = False,
) -> int:
    """Replace the secrets of a cassette with placeholders, in place, and leave no byte of them in the file.

    All of it or nothing. Exits 1 where something is left, or where a session would not be replayed as before; then
    nothing was changed.
    """
    from wiretape.addons.detectsecrets import detectors
    from wiretape.proxy.choosing import Asked, chosen_rules, settings_file
    from wiretape.proxy.scan.allowing import Allowed
    from wiretape.proxy.scrubbing import Scrub

    settings = settings_file(os.environ)
    path = cassette_path(cassette, os.environ, settings)
    with progress(f"scrubbing {path.name}") as bar:
        rules = chosen_rules(Asked(), settings).redact
        work = Scrub(path, names or (), rules, Allowed(settings.values.scan.allow), detectors() or (), bar)
        done = work.look() if dry_run else work.run()
    if as_json:
        print_json({**msgspec.structs.asdict(done), "kinds": done.kinds, "dry_run": dry_run})
    else:
        _tell(path, done, dry_run=dry_run)
    return int(bool(done.left or done.beside))


def _tell(path: Path, done: Scrubbed, *, dry_run: bool) -> None:
    if done.replaced:
        table(done.replaced, several=False)
    verb = "would be replaced" if dry_run else "replaced"
    kinds = ", ".join(f"{number} {kind}" for kind, number in done.kinds.most_common())
    say(f"{path}, {count(len(done.sessions), 'session')}: {verb}: {kinds or 'nothing'}")
    for what in done.unread:
        say(f"not looked into: {what}")
    for name in done.beside:
        say(f"{name} is kept by others who have the cassette open: end them and run this again, to clear the file")
    if done.left:
        say("left over, which `wiretape scan` tells too:")
        table(done.left, several=False)
