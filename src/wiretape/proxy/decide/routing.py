"""Whose request it is and where it goes: names of the API, the upstream, redirects that stay inside."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from wiretape.store.aitronos.hosts import API_HOSTS, DEFAULT_UPSTREAM
from wiretape.store.errors import UsageError
from wiretape.store.interaction import USUAL_PORTS, address

API = "api"
"""The identity of the API, under whichever of its names it is called."""

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wiretape.store.interaction import Headers, Request

LOOPBACK = ("localhost", "127.0.0.1", "::1")
"""Names of this machine, in the order in which they are told to clients."""


class Origin(msgspec.Struct, frozen=True):
    """Scheme, host and port of an address; hosts in lower case."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        return address(self.scheme, self.host, self.port)

    @property
    def authority(self) -> str:
        """What a `Host` header says."""
        return str(self).partition("://")[2]


class Upstream(msgspec.Struct, frozen=True):
    """Where requests for the API go: an origin, and what stands before every path there."""

    origin: Origin
    prefix: str = ""

    def __str__(self) -> str:
        return f"{self.origin}{self.prefix}"


def parse_upstream(url: str) -> Upstream:
    """Read the value of `--upstream`.

    Raises:
        UsageError: it is no http or https address.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"--upstream {url!r} is no address: {error}") from None
    if parts.scheme not in USUAL_PORTS or not parts.hostname or parts.query or parts.fragment:
        raise UsageError(f"--upstream {url!r} is no address; give one like {DEFAULT_UPSTREAM}")
    if parts.username is not None:
        raise UsageError("--upstream takes no user or password; let the app send its own credentials")
    return Upstream(Origin(parts.scheme, parts.hostname, port or USUAL_PORTS[parts.scheme]), parts.path.rstrip("/"))


def parse_url(url: str) -> tuple[Origin, str]:
    """The origin and the target of an http or https address.

    Raises:
        ValueError: it is none; says what is wrong with it, and begins with the address.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"{url!r} is no address: {error}") from None
    if parts.scheme not in USUAL_PORTS or not parts.hostname:
        raise ValueError(f"{url!r} is no http or https address")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Origin(parts.scheme, parts.hostname, port or USUAL_PORTS[parts.scheme]), target


def at_api(address: str) -> str:
    """*address* in full: a path is one of the API's own."""
    return f"{DEFAULT_UPSTREAM}{address}" if address.startswith("/") else address


def is_own(asked: Origin, own: tuple[str, int]) -> bool:
    """Whether *asked* is the proxy itself, which was reached at the address *own*."""
    return asked.port == own[1] and asked.host in (own[0], *LOOPBACK)


def host_named(host: str, port: int) -> str:
    """A host as `--intercept` names it: in lower case, its port only where that is not a usual one."""
    host = host.lower()
    return host if port in USUAL_PORTS.values() else f"{host}:{port}"


def parse_host(text: str) -> str:
    """Read a value of `--alias` or `--intercept`: `HOST` or `HOST:PORT`.

    Raises:
        UsageError: it is an address or holds something else.
    """
    host = text.strip().lower()
    if not host or "/" in host or "@" in host or any(c.isspace() for c in host):
        raise UsageError(f"{text!r} is no host; give it as HOST or HOST:PORT, without a scheme or a path")
    return host


class Hosts(msgspec.Struct, frozen=True, kw_only=True):
    """Which hosts are the API, which others are recorded under their own names.

    Attributes:
        upstream: where the API's requests go.
        aliases: more names of the API, `HOST` for any port or `HOST:PORT`.
        intercepted: other hosts to record, written the same way.
    """

    upstream: Upstream
    aliases: frozenset[str] = frozenset()
    intercepted: frozenset[str] = frozenset()

    def identity(self, host: str, port: int) -> str | None:
        """`api`, the host itself where it is intercepted, or None for a host that is not ours."""
        host = host.lower()
        names = {host, f"{host}:{port}"}
        origin = self.upstream.origin
        if host in API_HOSTS or (host, port) == (origin.host, origin.port) or names & self.aliases:
            return API
        if names & self.intercepted:
            return host_named(host, port)
        return None

    def recorded_from(self, recorded: Upstream, identities: Iterable[str], *, live: bool) -> Hosts:
        """These hosts and those of a session: the upstream that it was recorded from, and whose *identities* it holds.

        Its redirects name that upstream, which is the API too; whoever replays other hosts need not name them again.
        Without a live upstream the recorded one stands in its place, so that requests are told as they were.
        """
        upstream, former = (self.upstream, recorded) if live else (recorded, self.upstream)
        alias = f"{former.origin.host}:{former.origin.port}"
        intercepted = self.intercepted | frozenset(identities) - {API}
        return msgspec.structs.replace(self, upstream=upstream, aliases=self.aliases | {alias}, intercepted=intercepted)

    def destination(self, identity: str, meant: Origin) -> Origin:
        """Where a request meant for *meant* goes."""
        return self.upstream.origin if identity == API else meant

    def outward(self, meant: Origin, target: str) -> str:
        """The target to send upstream: with the upstream's prefix, unless the client wrote it already."""
        if meant == self.upstream.origin:
            return target
        return self.upstream.prefix + target

    def inward(self, meant: Origin, target: str) -> str:
        """The target to match by: without the upstream's prefix."""
        prefix = self.upstream.prefix
        if prefix and meant == self.upstream.origin and target.startswith(prefix + "/"):
            return target[len(prefix) :]
        return target

    def inward_of(self, request: Request) -> str:
        """The target to match *request* by."""
        return self.inward(Origin(request.scheme, request.host, request.port), request.target)


def led_back(headers: Headers, client: Origin, hosts: Hosts, prefix: str = "") -> Headers:
    """*headers* with a redirect to any name of the API leading back through the proxy, see `location`."""
    # The length first: most headers are no `Location`, and lower() for each would cost more than the rest.
    if not [1 for name, _ in headers if len(name) == 8 and name.lower() == b"location"]:  # noqa: PLR2004
        return headers

    def there(value: bytes) -> bytes:
        address = value.decode("utf-8", "surrogateescape")
        return location(address, client, hosts, prefix).encode("utf-8", "surrogateescape")

    return tuple((name, there(value) if name.lower() == b"location" else value) for name, value in headers)


def location(value: str, client: Origin, hosts: Hosts, prefix: str = "") -> str:
    """A redirect's `Location` as the client may see it: one to any name of the API leads back through the proxy.

    Args:
        value: as the upstream sent it.
        client: the origin under which the client reaches the API: the proxy's own for base-URL clients.
        hosts: who is the API.
        prefix: what the client's paths begin with, for it belongs to a session: `/~LABEL`, or nothing.
    """
    if prefix and value.startswith("/") and not value.startswith("//"):
        return prefix + value
    parts = urlsplit(value)
    if parts.scheme not in USUAL_PORTS or not parts.hostname:
        return value
    try:
        port = parts.port or USUAL_PORTS[parts.scheme]
    except ValueError:
        return value
    if hosts.identity(parts.hostname, port) != API:
        return value
    path = parts.path
    if Origin(parts.scheme, parts.hostname, port) == hosts.upstream.origin:
        path = hosts.inward(hosts.upstream.origin, path) if client != hosts.upstream.origin else path
    return str(client) + prefix + parts._replace(scheme="", netloc="", path=path).geturl()
