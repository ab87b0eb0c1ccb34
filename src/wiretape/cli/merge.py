"""`merge`: the sessions of other cassettes copied into one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from wiretape.cli import options
from wiretape.cli.output import print_json, say
from wiretape.proxy.usual import cassette_path
from wiretape.store.conflict import OnConflict
from wiretape.store.wording import count

if TYPE_CHECKING:
    from wiretape.store.merging import Merged

Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="The cassettes to copy from.")]
Session = Annotated[
    list[str] | None, typer.Option("--session", metavar="NAME", help="Only this session; may be given several times.")
]
Conflict = Annotated[
    OnConflict, typer.Option("--on-conflict", help="What becomes of a session whose name is taken by another one.")
]


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command("merge")(merge)


def merge(
    files: Files,
    *,
    cassette: options.Cassette = None,
    session: Session = None,
    on_conflict: Conflict = OnConflict.REFUSE,
    as_json: options.AsJson = False,
) -> None:
    """Copy the sessions of other cassettes into one, which is made where there is none. All of them or nothing.

    Sessions that are there already are left out, under whichever name they are there.
    """
    from wiretape.store import merging

    path = cassette_path(cassette, os.environ)
    merged = merging.merge(path, files, session or (), on_conflict)
    if as_json:
        print_json([msgspec.structs.asdict(one) for one in merged])
        return
    for one in merged:
        say(_line(one, path))
    if not merged:
        say(f"no sessions in {', '.join(map(str, files))}; nothing to merge")


def _line(one: Merged, path: Path) -> str:
    what = f"session {one.session!r} of {one.source}"
    held = count(one.interactions, "interaction")
    named = "" if one.name == one.session else f" as {one.name!r}"
    match one.outcome:
        case "equal":
            return f"{what} is in {path} already{named}; left out"
        case "skipped":
            return f"{what} was left out: another one bears its name in {path}"
        case "replaced":
            return f"{what} ({held}) replaced the one of its name in {path}"
        case _:
            return f"{what} ({held}) copied into {path}{named}"
