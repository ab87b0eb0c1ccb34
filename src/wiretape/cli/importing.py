"""`import`: what other tools recorded becomes sessions of a cassette."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wiretape.cli import options, serving_options
from wiretape.cli.output import say
from wiretape.proxy.decide.modes import Mode
from wiretape.proxy.usual import cassette_path
from wiretape.store.errors import UsageError, WiretapeError
from wiretape.store.wording import count

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from wiretape.proxy.decide.routing import Hosts

Files = Annotated[
    list[Path], typer.Argument(metavar="FILE…", help="What another tool recorded, such as VCR cassettes.")
]
Session = Annotated[
    str | None,
    typer.Option("--session", help="The session's name. Else the file's, without its ending.", show_default=False),
]
FormatName = Annotated[
    str | None,
    typer.Option("--format", metavar="NAME", help="What the files are: vcr. Else told by their beginning."),
]
Upstream = Annotated[
    str | None,
    typer.Option(
        "--upstream",
        metavar="URL",
        help="Where the API was. Else at its own address, or wherever most of a file's requests went.",
        show_default=False,
    ),
]
Skip = Annotated[
    list[int] | None, typer.Option("--skip", metavar="N", help="Leave out this entry of the file, counted from 1.")
]
Replace = Annotated[bool, typer.Option("--replace", help="Replace sessions that bear the name already.")]


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command("import")(import_)


def import_(
    files: Files,
    *,
    cassette: options.Cassette = None,
    session: Session = None,
    format_name: FormatName = None,
    upstream: Upstream = None,
    alias: serving_options.Alias = None,
    skip: Skip = None,
    replace: Replace = False,
) -> None:
    """Take what other tools recorded into a cassette, a session for each file.

    A file comes in whole or not at all. Secrets are taken out on the way, as in any recording.
    """
    from wiretape.addons.formats import reading
    from wiretape.addons.formats.exchange import Plan, hosts_of, record
    from wiretape.proxy.choosing import Asked, chosen_rules, settings_file

    settings = settings_file(os.environ)
    path = cassette_path(cassette, os.environ, settings)
    names = _names(files, session, skip)
    if not replace:
        _refuse_taken(path, names)
    rules = chosen_rules(Asked(), settings)
    values = settings.values

    def take_in(file: Path, name: str) -> None:
        format_, found = reading.read(file, format_name, _changed(file), skip or ())
        for note in found.notes:
            say(note)
        hosts = hosts_of(found.exchanges, upstream, tuple(alias or ()) or values.alias, values.upstream)
        plan = Plan(session=name, hosts=hosts, rules=rules, source=f", import of {format_}")
        record(path, plan, found.exchanges)
        _tell(path, name, len(found.exchanges), hosts, set(values.intercept))

    failed = 0
    for file, name in zip(files, names, strict=True):
        try:
            take_in(file, name)
        except (WiretapeError, OSError) as error:
            if len(files) == 1:
                raise
            failed += 1
            say(f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else str(error))
    if failed:
        raise UsageError(f"{failed} of {len(files)} files were not imported, for the reasons above")


def _tell(path: Path, name: str, held: int, hosts: Hosts, named: AbstractSet[str]) -> None:
    say(f"session {name!r} of {path} holds {count(held, 'interaction')}, from {hosts.upstream}")
    if others := hosts.intercepted - named:
        options_ = " ".join(f"--intercept {host}" for host in sorted(others))
        say(f"session {name!r} holds calls to other hosts too; replay it with {options_}")


def _names(files: Sequence[Path], session: str | None, skip: Sequence[int] | None) -> list[str]:
    from wiretape.proxy.settings import parse_session

    if len(files) > 1 and (session is not None or skip):
        raise UsageError(f"{'--session' if session is not None else '--skip'} is for one file; import them in turn")
    names = [session if session is not None else file.stem for file in files]
    for number, name in enumerate(names):
        parse_session(name, Mode.RECORD)
        if name in names[:number]:
            raise UsageError(f"two files would become session {name!r}; import them in turn, each with its --session")
    return names


def _refuse_taken(path: Path, names: Sequence[str]) -> None:
    from wiretape.store.cassette import Cassette

    if not path.exists():
        return
    with Cassette.open(path) as opened:
        taken = {session.name for session in opened.sessions()}
    for name in names:
        if name in taken:
            raise UsageError(f"{path} has a session {name!r} already; give another --session, or --replace")


def _changed(file: Path) -> str:
    """When *file* was last changed: what stands for the times that it does not tell."""
    import datetime as dt

    from wiretape.store.interaction import timestamp

    return timestamp(dt.datetime.fromtimestamp(file.stat().st_mtime, dt.UTC))
