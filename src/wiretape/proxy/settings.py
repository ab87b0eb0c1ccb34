"""What a run of the proxy is told: one struct, whoever fills it, be it the command line or mitmproxy's options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from wiretape.proxy.decide.modes import Mode, WhenSpent
from wiretape.proxy.decide.pace import INSTANT, Pace
from wiretape.proxy.decide.routing import Hosts, parse_host, parse_upstream
from wiretape.proxy.decide.rules import NO_RULES, Rules
from wiretape.store import sessions
from wiretape.store.aitronos.hosts import DEFAULT_UPSTREAM
from wiretape.store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wiretape.proxy.configuration import SettingsFile

DEFAULT_CASSETTE = "wiretape.cassette"
DEFAULT_SESSION = "default"
DEFAULT_LISTEN = "127.0.0.1:8787"

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Listen(msgspec.Struct, frozen=True):
    """Where the proxy listens; port 0 has the system pick one."""

    host: str = "127.0.0.1"
    port: int = 8787


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the proxy.

    Attributes:
        cassette: the file.
        session: the session's name.
        mode: what is done.
        hosts: who is the API, and where it is.
        upstream_named: somebody named the upstream, so it counts more than the one a session was recorded from.
        listen: where the proxy listens.
        when_spent: what a spent request gets in replay.
        append: record into an existing session instead of beside it.
        strict: unused interactions fail a replay.
        pace: how fast recorded answers are told again.
        rules: what match keys leave out and add.
        ready_file: where the proxy's addresses are written once it serves.
        mend: the command that mends a miss, where that is another one than ours.
        hosts_named: the options that named hosts, to be repeated in commands that mend.
        command: what runs against the proxy, to be repeated there too.
    """

    cassette: Path
    session: str = DEFAULT_SESSION
    mode: Mode
    hosts: Hosts = Hosts(upstream=parse_upstream(DEFAULT_UPSTREAM))
    upstream_named: bool = False
    listen: Listen = Listen()
    when_spent: WhenSpent = WhenSpent.REPEAT
    append: bool = False
    strict: bool = False
    pace: Pace = INSTANT
    rules: Rules = NO_RULES
    ready_file: Path | None = None
    mend: str | None = None
    hosts_named: tuple[str, ...] = ()
    command: tuple[str, ...] = ()


def parse_hosts(upstream: str | None, aliases: Iterable[str], intercepted: Iterable[str]) -> Hosts:
    """Read `--upstream` (None: not given), `--alias`, `--intercept`.

    Raises:
        UsageError: one of them is malformed.
    """
    return Hosts(
        upstream=parse_upstream(upstream or DEFAULT_UPSTREAM),
        aliases=frozenset(map(parse_host, aliases)),
        intercepted=frozenset(map(parse_host, intercepted)),
    )


def parse_listen(text: str) -> Listen:
    """Read `--listen`: `HOST:PORT` or `PORT`.

    Raises:
        UsageError: it is malformed, or no address of this machine alone.
    """
    host, _, port = text.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not port.isascii() or not port.isdigit() or int(port) > 65535:  # noqa: PLR2004
        raise UsageError(f"--listen {text!r} is no address; give HOST:PORT, with port 0 for any free one")
    if host not in _LOOPBACK:
        raise UsageError(
            f"--listen {text!r}: the proxy hands out recorded answers and sends credentials on, "
            "so it listens on loopback only (127.0.0.1, ::1 or localhost)"
        )
    return Listen(host, int(port))


def parse_session(name: str, mode: Mode) -> str:
    """Read `--session`.

    Raises:
        UsageError: the name is empty, or holds what may not stand in the name of a session to be recorded.
    """
    if mode is Mode.REPLAY:
        return name
    sessions.check_name(name)
    return name


def cassette_path(option: Path | None, environment: Mapping[str, str], file: SettingsFile | None = None) -> Path:
    """The cassette: as named, else `$WIRETAPE_CASSETTE`, else as the settings file says, else `wiretape.cassette`.

    Args:
        option: what `-c` names.
        environment: the variables.
        file: the settings file; None to look for it where it is needed.

    Raises:
        UsageError: something in the settings file is wrong.
    """
    named = environment.get("WIRETAPE_CASSETTE")
    if option or named:
        return option or Path(named or "")
    if file is None:
        # Only who names no cassette pays for looking.
        from wiretape.proxy.configuration import read_settings_file

        file = read_settings_file(environment, Path.cwd())
    return file.cassette
