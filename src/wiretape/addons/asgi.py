"""An ASGI application that answers from a cassette: for httpx's `ASGITransport`, to mount in an app, or to serve.

Example:
    >>> app = Starlette(routes=[Mount("/api", ReplayApp("x.cassette"))])  # doctest: +SKIP

It takes the place of the API: every path is the API's, whatever the host is, and one that begins with `/~LABEL` asks
for the session of that name. ASGI knows less than HTTP, so a few things are not as they were recorded: header names are
in lower case, the words behind the status and the HTTP version are the server's own, and so are the headers that belong
to a connection (`Connection`, `Transfer-Encoding`). Chunks are messages of their own.

An answer that broke off ends in `BrokenOff`, which ASGI servers take for a failure of the app in mid-answer: they
close the connection, so that the client sees its end missing, as it did in the recording.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Unpack
from urllib.parse import quote, unquote

from wiretape.addons.inprocess import InProcess
from wiretape.proxy.answering import BrokenOff, Caller
from wiretape.proxy.decide.routing import Origin
from wiretape.proxy.serve.direct.door import authority
from wiretape.proxy.serve.direct.framing import Framing
from wiretape.store.interaction import USUAL_PORTS, Headers, Request, header

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, MutableMapping

    from wiretape.addons.inprocess import Options, Source
    from wiretape.proxy.answering import Reply
    from wiretape.proxy.run import Run

type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]

_PORTS = {**USUAL_PORTS, "ws": 80, "wss": 443}
# They belong to one connection, which is the server's.
_HOP_BY_HOP = frozenset({b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"})
_BODYLESS = (204, 304)


class ReplayApp:
    """The application."""

    def __init__(self, source: Source, session: str | None = None, **options: Unpack[Options]) -> None:
        """Replay *source*: the path of a cassette, or an open run, which stays the caller's.

        Args:
            source: the path of a cassette, or an open run.
            session: the session's name.
            options: `pace`, `when_spent` and `say`; see `Options`.

        Raises:
            UsageError: an option is malformed, or given for a run that is open already.
            WiretapeError: the cassette or the session cannot be replayed.
        """
        self._replay = InProcess(source, session, **options)

    @property
    def run(self) -> Run:
        """The run that answers: its `playback.misses`, and with `close()` what became of it."""
        return self._replay.run

    def close(self) -> None:
        """Close the cassette, unless the run is the caller's; a server that ends does this."""
        self._replay.close()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one connection, as ASGI 3 has it.

        Raises:
            BrokenOff: the recorded answer broke off.
        """
        match scope["type"]:
            case "http":
                await self._http(scope, receive, send)
            case "lifespan":
                await self._lifespan(receive, send)
            case "websocket":
                # Not recorded, so not replayed; a miss like any other.
                self._replay.answer(*_understood(scope, b""))
                await send({"type": "websocket.close", "code": 1008, "reason": "wiretape replays no WebSockets"})
            case kind:
                raise RuntimeError(f"wiretape knows no ASGI connection of the type {kind!r}")

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            phase = (await receive())["type"]
            if phase == "lifespan.shutdown":
                self.close()
            await send({"type": f"{phase}.complete"})
            if phase == "lifespan.shutdown":
                return

    async def _http(self, scope: Message, receive: Receive, send: Send) -> None:
        began = time.monotonic()
        body = await _body(receive)
        if body is None:
            return
        reply = self._replay.answer(*_understood(scope, body))

        async def until(at_us: int) -> None:
            if not reply.pace.instant:
                await _sleep(max(0.0, began + reply.pace.delay(at_us) - time.monotonic()))

        await until(reply.first_byte_us)
        await send({"type": "http.response.start", "status": reply.status, "headers": _headers(reply)})
        told = 0
        for at_us, data in reply.body:
            await until(at_us)
            told += len(data)
            await send({"type": "http.response.body", "body": data, "more_body": True})
        if reply.ended_us is not None:
            await until(reply.ended_us)
        if _is_broken(reply, told):
            raise BrokenOff(f"the recorded answer broke off after {told} bytes")
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _body(receive: Receive) -> bytes | None:
    """The request's body; None where the client has gone before its end."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _understood(scope: Message, body: bytes) -> tuple[Request, Caller]:
    """The request as its client sent it, and how that client knows us."""
    headers: Headers = tuple((bytes(name), bytes(value)) for name, value in scope["headers"])
    scheme = str(scope.get("scheme") or "http")
    named = authority((header(headers, b"host") or b"").decode("latin-1").strip())
    host, port = named or scope.get("server") or ("localhost", None)
    origin = Origin(scheme, host, port or _PORTS.get(scheme, 80))
    root = str(scope.get("root_path") or "").rstrip("/")
    query = bytes(scope.get("query_string") or b"")
    path = _path(scope, root)
    request = Request(
        method=scope.get("method", "GET"),
        scheme=scheme,
        host=host,
        port=origin.port,
        target=path + (f"?{query.decode('utf-8', 'surrogateescape')}" if query else ""),
        http_version=f"HTTP/{scope.get('http_version', '1.1')}",
        headers=headers,
        body=body,
    )
    return request, Caller(origin, quote(root), takes_us_for_the_api=True)


def _path(scope: Message, root: str) -> str:
    """The path as it was sent, from below where the app is mounted."""
    plain = str(scope["path"])
    raw = bytes(scope.get("raw_path") or b"").decode("latin-1").partition("?")[0]
    # Some middleware changes the path alone.
    sent = raw if unquote(raw) == plain else quote(plain)
    if root and f"{plain}/".startswith(f"{root}/"):
        below = sent.split("/", root.count("/") + 1)
        return "/" + below[-1] if len(below) > root.count("/") + 1 else "/"
    return sent or "/"


def _headers(reply: Reply) -> Iterable[tuple[bytes, bytes]]:
    dropped = _HOP_BY_HOP | {b"content-length"} if reply.status in _BODYLESS else _HOP_BY_HOP
    lower = ((name.lower(), value) for name, value in reply.headers)
    return [(name, value) for name, value in lower if name not in dropped]


def _is_broken(reply: Reply, told: int) -> bool:
    match reply.framing:
        case Framing.NONE:
            return False
        case Framing.LENGTH if reply.promised is not None:
            return told < reply.promised
        case _:
            return not reply.whole


async def _sleep(seconds: float) -> None:
    """Sleep under whatever event loop this runs, where anyio is there to tell."""
    try:
        import anyio
    except ImportError:
        await asyncio.sleep(seconds)
    else:
        await anyio.sleep(seconds)
