"""`rename`: another name for a session."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from wiretape.cli import options
from wiretape.cli.output import say
from wiretape.proxy.usual import cassette_path

Old = Annotated[str, typer.Argument(metavar="OLD", help="The session, as `wiretape sessions` names it.")]
New = Annotated[str, typer.Argument(metavar="NEW", help="Its name from now on.")]


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command("rename")(rename)


def rename(old: Old, new: New, *, cassette: options.Cassette = None) -> None:
    """Give a session another name."""
    from wiretape.store import maintenance

    path = cassette_path(cassette, os.environ)
    maintenance.rename(path, old, new)
    say(f"session {old!r} of {path} is {new!r} now")
