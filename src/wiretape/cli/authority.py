"""`ca`, `addon`: where to find what other programs need of wiretape."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Annotated

import typer

from wiretape.store.errors import UsageError

Bundle = Annotated[bool, typer.Option("--bundle", help="The file with the public CAs and ours.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("ca")(ca)
    app.command("addon")(addon)


def ca(*, bundle: Bundle = False) -> None:
    """Print the path of wiretape's certificate authority, made where there is none."""
    from wiretape.proxy.serve.authority import authority
    from wiretape.proxy.serve.clock import Clock

    ours = authority(os.environ, Clock().now())
    typer.echo(ours.bundle if bundle else ours.certificate)


def addon() -> None:
    """Print the path of the script for your own mitmproxy.

    mitmdump -s "$(wiretape addon)" --set wiretape_cassette=X --set wiretape_mode=replay
    """
    # Looked up, not imported: it would import mitmproxy.
    package = importlib.util.find_spec("wiretape.addons.mitm")
    if package is None or package.origin is None:
        raise UsageError("the addon is missing from this installation; install wiretape again")
    typer.echo(Path(package.origin).with_name("script.py"))
