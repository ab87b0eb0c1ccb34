"""`sessions`: what a cassette holds."""

from __future__ import annotations

import os

import msgspec
import typer

from wiretape.cli import options
from wiretape.cli.output import print_json, print_table
from wiretape.proxy.usual import cassette_path


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command("sessions")(sessions)


def sessions(*, cassette: options.Cassette = None, as_json: options.AsJson = False) -> None:
    """List the sessions of a cassette."""
    from wiretape.store.cassette import Cassette

    with Cassette.open(cassette_path(cassette, os.environ)) as opened:
        found = opened.sessions()
    if as_json:
        print_json([{**msgspec.structs.asdict(s), "rules": msgspec.Raw(s.rules.encode())} for s in found])
        return
    rows = [
        (s.name, s.state, str(s.interactions), s.started_at[:19].replace("T", " "), s.upstream, s.problem or "")
        for s in found
    ]
    print_table(
        ("SESSION", "STATE", "INTERACTIONS", "STARTED (UTC)", "UPSTREAM", "PROBLEM"),
        rows,
        flexible="PROBLEM",
        expendable=("UPSTREAM",),
    )
