"""`verify`: is a cassette what was recorded, and would it be replayed as it was?"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec
import typer

from wiretape.cli import options
from wiretape.cli.output import print_json, progress, say
from wiretape.proxy.usual import cassette_path
from wiretape.store.wording import count

if TYPE_CHECKING:
    from wiretape.proxy.verifying import Verified

_LISTED = 20


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command("verify")(verify)


def verify(
    names: options.Sessions = None, *, cassette: options.Cassette = None, as_json: options.AsJson = False
) -> int:
    """Check that a cassette holds what was recorded: file, bodies, chunks, keys, and every answer as a replay reads it.

    Exits 1 where something is not as it was recorded. Readings that are stale are no damage; `wiretape reindex` makes
    them anew.
    """
    from wiretape.proxy import verifying
    from wiretape.proxy.choosing import Asked, chosen_rules, settings_file

    # A canonicaliser that the settings name is needed to make its keys anew.
    chosen_rules(Asked(), settings_file(os.environ))
    path = cassette_path(cassette, os.environ)
    with progress("verifying") as bar:
        verified = verifying.verify(path, names or (), bar)
    if as_json:
        print_json({"cassette": str(path), **msgspec.structs.asdict(verified)})
    else:
        for finding in verified.findings:
            typer.echo(str(finding))
        for line in _lines(verified):
            say(line)
    return int(bool(verified.findings))


def _lines(verified: Verified) -> list[str]:
    wrong = len(verified.findings)
    found = f"{count(wrong, 'thing')} wrong" if wrong else "nothing wrong"
    told = [f"{count(verified.interactions, 'interaction')} in {count(verified.sessions, 'session')}: {found}"]
    if verified.stale:
        more = f" and {len(verified.stale) - _LISTED} more" if len(verified.stale) > _LISTED else ""
        told.append(f"stale readings, which `wiretape reindex` makes anew: {', '.join(verified.stale[:_LISTED])}{more}")
    return told
