"""`rerecord`: recorded requests sent again, and their new answers put in the place of the old ones."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from wiretape.cli import options, serving_options
from wiretape.cli.engines import EngineName, chooser
from wiretape.cli.output import print_json, print_table, progress, say
from wiretape.proxy.usual import cassette_path

if TYPE_CHECKING:
    from wiretape.proxy.rerecording import Outcome

_KEY = "AITRONOS_API_KEY"

Names = Annotated[
    list[str], typer.Argument(metavar="NAME...", help="Sessions, and interactions by id or as SESSION/POSITION.")
]
Header = Annotated[
    list[str] | None,
    typer.Option(
        "--header",
        metavar="NAME: VALUE",
        help=f"The value of a header that was redacted. For X-API-Key and Authorization, else ${_KEY}.",
    ),
]
Force = Annotated[
    bool, typer.Option("--force", help="Send requests that hold a placeholder in the place of a secret as they are.")
]
AnyStatus = Annotated[
    bool, typer.Option("--any-status", help="Take answers too that say they failed: 401, 403, 429, 5xx.")
]


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command("rerecord")(rerecord)


def rerecord(
    names: Names,
    *,
    cassette: options.Cassette = None,
    upstream: serving_options.Upstream = None,
    header: Header = None,
    force: Force = False,
    any_status: AnyStatus = False,
    as_json: options.AsJson = False,
) -> int:
    """Send recorded requests again, and put their new answers in the place of the old ones.

    The old answer stays where no new one came, or a failure. Exits 1 where one stayed.
    """
    from wiretape.proxy.choosing import Asked, chosen_rules, settings_file
    from wiretape.proxy.decide.routing import parse_upstream
    from wiretape.proxy.rerecording import Wish
    from wiretape.proxy.rerecording import rerecord as again
    from wiretape.proxy.resending import parse_header

    # A canonicaliser that the settings name is needed for its keys.
    chosen_rules(Asked(), settings_file(os.environ))
    wish = Wish(
        cassette=cassette_path(cassette, os.environ),
        names=names,
        upstream=None if upstream is None else parse_upstream(upstream),
        headers=dict(map(parse_header, header or ())),
        key=os.environ.get(_KEY) or None,
        force=force,
        any_status=any_status,
    )
    with progress("recording again") as bar:
        outcomes = again(wish, say, chooser(EngineName.MITMPROXY), bar)
    if as_json:
        print_json([msgspec.structs.asdict(outcome) for outcome in outcomes])
    else:
        rows = [_row(outcome) for outcome in outcomes]
        print_table(("INTERACTION", "OLD", "NEW", "BODY", "OLD ANSWER"), rows, flexible="INTERACTION")
    return int(any(outcome.kept for outcome in outcomes))


def _row(outcome: Outcome) -> tuple[str, ...]:
    return (
        outcome.interaction,
        "-" if outcome.old_status is None else str(outcome.old_status),
        "-" if outcome.new_status is None else str(outcome.new_status),
        outcome.body or "-",
        "replaced" if outcome.kept is None else f"kept: {outcome.kept}",
    )
