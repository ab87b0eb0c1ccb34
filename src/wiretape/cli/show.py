"""`show`: one interaction whole, for people, for programs, or just its bytes."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from wiretape.cli import options
from wiretape.cli.interactions import facts
from wiretape.cli.output import console, print_json
from wiretape.proxy.usual import cassette_path
from wiretape.store.errors import UsageError

if TYPE_CHECKING:
    from wiretape.store.cassette import Cassette
    from wiretape.store.interaction import Headers, Interaction


class Side(StrEnum):
    """Whose bytes."""

    REQUEST = "request"
    RESPONSE = "response"


Name = Annotated[str, typer.Argument(metavar="ID", help="The interaction: its id, or SESSION/POSITION.")]
Body = Annotated[Side | None, typer.Option("--body", help="Only this body, decoded.", show_default=False)]
Raw = Annotated[Side | None, typer.Option("--raw", help="Only this body, as it crossed the wire.", show_default=False)]


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command("show")(show)


def show(
    name: Name,
    *,
    cassette: options.Cassette = None,
    body: Body = None,
    raw: Raw = None,
    as_json: options.AsJson = False,
) -> None:
    """Show one interaction."""
    from wiretape.store.cassette import Cassette

    with Cassette.open(cassette_path(cassette, os.environ)) as opened:
        found = opened.interaction(name)
        if body or raw:
            _write_body(opened, found, body or raw or Side.REQUEST, decode=body is not None)
        elif as_json:
            print_json(_whole(opened, found))
        else:
            from wiretape.cli.portrait import portrait

            console().print(portrait(opened, found))


def _write_body(opened: Cassette, found: Interaction, side: Side, *, decode: bool) -> None:
    from wiretape.store.encoding import decoded
    from wiretape.store.interaction import header

    headers, content = _side(opened, found, side)
    if decode:
        try:
            content = decoded(content, header(headers, b"content-encoding"))
        except ValueError as error:
            raise UsageError(f"the body cannot be decoded: {error}; --raw prints it as it is") from None
    sys.stdout.buffer.write(content)


def _side(opened: Cassette, found: Interaction, side: Side) -> tuple[Headers, bytes]:
    if side is Side.REQUEST:
        request = opened.request(found.id)
        return request.headers, request.body
    response = opened.response(found.id)
    if response is None:
        raise UsageError(f"interaction {found.id} has no answer: {found.problem or found.ended}")
    return response.head.headers, response.body


def _whole(opened: Cassette, found: Interaction) -> dict[str, object]:
    request = opened.request(found.id)
    head = opened.response_head(found.id)
    details = opened.reading_details(found.id)
    return {
        **facts(found),
        "problem": found.problem,
        "request": {"http_version": request.http_version, "headers": _pairs(request.headers)},
        "response": head
        and {"http_version": head.http_version, "reason": head.reason, "headers": _pairs(head.headers)},
        "chunks": [{"at_us": chunk.at_us, "size": chunk.size} for chunk in opened.chunks(found.id)],
        "messages": [],
        "reading": msgspec.Raw(details),
    }


def _pairs(headers: Headers) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
