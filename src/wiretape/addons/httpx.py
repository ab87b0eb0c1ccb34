"""httpx answered from a cassette in its own process: transports that replay without a socket.

Example:
    >>> with httpx.Client(transport=ReplayTransport("x.cassette")) as client:  # doctest: +SKIP
    ...     client.get("https://api.aitronos.com/v1/models").json()

What a client gets is what it would get from `wiretape replay`, to the byte, the chunk and the error in which a broken
answer ends. Sessions are told apart by the header `X-Wiretape-Session`, or by a transport for each.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Unpack

import anyio
import httpx

from wiretape.addons.inprocess import InProcess
from wiretape.proxy.answering import BrokenOff, Caller
from wiretape.proxy.decide.routing import Origin
from wiretape.proxy.serve.direct.framing import Framing
from wiretape.store.interaction import USUAL_PORTS, Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from wiretape.addons.inprocess import HostOptions, Source
    from wiretape.proxy.answering import Reply
    from wiretape.proxy.decide.pace import Pace
    from wiretape.proxy.run import Run

# httpx says `HTTP/2` where others say `HTTP/2.0`.
_VERSIONS = {"HTTP/2.0": b"HTTP/2", "HTTP/3.0": b"HTTP/3"}


class _Replaying:
    """What both transports do."""

    def __init__(self, source: Source, session: str | None = None, **options: Unpack[HostOptions]) -> None:
        """Replay *source*: the path of a cassette, or an open run, which stays the caller's.

        Args:
            source: the path of a cassette, or an open run.
            session: the session's name.
            options: `pace`, `when_spent`, `say`, `alias` and `intercept`; see `Options` and `HostOptions`.

        Raises:
            UsageError: an option is malformed, or given for a run that is open already.
            WiretapeError: the cassette or the session cannot be replayed.
        """
        self._replay = InProcess(source, session, **options)

    @property
    def run(self) -> Run:
        """The run that answers: its `playback.misses`, and with `close()` what became of it."""
        return self._replay.run

    def _answer(self, request: httpx.Request, content: bytes) -> Reply:
        url = request.url
        default = USUAL_PORTS.get(url.scheme)
        if default is None:
            # In the words in which httpx says it over a socket.
            raise httpx.UnsupportedProtocol(
                f"Request URL has an unsupported protocol '{url.scheme}://'."
                if url.scheme
                else "Request URL is missing an 'http://' or 'https://' protocol."
            )
        target: bytes = request.extensions.get("target", url.raw_path)
        host, port = url.raw_host.decode("ascii"), url.port or default
        asked = Request(
            method=request.method,
            scheme=url.scheme,
            host=host,
            port=port,
            target=target.decode("utf-8", "surrogateescape"),
            headers=tuple(request.headers.raw),
            body=content,
        )
        return self._replay.answer(asked, Caller(Origin(url.scheme, host, port)))


class ReplayTransport(_Replaying, httpx.BaseTransport):
    """The transport of an `httpx.Client`."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer *request*; a miss is an answer with status 424."""
        timer = _Timer(request)
        reply = self._answer(request, request.read())
        timer.sleep(reply.pace, reply.first_byte_us)
        return _response(reply, _Stream(reply, timer))

    def close(self) -> None:
        """Close the cassette, unless the run is the caller's."""
        self._replay.close()


class AsyncReplayTransport(_Replaying, httpx.AsyncBaseTransport):
    """The transport of an `httpx.AsyncClient`, under asyncio and trio."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer *request*; a miss is an answer with status 424."""
        timer = _Timer(request)
        reply = self._answer(request, await request.aread())
        await timer.asleep(reply.pace, reply.first_byte_us)
        return _response(reply, _AsyncStream(reply, timer))

    async def aclose(self) -> None:
        """Close the cassette, unless the run is the caller's."""
        self._replay.close()


class _Timer:
    """Waits until something is due, counted from a request's arrival, but no longer than the client has patience."""

    def __init__(self, request: httpx.Request) -> None:
        self._began = time.monotonic()
        self._patience: float | None = request.extensions.get("timeout", {}).get("read")

    def sleep(self, pace: Pace, at_us: int) -> None:
        """Wait until what came *at_us* in the recording is due.

        Raises:
            httpx.ReadTimeout: that is later than the client waits.
        """
        if not pace.instant:
            seconds, late = self._wait(pace, at_us)
            time.sleep(seconds)
            if late:
                raise httpx.ReadTimeout("timed out")

    async def asleep(self, pace: Pace, at_us: int) -> None:
        """The same, while others have their turn."""
        if not pace.instant:
            seconds, late = self._wait(pace, at_us)
            await anyio.sleep(seconds)
            if late:
                raise httpx.ReadTimeout("timed out")

    def _wait(self, pace: Pace, at_us: int) -> tuple[float, bool]:
        seconds = max(0.0, self._began + pace.delay(at_us) - time.monotonic())
        if self._patience is not None and seconds > self._patience:
            return self._patience, True
        return seconds, False


class _Stream(httpx.SyncByteStream):
    """A body in its chunks."""

    def __init__(self, reply: Reply, timer: _Timer) -> None:
        self._reply = reply
        self._timer = timer

    def __iter__(self) -> Iterator[bytes]:
        reply, told = self._reply, 0
        try:
            for at_us, data in reply.body:
                self._timer.sleep(reply.pace, at_us)
                told += len(data)
                yield data
        except BrokenOff as error:
            raise httpx.RemoteProtocolError(str(error)) from error
        if reply.ended_us is not None:
            self._timer.sleep(reply.pace, reply.ended_us)
        _end(reply, told)


class _AsyncStream(httpx.AsyncByteStream):
    """The same for async clients."""

    def __init__(self, reply: Reply, timer: _Timer) -> None:
        self._reply = reply
        self._timer = timer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        reply, told = self._reply, 0
        try:
            for at_us, data in reply.body:
                await self._timer.asleep(reply.pace, at_us)
                told += len(data)
                yield data
        except BrokenOff as error:
            raise httpx.RemoteProtocolError(str(error)) from error
        if reply.ended_us is not None:
            await self._timer.asleep(reply.pace, reply.ended_us)
        _end(reply, told)


def _end(reply: Reply, told: int) -> None:
    """Fail as httpx does over a socket where the body ends before its end was told."""
    peer = "peer closed connection without sending complete message body"
    if reply.framing is Framing.LENGTH and reply.promised is not None and told < reply.promised:
        raise httpx.RemoteProtocolError(f"{peer} (received {told} bytes, expected {reply.promised})")
    if reply.framing is Framing.CHUNKED and not reply.whole:
        raise httpx.RemoteProtocolError(f"{peer} (incomplete chunked read)")


def _response(reply: Reply, stream: _Stream | _AsyncStream) -> httpx.Response:
    version = _VERSIONS.get(reply.http_version) or reply.http_version.encode("ascii", "replace")
    extensions: dict[str, Any] = {"http_version": version}
    if reply.http_version.startswith("HTTP/1"):
        # Later versions send none, and then httpx says the usual words.
        extensions["reason_phrase"] = reply.reason.encode("latin-1", "replace")
    return httpx.Response(reply.status, headers=reply.headers, stream=stream, extensions=extensions)
