"""`explain`: why a request matches what was recorded, or does not."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wiretape.cli import options
from wiretape.cli.output import print_json, say
from wiretape.cli.serving_options import Alias, Intercept
from wiretape.store.errors import InteractionMissing, UsageError

if TYPE_CHECKING:
    from wiretape.proxy.explaining import Asked, Session
    from wiretape.proxy.settings import Settings
    from wiretape.store.cassette import Cassette
    from wiretape.store.interaction import Interaction, Request

RequestName = Annotated[
    str | None,
    typer.Argument(
        metavar="[REQUEST]",
        help="An interaction, by id or as SESSION/POSITION; a file that holds a curl command line or an HTTP request; "
        "an address, or a path of the API, for a GET of it; or - for standard input, which is also read where nothing "
        "is named.",
        show_default=False,
    ),
]
Other = Annotated[
    str | None,
    typer.Argument(metavar="[WITH]", help="An interaction to compare it with, instead of all.", show_default=False),
]
SessionName = Annotated[
    str | None,
    typer.Option(
        "--session", help="The session to look in: else the interaction's own, else default.", show_default=False
    ),
]
From = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="CASSETTE",
        help="The cassette that holds the interaction REQUEST, where it is another one.",
        show_default=False,
    ),
]

_INTERACTION = re.compile(r"(.+/)?[0-9]+", re.DOTALL)
_ADDRESS = re.compile(r"https?://|/", re.IGNORECASE)


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command("explain")(explain)


def explain(
    request: RequestName = None,
    other: Other = None,
    *,
    cassette: options.Cassette = None,
    session: SessionName = None,
    source: From = None,
    alias: Alias = None,
    intercept: Intercept = None,
    as_json: options.AsJson = False,
) -> int:
    """Say why a request matches what was recorded, or does not.

    A curl command line may be one that a browser copies ("Copy as cURL"). Exits 1 where nothing matches.
    """
    from wiretape.proxy import choosing
    from wiretape.proxy.decide.modes import Mode
    from wiretape.store.cassette import Cassette

    asked = choosing.Asked(cassette=cassette, session=session, alias=alias or (), intercept=intercept or ())
    settings = choosing.chosen(Mode.REPLAY, asked, choosing.settings_file(os.environ), os.environ)
    if source is not None and (request is None or not _INTERACTION.fullmatch(request)):
        raise UsageError("--from goes with an interaction as REQUEST: its id, or SESSION/POSITION")
    with Cassette.open(settings.cassette) as opened:
        if source is None:
            return _explain(opened, opened, request, other, settings, named=session is not None, as_json=as_json)
        with Cassette.open(source) as theirs:
            return _explain(opened, theirs, request, other, settings, named=True, as_json=as_json)


def _explain(
    opened: Cassette,
    source: Cassette,
    name: str | None,
    other: str | None,
    settings: Settings,
    *,
    named: bool,
    as_json: bool,
) -> int:
    from wiretape.cli import explanation
    from wiretape.proxy.explaining import Session

    found = _interaction(source, name)
    wanted = None if other is None else opened.interaction(other)
    if wanted is not None:
        session = Session.of(opened, wanted, settings.hosts)
    else:
        own = found is not None and not named
        session = Session(opened, found.session if found and own else settings.session, settings.hosts)
    asked, origin = _asked(source, name, found, session, settings)
    if wanted is not None:
        compared = session.compared_with(wanted, asked)
        told = explanation.comparison(compared, asked, origin, f"{wanted.session}/{wanted.position}")
        matches = not compared.differences
    else:
        explained = session.explained(asked)
        told = explanation.explanation(explained, origin, session, found if source is opened else None)
        matches = bool(explained.matches)
    if as_json:
        print_json(told.facts)
    else:
        explanation.write(told.lines)
    return 0 if matches else 1


def _interaction(source: Cassette, name: str | None) -> Interaction | None:
    """The interaction called *name*; None where the name is that of a file, or an address."""
    if name is None or not _INTERACTION.fullmatch(name):
        return None
    try:
        return source.interaction(name)
    except InteractionMissing:
        if Path(name).is_file() or _ADDRESS.match(name):
            return None
        raise


def _asked(
    source: Cassette, name: str | None, found: Interaction | None, session: Session, settings: Settings
) -> tuple[Asked, str]:
    """The request, and where it comes from, in words."""
    if found is not None:
        from wiretape.proxy.explaining import Session as SessionOf

        origin = f"interaction {found.id}, {found.session}/{found.position} of {source.path}"
        return SessionOf.of(source, found, settings.hosts).recorded(found), origin
    request, origin = _read(name)
    return session.asked(request), origin


def _read(name: str | None) -> tuple[Request, str]:
    from wiretape.addons.formats.curl import is_curl, read_curl
    from wiretape.addons.formats.rawhttp import is_raw_http, read_raw_http

    if name is not None and _ADDRESS.match(name) and not Path(name).exists():
        from wiretape.proxy.explaining import getting

        return getting(name), "a GET of the address"
    text, origin = _text(name)
    if is_curl(text):
        return read_curl(text, _read_file), f"a curl command line in {origin}"
    if is_raw_http(text):
        try:
            return read_raw_http(text), f"an HTTP request in {origin}"
        except UsageError as error:
            raise UsageError(f"{origin}: {error}") from None
    first = text.strip().partition(b"\n")[0][:60].decode("utf-8", "replace")
    what = f"begins with {first!r}" if first else "is empty"
    raise UsageError(
        f"{origin} {what}; give a curl command line, or an HTTP request that begins like `POST /v1/models HTTP/1.1`"
    )


def _text(name: str | None) -> tuple[bytes, str]:
    if name is None or name == "-":
        if sys.stdin.isatty():
            say("paste a curl command line or an HTTP request, then press Ctrl-D")
        return sys.stdin.buffer.read(), "standard input"
    if not Path(name).exists():
        raise UsageError(
            f"{name!r} is neither a file, an interaction nor an address; name an interaction by id or as "
            "SESSION/POSITION, and an address as https://HOST/PATH or /PATH"
        )
    return _read_file(name), name


def _read_file(name: str) -> bytes:
    """A file, as curl's `@FILE` and the command line name it."""
    if name == "-":
        raise UsageError("the command line takes standard input for its data; name a file instead of @-")
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {name}: {error.strerror}") from None
