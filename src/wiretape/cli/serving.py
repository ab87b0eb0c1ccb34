"""`record`, `replay`, `auto`, `run`: serve, with a command or until Ctrl-C, and say at the end what became of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wiretape.cli import options
from wiretape.cli.engines import EngineName, chooser
from wiretape.cli.output import say
from wiretape.proxy.decide.modes import Mode, WhenSpent
from wiretape.proxy.decide.pace import parse_pace
from wiretape.proxy.settings import (
    DEFAULT_LISTEN,
    DEFAULT_SESSION,
    Listen,
    Settings,
    cassette_path,
    parse_hosts,
    parse_listen,
    parse_session,
)
from wiretape.proxy.summing_up import lines
from wiretape.store.aitronos.hosts import DEFAULT_UPSTREAM

if TYPE_CHECKING:
    from collections.abc import Sequence

Session = Annotated[str, typer.Option("--session", help="The session's name in the cassette.")]
Upstream = Annotated[
    str | None,
    typer.Option(
        "--upstream",
        metavar="URL",
        help="Where requests for the API go, under whichever of its names they came. "
        f"{DEFAULT_UPSTREAM}; for auto, where the session was recorded from.",
        show_default=False,
    ),
]
ListenOn = Annotated[
    str | None,
    typer.Option(
        "--listen",
        metavar="HOST:PORT",
        help=f"Where the proxy listens; port 0 picks one. {DEFAULT_LISTEN}, or any free port before a command.",
        show_default=False,
    ),
]
ReadyFile = Annotated[
    Path | None,
    typer.Option("--ready-file", metavar="FILE", help="Write the proxy's addresses here as JSON once it serves."),
]
Alias = Annotated[list[str] | None, typer.Option("--alias", metavar="HOST", help="One more name of the API.")]
Intercept = Annotated[
    list[str] | None, typer.Option("--intercept", metavar="HOST", help="Record this host too, as an API of its own.")
]
Spent = Annotated[
    WhenSpent | None,
    typer.Option(
        "--when-spent",
        help="What a request gets that was asked more often than recorded: the last answer again, a miss, or all of "
        "them anew. A miss before a command and with --strict, else repeat.",
        show_default=False,
    ),
]
Strict = Annotated[bool, typer.Option("--strict", help="Fail when a recorded interaction was never asked for.")]
Append = Annotated[bool, typer.Option("--append", help="Add to a session that is there, instead of replacing it.")]
Command = Annotated[
    list[str] | None,
    typer.Argument(metavar="-- COMMAND", help="A command to run against the proxy.", show_default=False),
]
EngineOption = Annotated[
    EngineName,
    typer.Option("--engine", help="What serves: mitmproxy, or for a replay the direct engine, which is faster."),
]
PaceOption = Annotated[
    str,
    typer.Option("--pace", metavar="PACE", help="How fast answers are told: instant, recorded, or a factor like 4x."),
]
ModeOption = Annotated[Mode, typer.Option("--mode", help="What to do with requests.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("record")(record)
    app.command("replay")(replay)
    app.command("auto")(auto)
    app.command("run")(run)


def record(  # noqa: PLR0913 - an option each
    *,
    cassette: options.Cassette = None,
    session: Session = DEFAULT_SESSION,
    upstream: Upstream = None,
    listen: ListenOn = None,
    ready_file: ReadyFile = None,
    alias: Alias = None,
    intercept: Intercept = None,
    append: Append = False,
    command: Command = None,
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
        ready_file=ready_file,
        alias=alias,
        intercept=intercept,
        append=append,
        command=command,
    )


def replay(  # noqa: PLR0913 - an option each
    *,
    cassette: options.Cassette = None,
    session: Session = DEFAULT_SESSION,
    upstream: Upstream = None,
    listen: ListenOn = None,
    ready_file: ReadyFile = None,
    alias: Alias = None,
    intercept: Intercept = None,
    when_spent: Spent = None,
    strict: Strict = False,
    engine: EngineOption = EngineName.AUTO,
    pace: PaceOption = "instant",
    command: Command = None,
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
        ready_file=ready_file,
        alias=alias,
        intercept=intercept,
        when_spent=when_spent,
        strict=strict,
        engine=engine,
        pace=pace,
        command=command,
    )


def auto(
    *,
    cassette: options.Cassette = None,
    session: Session = DEFAULT_SESSION,
    upstream: Upstream = None,
    listen: ListenOn = None,
    ready_file: ReadyFile = None,
    alias: Alias = None,
    intercept: Intercept = None,
    command: Command = None,
) -> int:
    """Answer known calls from the cassette and record the others."""
    return run(
        mode=Mode.AUTO,
        cassette=cassette,
        session=session,
        upstream=upstream,
        listen=listen,
        ready_file=ready_file,
        alias=alias,
        intercept=intercept,
        command=command,
    )


def run(  # noqa: PLR0913 - an option each
    *,
    mode: ModeOption,
    cassette: options.Cassette = None,
    session: Session = DEFAULT_SESSION,
    upstream: Upstream = None,
    listen: ListenOn = None,
    ready_file: ReadyFile = None,
    alias: Alias = None,
    intercept: Intercept = None,
    when_spent: Spent = None,
    strict: Strict = False,
    append: Append = False,
    engine: EngineOption = EngineName.AUTO,
    pace: PaceOption = "instant",
    command: Command = None,
) -> int:
    """Serve in the given mode: record, replay, auto, once (record what is not complete, else replay) or live."""
    judged = bool(command) or strict
    settings = Settings(
        cassette=cassette_path(cassette, os.environ),
        session=parse_session(session, mode),
        mode=mode,
        hosts=parse_hosts(upstream, alias or (), intercept or ()),
        upstream_named=upstream is not None,
        listen=_listen(listen, command),
        when_spent=when_spent or (WhenSpent.MISS if judged else WhenSpent.REPEAT),
        append=append,
        strict=strict,
        pace=parse_pace(pace),
        ready_file=ready_file,
    )
    return _serve(settings, engine, command or [])


def _listen(text: str | None, command: Sequence[str] | None) -> Listen:
    if text is None and command:
        return Listen(port=0)
    return parse_listen(text or DEFAULT_LISTEN)


def _serve(settings: Settings, engine: EngineName, command: Sequence[str]) -> int:
    from wiretape.proxy.serve.wholerun import serve_run

    code, summary = serve_run(settings, say, command, chooser(engine))
    for line in lines(summary):
        say(line)
    return summary.exit_code(code)
