"""The options that several commands share, said once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Cassette = Annotated[
    Path | None,
    typer.Option(
        "--cassette",
        "-c",
        help="The cassette. Else $WIRETAPE_CASSETTE, else the settings file's, else wiretape.cassette.",
        show_default=False,
    ),
]
Sessions = Annotated[
    list[str] | None,
    typer.Argument(metavar="SESSION...", help="Only these sessions; all without any.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print facts as JSON.")]
