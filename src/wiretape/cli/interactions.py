"""`ls`: the interactions of a cassette, a line each."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from wiretape.cli import options
from wiretape.cli.output import duration, print_json, print_table, size
from wiretape.proxy.usual import cassette_path

if TYPE_CHECKING:
    from wiretape.store.interaction import Interaction

Session = Annotated[str | None, typer.Option("--session", help="Only this session.", show_default=False)]

_FACTS = [
    "id",
    "session",
    "position",
    "method",
    "url",
    "path",
    "status",
    "kind",
    "ended",
    "redacted",
    "request_bytes",
    "response_bytes",
    "chunk_count",
    "started_at",
    "first_byte_us",
    "duration_us",
    "generation",
    "model",
    "thread_id",
    "response_id",
    "stop_reason",
]


_ENDED = {
    "complete": "complete",
    "client_disconnect": "client left",
    "upstream_error": "upstream died",
    "interrupted": "interrupted",
}


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command("ls")(ls)


def ls(*, cassette: options.Cassette = None, session: Session = None, as_json: options.AsJson = False) -> None:
    """List the interactions of a cassette."""
    from wiretape.store.cassette import Cassette

    with Cassette.open(cassette_path(cassette, os.environ)) as opened:
        found = opened.interactions(session)
    if as_json:
        print_json([facts(interaction) for interaction in found])
        return
    columns = ("ID", "INTERACTION", "METHOD", "PATH", "STATUS", "KIND", "SIZE", "TIME", "ENDED", "MODEL")
    rows = [_row(interaction) for interaction in found]
    print_table(columns, rows, flexible="PATH", expendable=("MODEL", "KIND", "TIME", "ENDED", "INTERACTION"))


def facts(interaction: Interaction) -> dict[str, object]:
    """What `--json` prints of an interaction."""
    return {name: getattr(interaction, name) for name in _FACTS}


def _row(i: Interaction) -> tuple[str, ...]:
    return (
        str(i.id),
        f"{i.session}/{i.position}",
        i.method,
        i.path,
        "-" if i.status is None else str(i.status),
        i.kind or "-",
        size(i.response_bytes),
        duration(i.duration_us),
        _ENDED.get(i.ended or "", "going on"),
        i.model or "",
    )
