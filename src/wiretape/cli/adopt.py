"""`adopt`: an incomplete session becomes the one to replay."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from wiretape.cli import options
from wiretape.cli.output import say
from wiretape.proxy.usual import cassette_path

Name = Annotated[
    str, typer.Argument(metavar="SESSION", help="The incomplete session, as `wiretape sessions` names it.")
]


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command("adopt")(adopt)


def adopt(name: Name, *, cassette: options.Cassette = None) -> None:
    """Take an incomplete session for a complete one; it replaces the one it was recorded anew for."""
    from wiretape.proxy.serve.clock import Clock
    from wiretape.store import maintenance

    path = cassette_path(cassette, os.environ)
    now = maintenance.adopt(path, name, Clock().iso())
    say(f"session {now!r} of {path} is complete" + ("" if now == name else f" (it was {name!r})"))
