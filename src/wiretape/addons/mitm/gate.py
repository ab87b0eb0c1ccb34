# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# (mitmproxy finds its addons by name, untyped)
"""The addon at the way in and out: both kinds of client on one port, whose TLS is opened, who may connect upstream."""

from __future__ import annotations

import asyncio
import collections
import os
import socket
from typing import TYPE_CHECKING, Final

from mitmproxy import ctx
from mitmproxy.net.http import url

from wiretape.addons.mitm import layers
from wiretape.addons.mitm.keeper import Keeper
from wiretape.proxy.decide import belonging
from wiretape.proxy.decide.modes import Mode
from wiretape.proxy.decide.routing import Origin, is_own
from wiretape.proxy.serve.chaining import CorporateProxies
from wiretape.store.errors import WiretapeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mitmproxy import connection, http, tls
    from mitmproxy.addons.next_layer import NextLayer as NextLayerAddon
    from mitmproxy.addons.proxyserver import Proxyserver
    from mitmproxy.proxy.layer import NextLayer
    from mitmproxy.proxy.server import ConnectionHandler
    from mitmproxy.proxy.server_hooks import ServerConnectionHookData

    from wiretape.proxy.runs import Runs

# Linux's name for "acknowledge at once"; other systems need it less or lack it.
_QUICKACK: Final[int | None] = getattr(socket, "TCP_QUICKACK", None)
_PLENTY = 10_000
_HTTP = 80


class Gate:
    """Hooks of mitmproxy around a connection.

    Attributes:
        keeper: asks for the password.
    """

    def __init__(self, runs: Runs, say: Callable[[str], None]) -> None:
        """Take part in *runs*; *say* tells the person at the terminal.

        Raises:
            UsageError: the environment names a proxy on the way out that is none.
        """
        self.keeper = Keeper(runs.default.settings.password, say)
        self._runs = runs
        self._run = runs.default
        self._corporate = CorporateProxies({} if self._run.mode is Mode.REPLAY else os.environ)
        self._by_base_url: set[str] = set()
        self._users: dict[str, str] = {}

    def meant(self, flow: http.HTTPFlow) -> Origin | None:
        """The origin that a request names; None where it takes the proxy for the API itself.

        Told anew for each request: a client may use one connection in both ways.
        """
        request = flow.request
        named = self._named(flow)
        if named is None:
            return None
        if flow.client_conn.id in self._by_base_url:
            request.data.host, request.data.port, request.data.authority = named.host, named.port, b""
        return None if is_own(named, flow.client_conn.sockname) else named

    def _named(self, flow: http.HTTPFlow) -> Origin | None:
        """The origin in a request's target; None where there is none, for it is a path."""
        request = flow.request
        host, port = request.host, request.port
        if flow.client_conn.id in self._by_base_url:
            if not request.data.authority or request.is_http2:
                return None
            host, named_port = url.parse_authority(request.data.authority, check=True)
            port = named_port or _HTTP
        return Origin(request.scheme, host.lower(), port)

    def lets_in(self, flow: http.HTTPFlow) -> bool:
        """Whether a request may go on; where it did not bring the password, it has its answer."""
        return self.keeper.let_in(flow, self._takes_us)

    def _takes_us(self, flow: http.HTTPFlow) -> bool:
        named = self._named(flow)
        return named is None or is_own(named, flow.client_conn.sockname)

    def user(self, flow: http.HTTPFlow) -> str | None:
        """The label of the session that the client's tunnel belongs to, where it named one."""
        return self._users.get(flow.client_conn.id)

    def own_name(self, request: http.Request) -> tuple[str, int]:
        """The name and port under which the client knows the proxy."""
        try:
            host, port = url.parse_authority(request.host_header or "", check=True)
        except ValueError:
            host, port = "127.0.0.1", None
        return host, port or _HTTP

    def chain(self, flow: http.HTTPFlow, goal: Origin) -> None:
        """Send the request through a proxy that the environment names, as any other program would."""
        if self._run.mode is Mode.REPLAY:
            return
        via = self._corporate.for_origin(goal.scheme, goal.host)
        if via is not None:
            flow.server_conn.via = via

    # -- hooks ---------------------------------------------------------------------------------------------------

    def client_connected(self, client: connection.Client) -> None:
        """Lift mitmproxy's limit of five upstream connections a client: it stalls concurrent streams of HTTP/2."""
        for handler in _handlers(client):
            handler.max_conns = collections.defaultdict(lambda: asyncio.Semaphore(_PLENTY))

    def client_disconnected(self, client: connection.Client) -> None:
        """Forget the connection."""
        self.keeper.forget(client)
        self._by_base_url.discard(client.id)
        self._users.pop(client.id, None)

    def http_connect(self, flow: http.HTTPFlow) -> None:
        """Remember as whom a tunnel is asked for: what goes through it does not say so again."""
        if not self.keeper.let_through(flow):
            return
        fields = flow.request.headers.fields
        label = belonging.by_headers(fields)
        if label is not None:
            self._users[flow.client_conn.id] = label

    def next_layer(self, next_layer: NextLayer) -> None:
        """Let base-URL clients in, and put our HTTP layer in the place of mitmproxy's."""
        if next_layer.layer is None:
            # A script's addons come before mitmproxy's own, whose choice is refined here.
            builtin: NextLayerAddon | None = ctx.master.addons.get("nextlayer")
            if builtin is not None:
                builtin.next_layer(next_layer)
        origin = self._run.settings.hosts.upstream.origin
        if layers.serve_origin_form(next_layer, (origin.host, origin.port)):
            self._by_base_url.add(next_layer.context.client.id)
        replaying = self._run.mode is Mode.REPLAY
        layers.install(next_layer, layers.ReplayingLayer if replaying else layers.RecordingLayer)

    def tls_clienthello(self, hello: tls.ClientHelloData) -> None:
        """Leave the TLS of hosts alone that are not recorded; in replay open all, so that every app reads its 424."""
        address = hello.context.server.address
        if self._replays(hello.context.client) or address is None:
            return
        names = {address[0], hello.client_hello.sni or address[0]}
        hosts = self._run.settings.hosts
        if all(hosts.identity(name, address[1]) is None for name in names):
            hello.ignore_connection = True

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Acknowledge the head at once: clients that send the body apart would wait 40 ms for it."""
        if _QUICKACK is None or not flow.request.headers.get("content-length"):
            return
        for handler in _handlers(flow.client_conn):
            writer = handler.transports[handler.client].writer
            raw = writer.get_extra_info("socket") if isinstance(writer, asyncio.StreamWriter) else None
            if raw is not None:
                raw.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)

    def server_connect(self, data: ServerConnectionHookData) -> None:
        """The second lock: in replay no connection leaves, whoever asked for it."""
        if self._replays(data.client):
            data.server.error = "wiretape: replay never touches the network"

    def _replays(self, client: connection.Client) -> bool:
        """Whether what comes from *client* is only replayed, so far as the connection tells."""
        label = self._users.get(client.id)
        if label is None or self._run.mode is Mode.REPLAY:
            return self._run.mode is Mode.REPLAY
        try:
            return self._runs.of(label).mode is Mode.REPLAY
        except WiretapeError:
            return True


def _handlers(client: connection.Client) -> list[ConnectionHandler]:
    server: Proxyserver | None = ctx.master.addons.get("proxyserver")
    return [] if server is None else [h for h in server.connections.values() if h.client is client]
