"""The first byte tells: a connection, or a tunnel in one, speaks TLS or plain HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wiretape.proxy.decide.routing import Origin
from wiretape.proxy.serve.direct.conversation import Conversation
from wiretape.proxy.serve.direct.tlsfront import TlsFront

if TYPE_CHECKING:
    from wiretape.proxy.serve.direct.asking import Service
    from wiretape.proxy.serve.direct.door import Door
    from wiretape.proxy.serve.direct.leaves import Leaves
    from wiretape.proxy.serve.direct.wire import Upper, Wire

_HANDSHAKE: Final = 0x16


class Opening:
    """Waits for the first byte, then gives its place to what the client speaks."""

    owing = False
    busy = False

    def __init__(self, service: Service, leaves: Leaves, wire: Wire, door: Door) -> None:
        self._service = service
        self._leaves = leaves
        self._wire = wire
        self._door = door

    def receive(self, data: bytes) -> None:
        """The first bytes."""
        upper: Upper = self._tls() if data[0] == _HANDSHAKE else self._http(self._wire, self._door)
        self._wire.upper = upper
        upper.receive(data)

    def eof(self) -> None:
        """Nothing was asked."""
        self._wire.close()

    def lost(self) -> None:
        """Nothing was asked."""

    def finish(self) -> None:
        """Nothing is being answered."""
        self._wire.close()

    def _tls(self) -> TlsFront:
        own, tunnel = self._door.own, self._door.tunnel
        host = tunnel.host if tunnel else own[0]
        front = TlsFront(self._wire, self._leaves.context(host), lambda why: self._tell(host, why))
        inside = Origin("https", tunnel.host, tunnel.port) if tunnel else None
        front.upper = self._http(front, self._service.door(own, "https", inside, self._door.user))
        return front

    def _http(self, wire: Wire, door: Door) -> Conversation:
        return Conversation(self._service, wire, door, self._inner)

    def _inner(self, wire: Wire, door: Door) -> Opening:
        return Opening(self._service, self._leaves, wire, door)

    def _tell(self, host: str, why: str) -> None:
        self._service.tell_once(
            f"a client broke off TLS for {host} ({why}); it must trust the CA that `wiretape ca` shows"
        )
