"""`rekey`: the match keys of recorded requests made anew, by other rules."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from wiretape.cli import options, serving_options
from wiretape.cli.output import print_json, say
from wiretape.proxy.configuration import Matching
from wiretape.proxy.decide.rules import NO_RULES, Rules
from wiretape.proxy.settings import cassette_path
from wiretape.store.cassette import Cassette
from wiretape.store.errors import UsageError

if TYPE_CHECKING:
    from wiretape.proxy.rekeying import Regrouped
    from wiretape.store.interaction import Session

Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="SESSION...", help="Only these sessions; all without any.", show_default=False),
]
NoRules = Annotated[bool, typer.Option("--no-rules", help="Match by the whole request again.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would merge and split.")]


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command("rekey")(rekey)


def rekey(  # noqa: PLR0913 - an option each
    names: Names = None,
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
    from wiretape.proxy.choosing import Asked, chosen_rules, settings_file
    from wiretape.proxy.rekeying import rekey as regroup
    from wiretape.store.keys import put_keys

    asked = Asked(
        ignore=ignore or (), ignore_query=ignore_query or (), match_header=match_header or (), echo=echo or ()
    )
    given = bool(ignore or ignore_query or match_header or echo)
    if given and no_rules:
        raise UsageError("--no-rules and rules exclude each other; give one or the other")
    file = settings_file(os.environ)
    rules = chosen_rules(asked, file)
    own = not given and file.values.matching == Matching()
    path = cassette_path(cassette, os.environ)
    told: list[Regrouped] = []
    with Cassette.open(path) as opened:
        # A name that is not there is found before anything is changed.
        found = [opened.session(name) for name in dict.fromkeys(names)] if names else opened.sessions()
    for session in found:
        if session.state == "recording" and not names:
            say(f"session {session.name!r} is being recorded, and is left as it is")
            continue
        kept = _own(session)
        now = NO_RULES if no_rules else kept if own else rules
        # What is stored was redacted by the session's rules; a key made by others would be of something else.
        now = msgspec.structs.replace(now, redact=kept.redact)
        with Cassette.open(path) as opened:
            keys, regrouped = regroup(opened, session, now)
        if not dry_run:
            put_keys(path, session, msgspec.json.encode(now).decode(), keys)
        told.append(regrouped)
    if as_json:
        print_json([{**msgspec.structs.asdict(regrouped), "dry_run": dry_run} for regrouped in told])
        return
    for regrouped in told:
        _tell(regrouped, dry_run=dry_run)


def _own(session: Session) -> Rules:
    from wiretape.proxy.rekeying import rules_of

    rules = rules_of(session)
    if rules is None:
        raise UsageError(f"the rules of session {session.name!r} cannot be read; give its rules, or --no-rules")
    return rules


def _tell(regrouped: Regrouped, *, dry_run: bool) -> None:
    verb = "would get" if dry_run else "got"
    say(f"session {regrouped.session!r}: {regrouped.changed} of {regrouped.interactions} interactions {verb} a new key")
    for group in regrouped.merged:
        typer.echo(f"merged: {', '.join(group)}")
    for groups in regrouped.split:
        typer.echo(f"split: {' | '.join(', '.join(group) for group in groups)}")
