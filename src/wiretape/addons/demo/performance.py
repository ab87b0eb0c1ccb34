"""The demonstration itself: record against the stand-in, stop it, replay, compare call by call, look inside."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wiretape.addons.standin import StandIn
from wiretape.store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

_PATIENCE_SECONDS = 120
_WIRETAPE = [sys.executable, "-m", "wiretape"]
_CLIENT = [sys.executable, "-m", "wiretape.addons.demo.client"]


def perform(say: Callable[[str], None], keep: Path | None) -> bool:
    """Show it all; says whether the replay was equal to the recording.

    Raises:
        UsageError: a package that the demonstration records is not installed.
    """
    for package in ("aitronos", "httpx", "mitmproxy"):
        if importlib.util.find_spec(package) is None:
            raise UsageError(f"the demo needs {package}, which is not installed here; pip install 'wiretape[demo]'")
    cassette = keep or Path(tempfile.mkdtemp(prefix="wiretape-demo-")) / "demo.cassette"
    recorded = _record(say, cassette)
    say("")
    say("3. The network is gone: the stand-in is stopped. Replaying from the cassette:")
    say(f"   $ wiretape replay -c {cassette} -- python -m wiretape.addons.demo.client")
    replayed = _run("replay", cassette, [])
    equal = _compare(say, recorded, replayed)
    say("")
    say("4. A look inside:")
    _look(say, cassette)
    return equal


def _record(say: Callable[[str], None], cassette: Path) -> list[dict[str, Any]]:
    with StandIn() as standin:
        say(f"1. A stand-in of the API runs at {standin.url}; every answer of it differs from the last.")
        say("")
        say("2. Recording the official SDK and plain httpx:")
        say(f"   $ wiretape record -c {cassette} --upstream {standin.url} -- python -m wiretape.addons.demo.client")
        recorded = _run("record", cassette, ["--upstream", standin.url])
        for line in recorded:
            say(f"   {_status(line):>4}  {line['call']:<34} {_short(line['gist'])}")
        return recorded


def _run(command: str, cassette: Path, options: list[str]) -> list[dict[str, Any]]:
    done = subprocess.run(  # noqa: S603 - our own module
        [*_WIRETAPE, command, "-c", str(cassette), *options, "--", *_CLIENT],
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE_SECONDS,
        # A demonstration in somebody's project shows what it always shows.
        env={**os.environ, "WIRETAPE_SETTINGS": os.devnull},
    )
    if done.returncode:
        raise UsageError(f"wiretape {command} ended with {done.returncode}: {done.stderr.strip()}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def _compare(say: Callable[[str], None], recorded: list[dict[str, Any]], replayed: list[dict[str, Any]]) -> bool:
    same = 0
    for before, after in zip(recorded, replayed, strict=False):
        equal = before == after
        same += equal
        say(f"   {'same' if equal else 'DIFFERS'}  {before['call']:<34} {_short(after['gist'])}")
    equal = same == len(recorded) == len(replayed)
    say(f"   {same} of {len(recorded)} calls equal: status, every header, every byte of the body.")
    return equal


def _look(say: Callable[[str], None], cassette: Path) -> None:
    for command in (["ls"], ["show", "default/8"]):
        say(f"   $ wiretape {' '.join(command)} -c {cassette}")
        sys.stdout.flush()
        subprocess.run([*_WIRETAPE, *command, "-c", str(cassette)], check=True)  # noqa: S603 - our own module
        say("")
    say(f"   More: wiretape show ID -c {cassette}, or any program that reads SQLite.")


def _status(line: dict[str, Any]) -> str:
    return " ".join(str(seen["status"]) for seen in line["seen"][-1:]) or "-"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 70 else text[:69] + "…"  # noqa: PLR2004 - what fits beside the rest
