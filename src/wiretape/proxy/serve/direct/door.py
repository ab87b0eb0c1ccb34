"""Which way a request came in, and what its target means there: base URL, forward proxy, or a tunnel."""

from __future__ import annotations

import re
from typing import NamedTuple

from wiretape.proxy.decide.routing import Origin, is_own
from wiretape.proxy.serve.direct.refusals import Unreadable
from wiretape.store.interaction import USUAL_PORTS

_AUTHORITY = re.compile(r"(?:[^@/?#\s]*@)?(\[[0-9A-Fa-f:.]+\]|[^:@/?#\[\]\s]+)(?::([0-9]{0,5}))?")
_HIGHEST_PORT = 65535


class Meaning(NamedTuple):
    """What a request's target means.

    Attributes:
        asked: whom the client asks; None where it takes us for the API itself.
        client: under which origin the client knows the one that answers.
        target: path and query.
    """

    asked: Origin | None
    client: Origin
    target: str


class Door:
    """One way in. There is one object for each, so that it can be told by identity.

    Attributes:
        own: address and port at which we were reached.
        scheme: `https` where there is TLS around.
        tunnel: whom the client asked to be connected with; None outside a tunnel.
        user: as whom it asked for the tunnel: a session's label; None where it did not say.
    """

    def __init__(
        self, own: tuple[str, int], scheme: str, tunnel: Origin | None = None, user: str | None = None
    ) -> None:
        self.own = own
        self.scheme = scheme
        self.tunnel = tunnel
        self.user = user

    def own_path(self, target: str) -> str | None:
        """The path in a target that takes us for the API itself; None in another, or in what is none."""
        try:
            meaning = self.meaning(target, None)
        except Unreadable:
            return None
        return meaning.target if meaning.asked is None else None

    def meaning(self, target: str, host: bytes | None) -> Meaning:
        """Whom the client asks, and for what.

        Args:
            target: the request's target in any form.
            host: the `Host` header.

        Raises:
            Unreadable: the target is no address.
        """
        if target.startswith("/") or target == "*":
            asked = self.tunnel
        else:
            asked, target = absolute(target)
            asked = self.tunnel or asked
        # A proxy's client may mean us: it takes us for the API itself, and its proxy is we too.
        if asked is not None and not is_own(asked, self.own):
            return Meaning(asked, asked, target)
        return Meaning(None, self._client(host), target)

    def _client(self, host: bytes | None) -> Origin:
        """The origin under which a client that takes us for the API knows us."""
        found = authority((host or b"").decode("latin-1").strip())
        name, port = found if found is not None else self.own
        return Origin(self.scheme, name, port or USUAL_PORTS[self.scheme])


def absolute(target: str) -> tuple[Origin, str]:
    """Origin and path of a target in absolute form.

    Raises:
        Unreadable: it is none.
    """
    scheme, mark, rest = target.partition("://")
    scheme = scheme.lower()
    name, slash, path = rest.partition("/")
    found = authority(name)
    if not mark or scheme not in USUAL_PORTS or found is None:
        raise Unreadable(400, f"{target[:200]!r} is no target that a proxy knows")
    return Origin(scheme, found[0], found[1] or USUAL_PORTS[scheme]), slash + path or "/"


def authority(text: str) -> tuple[str, int | None] | None:
    """Host in lower case and port of `HOST` or `HOST:PORT`; None where it is neither."""
    found = _AUTHORITY.fullmatch(text)
    if found is None:
        return None
    port = int(found[2]) if found[2] else None
    if port is not None and port > _HIGHEST_PORT:
        return None
    return found[1].strip("[]").lower(), port


def tunnel_to(target: str) -> Origin | None:
    """Whom a CONNECT asks for; without TLS inside it is HTTP. None where it names nobody."""
    found = authority(target)
    if found is None or found[1] is None:
        return None
    return Origin("http", found[0], found[1])
