"""What a run of the proxy is told: one struct, whoever fills it, be it the command line or mitmproxy's options."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Final

import msgspec

from wiretape.proxy.decide.admission import Password
from wiretape.proxy.decide.modes import Mode, WhenSpent
from wiretape.proxy.decide.pace import INSTANT, Pace
from wiretape.proxy.decide.routing import LOOPBACK, Hosts, parse_host, parse_upstream
from wiretape.proxy.decide.rules import NO_RULES, Rules
from wiretape.proxy.usual import DEFAULT_SESSION
from wiretape.store import sessions
from wiretape.store.aitronos.hosts import DEFAULT_UPSTREAM
from wiretape.store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

PASSWORD_VARIABLE: Final = "WIRETAPE_PASSWORD"  # noqa: S105 - its name
"""Names the password without its standing in a list of processes."""

_SHORTEST_PASSWORD, _LONGEST_PASSWORD = 12, 200
# What may stand in an address, before a host and in a path, as it is. A colon ends the label before it.
_PLAIN = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=-]*")


class Listen(msgspec.Struct, frozen=True):
    """Where the proxy listens; port 0 has the system pick one."""

    host: str = "127.0.0.1"
    port: int = 8787

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether programs of this machine alone can ask there."""
        try:
            return self.host in LOOPBACK or ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the proxy.

    Attributes:
        cassette: the file.
        session: the session's name.
        mode: what is done.
        hosts: who is the API, and where it is.
        upstream_named: somebody named the upstream, so it counts more than the one a session was recorded from.
        listen: where the proxy listens.
        password: what every request has to bring; None where nothing is asked for.
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
    password: Password | None = None
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
        UsageError: it is malformed.
    """
    host, _, port = text.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not port.isascii() or not port.isdigit() or int(port) > 65535:  # noqa: PLR2004
        raise UsageError(f"--listen {text!r} is no address; give HOST:PORT, with port 0 for any free one")
    return Listen(host, int(port))


def parse_password(option: str | None, environment: Mapping[str, str]) -> Password | None:
    """Read `--password`, else `$WIRETAPE_PASSWORD`; None where there is neither. An empty variable is none.

    Raises:
        UsageError: it is too short or long, or would have to be written otherwise in an address. It is not repeated.
    """
    word = environment.get(PASSWORD_VARIABLE) or None if option is None else option
    if word is None:
        return None
    name = f"${PASSWORD_VARIABLE}" if option is None else "--password"
    if len(word) < _SHORTEST_PASSWORD:
        raise UsageError(f"{name} is too short; give {_SHORTEST_PASSWORD} characters or more")
    if len(word) > _LONGEST_PASSWORD:
        raise UsageError(f"{name} is too long to stand in every request; give {_LONGEST_PASSWORD} characters or fewer")
    if not _PLAIN.fullmatch(word):
        raise UsageError(
            f"{name} holds what cannot stand in an address as it is; take letters, digits and . _ ~ - ! $ & ' ( ) * + "
            ", ; ="
        )
    return Password(word)


def check_listen(settings: Settings) -> None:
    """See whether the proxy may listen where it is told to.

    Raises:
        UsageError: others could reach it, and no password keeps them out.
    """
    listen = settings.listen
    if settings.password is None and not listen.is_loopback:
        raise UsageError(
            f"--listen {listen}: other machines could ask there for recorded answers and send "
            f"requests on; give a --password (or ${PASSWORD_VARIABLE}), or listen on loopback only (127.0.0.1, ::1 or "
            "localhost)"
        )


def parse_session(name: str, mode: Mode) -> str:
    """Read `--session`.

    Raises:
        UsageError: the name is empty, or holds what may not stand in the name of a session to be recorded.
    """
    if mode is Mode.REPLAY:
        return name
    sessions.check_name(name)
    return name
