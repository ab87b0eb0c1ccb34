"""`reindex`: what was understood of a cassette, made anew."""

from __future__ import annotations

import os

import typer

from wiretape.cli import options
from wiretape.cli.output import progress, say
from wiretape.proxy.usual import cassette_path
from wiretape.store.wording import count


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command("reindex")(reindex)


def reindex(*, cassette: options.Cassette = None) -> None:
    """Read all answers of a cassette anew, as a newer wiretape may understand more; the bytes stay as they are."""
    from wiretape.store import maintenance

    path = cassette_path(cassette, os.environ)
    seen = 0
    with progress("reading") as bar:

        def read(done: int, total: int) -> None:
            nonlocal seen
            seen = done
            bar(done, total)

        problems = maintenance.reindex(path, read)
    say(f"read {count(seen, 'answer')} of {path} anew, {len(problems)} of them not understood")
    if problems:
        say("not understood: " + ", ".join(map(str, problems[:20])) + (" …" if len(problems) > 20 else ""))  # noqa: PLR2004
