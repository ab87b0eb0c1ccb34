"""`record`, `replay`, `auto`, `run`: serve, with a command or until Ctrl-C, and say at the end what became of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec
import typer

from wiretape.cli import options
from wiretape.cli import serving_options as serving
from wiretape.cli.engines import EngineName, chooser
from wiretape.cli.output import say
from wiretape.proxy.decide.modes import Mode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wiretape.proxy.settings import Settings


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("record")(record)
    app.command("replay")(replay)
    app.command("auto")(auto)
    app.command("run")(run)


def record(  # noqa: PLR0913 - an option each
    *,
    cassette: options.Cassette = None,
    session: serving.Session = None,
    upstream: serving.Upstream = None,
    listen: serving.ListenOn = None,
    password: serving.Password = None,
    ready_file: serving.ReadyFile = None,
    alias: serving.Alias = None,
    intercept: serving.Intercept = None,
    append: serving.Append = False,
    ignore: serving.Ignore = None,
    ignore_query: serving.IgnoreQuery = None,
    match_header: serving.MatchHeader = None,
    echo: serving.Echo = None,
    command: serving.Command = None,
) -> int:
    """Record every call, while a command runs or until Ctrl-C.

    A session of that name is replaced at a normal end, not before.
    """
    return run(
        mode=Mode.RECORD,
        cassette=cassette,
        session=session,
        upstream=upstream,
        listen=listen,
        password=password,
        ready_file=ready_file,
        alias=alias,
        intercept=intercept,
        append=append,
        ignore=ignore,
        ignore_query=ignore_query,
        match_header=match_header,
        echo=echo,
        command=command,
    )


def replay(  # noqa: PLR0913 - an option each
    *,
    cassette: options.Cassette = None,
    session: serving.Session = None,
    upstream: serving.Upstream = None,
    listen: serving.ListenOn = None,
    password: serving.Password = None,
    ready_file: serving.ReadyFile = None,
    alias: serving.Alias = None,
    intercept: serving.Intercept = None,
    when_spent: serving.Spent = None,
    strict: serving.Strict = None,
    engine: serving.Engine = None,
    pace: serving.Pace = None,
    command: serving.Command = None,
) -> int:
    """Answer every call from the cassette; never touch the network.

    A request that the cassette cannot answer gets a 424 that explains itself, and the run exits 1.
    """
    return run(
        mode=Mode.REPLAY,
        cassette=cassette,
        session=session,
        upstream=upstream,
        listen=listen,
        password=password,
        ready_file=ready_file,
        alias=alias,
        intercept=intercept,
        when_spent=when_spent,
        strict=strict,
        engine=engine,
        pace=pace,
        command=command,
    )


def auto(  # noqa: PLR0913 - an option each
    *,
    cassette: options.Cassette = None,
    session: serving.Session = None,
    upstream: serving.Upstream = None,
    listen: serving.ListenOn = None,
    password: serving.Password = None,
    ready_file: serving.ReadyFile = None,
    alias: serving.Alias = None,
    intercept: serving.Intercept = None,
    ignore: serving.Ignore = None,
    ignore_query: serving.IgnoreQuery = None,
    match_header: serving.MatchHeader = None,
    echo: serving.Echo = None,
    command: serving.Command = None,
) -> int:
    """Answer known calls from the cassette and record the others."""
    return run(
        mode=Mode.AUTO,
        cassette=cassette,
        session=session,
        upstream=upstream,
        listen=listen,
        password=password,
        ready_file=ready_file,
        alias=alias,
        intercept=intercept,
        ignore=ignore,
        ignore_query=ignore_query,
        match_header=match_header,
        echo=echo,
        command=command,
    )


def run(  # noqa: PLR0913 - an option each
    *,
    mode: serving.Mode,
    cassette: options.Cassette = None,
    session: serving.Session = None,
    upstream: serving.Upstream = None,
    listen: serving.ListenOn = None,
    password: serving.Password = None,
    ready_file: serving.ReadyFile = None,
    alias: serving.Alias = None,
    intercept: serving.Intercept = None,
    when_spent: serving.Spent = None,
    strict: serving.Strict = None,
    append: serving.Append = False,
    engine: serving.Engine = None,
    pace: serving.Pace = None,
    ignore: serving.Ignore = None,
    ignore_query: serving.IgnoreQuery = None,
    match_header: serving.MatchHeader = None,
    echo: serving.Echo = None,
    command: serving.Command = None,
) -> int:
    """Serve in the given mode: record, replay, auto, once (record what is not complete, else replay) or live."""
    from wiretape.proxy.choosing import Asked, chosen, settings_file
    from wiretape.proxy.settings import parse_password

    asked = Asked(
        cassette=cassette,
        session=session,
        upstream=upstream,
        alias=alias or (),
        intercept=intercept or (),
        listen=listen,
        pace=pace,
        when_spent=when_spent,
        strict=strict,
        append=append,
        ready_file=ready_file,
        command=bool(command),
        ignore=ignore or (),
        ignore_query=ignore_query or (),
        match_header=match_header or (),
        echo=echo or (),
    )
    file = settings_file(os.environ)
    settings = chosen(mode, asked, file, os.environ)
    settings = msgspec.structs.replace(
        settings, password=parse_password(password, os.environ), command=tuple(command or ())
    )
    return _serve(settings, engine or EngineName(file.values.engine or EngineName.AUTO), command or [])


def _serve(settings: Settings, engine: EngineName, command: Sequence[str]) -> int:
    from wiretape.proxy.runs import exit_code
    from wiretape.proxy.serve.wholerun import serve_run
    from wiretape.proxy.summing_up import lines_of

    code, summaries = serve_run(settings, say, command, chooser(engine))
    for line in lines_of(summaries):
        say(line)
    return exit_code(summaries, code)
