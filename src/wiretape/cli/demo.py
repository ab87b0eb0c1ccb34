"""`demo`: the main job, shown on a stand-in of the API."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Keep = Annotated[Path | None, typer.Option("--cassette", "-c", help="Where to leave the cassette.", show_default=False)]


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command("demo")(demo)


def demo(*, cassette: Keep = None) -> int:
    """Record the official SDK against a stand-in of the API, stop it, replay, and prove both equal."""
    from wiretape.addons.demo.performance import perform

    return 0 if perform(typer.echo, cassette) else 1
