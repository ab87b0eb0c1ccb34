"""The options of the commands that serve. What is not given is None, so that the settings file can say it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wiretape.cli.engines import EngineName
from wiretape.proxy.decide import modes
from wiretape.proxy.usual import DEFAULT_LISTEN, DEFAULT_SESSION
from wiretape.store.aitronos.hosts import DEFAULT_UPSTREAM

Session = Annotated[
    str | None,
    typer.Option("--session", help=f"The session's name in the cassette. {DEFAULT_SESSION}.", show_default=False),
]
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
Password = Annotated[
    str | None,
    typer.Option(
        "--password",
        metavar="WORD",
        help="What every request has to bring; needed to listen on other than loopback. $WIRETAPE_PASSWORD, which no "
        "list of processes shows.",
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
    modes.WhenSpent | None,
    typer.Option(
        "--when-spent",
        help="What a request gets that was asked more often than recorded: the last answer again, a miss, or all of "
        "them anew. A miss before a command and with --strict, else repeat.",
        show_default=False,
    ),
]
Strict = Annotated[
    bool | None,
    typer.Option(
        "--strict/--no-strict", help="Fail when a recorded interaction was never asked for.", show_default=False
    ),
]
Append = Annotated[bool, typer.Option("--append", help="Add to a session that is there, instead of replacing it.")]
Command = Annotated[
    list[str] | None,
    typer.Argument(metavar="-- COMMAND", help="A command to run against the proxy.", show_default=False),
]
Engine = Annotated[
    EngineName | None,
    typer.Option(
        "--engine",
        help="What serves: mitmproxy, or for a replay the direct engine, which is faster. auto.",
        show_default=False,
    ),
]
Pace = Annotated[
    str | None,
    typer.Option(
        "--pace",
        metavar="PACE",
        help="How fast answers are told: instant, recorded, or a factor like 4x. instant.",
        show_default=False,
    ),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option("--ignore", metavar="PATH", help="A JSON path that does not count in matching: $.metadata.trace."),
]
IgnoreQuery = Annotated[
    list[str] | None,
    typer.Option("--ignore-query", metavar="NAME", help="A query parameter that does not count in matching."),
]
MatchHeader = Annotated[
    list[str] | None, typer.Option("--match-header", metavar="NAME", help="A header that counts in matching.")
]
Echo = Annotated[
    list[str] | None,
    typer.Option(
        "--echo",
        metavar="PLACE",
        help="A value that the client makes anew and the answer repeats: a JSON path, `query NAME` or `header NAME`.",
    ),
]
Mode = Annotated[modes.Mode, typer.Option("--mode", help="What to do with requests.")]
