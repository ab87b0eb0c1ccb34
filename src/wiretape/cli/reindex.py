"""`reindex`: what was understood of a cassette, made anew."""

from __future__ import annotations

import os
import sys

import typer

from wiretape.cli import options
from wiretape.cli.output import say
from wiretape.proxy.settings import cassette_path


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command("reindex")(reindex)


def reindex(*, cassette: options.Cassette = None) -> None:
    """Read all answers of a cassette anew, as a newer wiretape may understand more; the bytes stay as they are."""
    from rich.console import Console
    from rich.progress import Progress

    from wiretape.store import maintenance

    path = cassette_path(cassette, os.environ)
    with Progress(console=Console(file=sys.stderr), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("reading")
        seen = 0

        def progress(done: int, total: int) -> None:
            nonlocal seen
            seen = done
            bar.update(task, completed=done, total=total)

        problems = maintenance.reindex(path, progress)
    say(f"read {seen} answers of {path} anew, {len(problems)} of them not understood")
    if problems:
        say("not understood: " + ", ".join(map(str, problems[:20])) + (" …" if len(problems) > 20 else ""))  # noqa: PLR2004
