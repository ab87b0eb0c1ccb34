# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# (mitmproxy leaves many of its functions without annotations)
"""Running mitmproxy ourselves, with the few addons that are needed."""

from __future__ import annotations

import asyncio
import logging
import os
from typing import TYPE_CHECKING

from wiretape.addons.mitm.fewer import without_the_rest
from wiretape.addons.mitm.gate import Gate
from wiretape.addons.mitm.traffic import Traffic
from wiretape.proxy.serve.authority import authority, public_bundle
from wiretape.proxy.serve.foreground import attend, cannot_listen, listening_at

with without_the_rest("mitmproxy.addons"):
    from mitmproxy import options
    from mitmproxy.addons import core, next_layer, proxyserver, tlsconfig
    from mitmproxy.master import Master

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wiretape.proxy.runs import Runs
    from wiretape.proxy.serve.authority import Authority
    from wiretape.proxy.serve.foreground import Served
    from wiretape.proxy.settings import Listen


class _Running:
    """An addon that says when mitmproxy listens."""

    def __init__(self) -> None:
        self.event = asyncio.Event()

    def running(self) -> None:
        self.event.set()


async def serve(runs: Runs, say: Callable[[str], None], command: Sequence[str]) -> Served:
    """Serve *runs* while *command* runs, or without one until a signal comes.

    Raises:
        UsageError: the address is taken, the command cannot be started, a file cannot be written.
    """
    run = runs.default
    listen = run.settings.listen
    ours = authority(os.environ, run.clock.now())
    # What mitmproxy logs of a connection is told by us where it matters.
    logging.getLogger("mitmproxy").setLevel(logging.CRITICAL)
    master = Master(_options(listen, ours))
    server, started = proxyserver.Proxyserver(), _Running()
    traffic = Traffic(runs, gate := Gate(runs, say), say)
    master.addons.add(core.Core(), server, next_layer.NextLayer(), tlsconfig.TlsConfig(), gate, traffic, started)
    master.options.update(connection_strategy="lazy", upstream_cert=False)
    task = asyncio.create_task(master.run())
    try:
        await _ready(task, started)
        url = listening_at(listen.host, _port(server, listen))
        return await attend(run, url, ours, say, command)
    finally:
        traffic.closing()
        master.shutdown()
        await task


def _options(listen: Listen, ours: Authority) -> options.Options:
    trusted = public_bundle(os.environ)
    return options.Options(
        confdir=str(ours.folder),
        listen_host=listen.host,
        listen_port=listen.port,
        mode=["regular"],
        ssl_verify_upstream_trusted_ca=None if trusted is None else str(trusted),
    )


async def _ready(task: asyncio.Task[None], started: _Running) -> None:
    waiting = asyncio.ensure_future(started.event.wait())
    task.add_done_callback(lambda _: waiting.cancel())
    await asyncio.wait([waiting])


def _port(server: proxyserver.Proxyserver, listen: Listen) -> int:
    for instance in server.servers:
        failure = instance.last_exception
        if failure is not None:
            number = getattr(failure, "errno", None)
            reason = os.strerror(number) if number and number > 0 else str(failure).splitlines()[0]
            raise cannot_listen(listen.host, listen.port, OSError(number, reason))
    return int(server.listen_addrs()[0][1])
