"""`rekey`: the match keys of recorded requests made anew, by other rules."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from wiretape.cli import options, serving_options
from wiretape.cli.output import print_json, say
from wiretape.proxy.usual import cassette_path
from wiretape.store.errors import UsageError
from wiretape.store.wording import count

if TYPE_CHECKING:
    from pathlib import Path

    from wiretape.proxy.decide.rules import Rules
    from wiretape.proxy.rekeying import Regrouped
    from wiretape.store.interaction import Session

NoRules = Annotated[bool, typer.Option("--no-rules", help="Match by the whole request again.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would merge and split.")]


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command("rekey")(rekey)


def rekey(  # noqa: PLR0913 - an option each
    names: options.Sessions = None,
    *,
    cassette: options.Cassette = None,
    ignore: serving_options.Ignore = None,
    ignore_query: serving_options.IgnoreQuery = None,
    match_header: serving_options.MatchHeader = None,
    echo: serving_options.Echo = None,
    no_rules: NoRules = False,
    dry_run: DryRun = False,
    as_json: options.AsJson = False,
) -> None:
    """Make the match keys of recorded requests anew, and say which interactions merge or split by that.

    The rules are those given here, else those of the settings file, else the ones each session has. They are kept with
    the session: a replay matches by them. Keys of an older wiretape are mended on the way.
    """
    from wiretape.proxy import rekeying

    wanted = _wanted(ignore, ignore_query, match_header, echo, no_rules=no_rules)
    path = cassette_path(cassette, os.environ)
    told = rekeying.rekey(path, _chosen(path, names), wanted, dry_run=dry_run)
    if as_json:
        print_json([{**msgspec.structs.asdict(regrouped), "dry_run": dry_run} for regrouped in told])
        return
    for regrouped in told:
        _tell(regrouped, dry_run=dry_run)


def _wanted(
    ignore: list[str] | None,
    ignore_query: list[str] | None,
    match_header: list[str] | None,
    echo: list[str] | None,
    *,
    no_rules: bool,
) -> Rules | None:
    """The rules that are given, here or in the settings file; None where none are."""
    from wiretape.proxy.choosing import Asked, chosen_rules, settings_file
    from wiretape.proxy.configuration import Matching
    from wiretape.proxy.decide.rules import NO_RULES

    asked = Asked(
        ignore=ignore or (), ignore_query=ignore_query or (), match_header=match_header or (), echo=echo or ()
    )
    given = bool(ignore or ignore_query or match_header or echo)
    if given and no_rules:
        raise UsageError("--no-rules and rules exclude each other; give one or the other")
    file = settings_file(os.environ)
    # Made even where they are not wanted: a function that the settings name is needed to make a session's own keys.
    rules = chosen_rules(asked, file)
    if no_rules:
        return NO_RULES
    return rules if given or file.values.matching != Matching() else None


def _chosen(path: Path, names: list[str] | None) -> list[Session]:
    """The sessions that are named; without names all but those that are being recorded."""
    from wiretape.store.cassette import Cassette

    with Cassette.open(path) as opened:
        if names:
            return [opened.session(name) for name in dict.fromkeys(names)]
        every = opened.sessions()
    for session in every:
        if session.state == "recording":
            say(f"session {session.name!r} is being recorded, and is left as it is")
    return [session for session in every if session.state != "recording"]


def _tell(regrouped: Regrouped, *, dry_run: bool) -> None:
    verb = "would get" if dry_run else "got"
    of = f"{regrouped.changed} of {count(regrouped.interactions, 'interaction')}"
    say(f"session {regrouped.session!r}: {of} {verb} a new key")
    for group in regrouped.merged:
        typer.echo(f"merged: {', '.join(group)}")
    for groups in regrouped.split:
        typer.echo(f"split: {' | '.join(', '.join(group) for group in groups)}")
