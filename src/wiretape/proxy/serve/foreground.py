"""What every engine does around its serving: greet, announce its addresses, run the command or wait for a signal."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
from typing import TYPE_CHECKING

import msgspec

from wiretape.proxy.decide.modes import Mode
from wiretape.proxy.decide.routing import is_own, parse_url
from wiretape.proxy.serve.command import Command
from wiretape.proxy.serve.environment import client_environment
from wiretape.proxy.serve.files import write_atomically
from wiretape.store.aitronos.hosts import API_HOSTS
from wiretape.store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wiretape.proxy.run import Run
    from wiretape.proxy.serve.authority import Authority

# Ctrl-C, being told to, the terminal's closing.
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Who listens at all addresses is not asked there, but at one of them.
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - listened at where there is a password
_DOING = {Mode.RECORD: "recording", Mode.REPLAY: "replaying", Mode.AUTO: "replaying and completing"}


class Served(msgspec.Struct, frozen=True):
    """How serving came to its end.

    Attributes:
        code: the command's exit code; 0 without a command.
        signal: what ended it early, if anything did.
    """

    code: int
    signal: signal.Signals | None


async def attend(run: Run, url: str, ours: Authority, say: Callable[[str], None], command: Sequence[str]) -> Served:
    """Stay while requests are served at *url*: until *command* ends, or without one until a signal comes.

    Raises:
        UsageError: the command cannot be started, or the ready file cannot be written.
    """
    hosts = run.settings.hosts
    own, _ = parse_url(url)
    # It would ask itself for ever.
    if run.mode is not Mode.REPLAY and is_own(hosts.upstream.origin, (own.host, own.port)):
        raise UsageError(
            f"--upstream {hosts.upstream} is this proxy itself; name the API, or another port with --listen"
        )
    password = run.settings.password
    environment = client_environment(
        os.environ,
        proxy=url if password is None else password.proxy_of(url),
        base=url if password is None else password.base_of(url),
        certificate=ours.certificate,
        bundle=ours.bundle,
        api_hosts=[*API_HOSTS, *hosts.aliases, *hosts.intercepted],
    )
    _announce(run, url, ours)
    say(_greeting(run, url) + ("" if command else " (Ctrl-C ends it)"))
    return await _until_done(Command(command, environment) if command else None)


def listening_at(host: str, port: int) -> str:
    """The address of a proxy that listens at *host*, for clients of this machine: those of all of its addresses too."""
    host = _EVERYWHERE.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def cannot_listen(host: str, port: int, error: OSError) -> UsageError:
    """What is told a person where *error* keeps the proxy from listening."""
    other = "port" if error.errno == errno.EADDRINUSE else "address"
    reason = error.strerror or str(error)
    return UsageError(f"cannot listen on {host}:{port}: {reason}; choose another {other} with --listen")


def _announce(run: Run, url: str, ours: Authority) -> None:
    if run.settings.ready_file is None:
        return
    facts = {
        "url": url,
        "proxy": url,
        "ca_bundle": str(ours.bundle),
        "pid": os.getpid(),
        "session": run.settings.session,
    }
    write_atomically(run.settings.ready_file, msgspec.json.encode(facts) + b"\n")


def _greeting(run: Run, url: str) -> str:
    settings = run.settings
    doing = _DOING.get(run.mode)
    what = (
        f"{doing} session {settings.session!r} of {settings.cassette}"
        if doing
        else "passing everything, keeping nothing,"
    )
    where = f"{url} and all other addresses of this machine" if settings.listen.host in _EVERYWHERE else url
    asked = "" if settings.password is None else "; it asks for the password"
    whither = "" if run.mode is Mode.REPLAY else f", upstream {settings.hosts.upstream}"
    return f"{what} at {where}{whither} {run.served_by}".rstrip() + asked


async def _until_done(command: Command | None) -> Served:
    loop = asyncio.get_running_loop()
    caught: asyncio.Future[signal.Signals] = loop.create_future()

    def catch(number: signal.Signals) -> None:
        if not caught.done():
            caught.set_result(number)

    for number in _ENDING:
        loop.add_signal_handler(number, catch, number)
    try:
        if command is None:
            return Served(0, await caught)
        running = asyncio.ensure_future(command.run())
        # Waited for apart: the two futures are of different types.
        running.add_done_callback(lambda _: ended.set())
        caught.add_done_callback(lambda _: ended.set())
        ended = asyncio.Event()
        await ended.wait()
        if not running.done():
            await command.stop(caught.result())
        return Served(await running, caught.result() if caught.done() else None)
    finally:
        for number in _ENDING:
            loop.remove_signal_handler(number)
        caught.cancel()
