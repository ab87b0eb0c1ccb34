# pyright: reportPrivateUsage=false
"""The one file that reaches into mitmproxy's internals: its HTTP layer, with two things it cannot do by hooks.

1. Recording: the last byte of a streamed body whose length was promised is held back until the `response` hook is done.
   mitmproxy sends it before that hook, and a client that has it knows the answer is complete.
2. Replaying: a recorded answer comes from an upstream in memory, chunk by chunk, broken off where the recording broke
   off. A response set in a hook is sent in one piece, whatever it was.

Tried with mitmproxy 12.2.3; `tests/addons/mitm/test_layers.py` holds what is relied upon, and the extra pins `<13`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec
from mitmproxy.connection import ConnectionState, Server
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.layers.http import (
    GetHttpConnection,
    GetHttpConnectionCompleted,
    HttpLayer,
    HTTPMode,
    HttpStream,
    SendHttp,
)
from mitmproxy.proxy.layers.http._base import HttpConnection, ReceiveHttp
from mitmproxy.proxy.layers.http._events import (
    ErrorCode,
    RequestEndOfMessage,
    RequestHeaders,
    RequestProtocolError,
    ResponseData,
    ResponseEndOfMessage,
    ResponseHeaders,
    ResponseProtocolError,
)
from mitmproxy.proxy.layers.http._hooks import HttpResponseHook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mitmproxy import http
    from mitmproxy.connection import Connection
    from mitmproxy.proxy.context import Context
    from mitmproxy.proxy.layer import CommandGenerator, NextLayer

# Keys of flow.metadata.
PLAN = "wiretape_plan"
HELD = "wiretape_held"
FAULT = "wiretape_fault"
UNREACHABLE = "wiretape_unreachable"
LIVE = "wiretape_live"

# So much of an answer goes out at a time; then other connections have their turn.
_SLICE_BYTES = 256 * 1024


class Plan(msgspec.Struct):
    """An answer for the upstream in memory to give. Times are microseconds since the request came.

    Attributes:
        response: its head, without a body.
        chunks: its body, each piece with when it came.
        whole: False breaks off after the last chunk.
        first_byte_us: when the head came.
        ended_us: when the end came.
        wait: seconds to wait until something is due.
        failed: told what kept the rest of the body from being read.
    """

    response: http.Response
    chunks: Iterator[tuple[int, bytes]]
    whole: bool = True
    first_byte_us: int = 0
    ended_us: int = 0
    wait: Callable[[int], float] = lambda _: 0.0
    failed: Callable[[Exception], None] = lambda _: None


class Stream(HttpStream):
    """One exchange, with what is held back sent after the `response` hook, and errors told apart."""

    def send_response(self, already_streamed: bool = False) -> CommandGenerator[None]:  # noqa: FBT001, FBT002 - mitmproxy's signature
        """Put the held-back end of the body between the hook and the end of the message."""
        for command in super().send_response(already_streamed):
            yield command
            if isinstance(command, HttpResponseHook):
                held = self.flow.metadata.pop(HELD, b"")
                if held and already_streamed and not self.flow.error:
                    yield SendHttp(ResponseData(self.stream_id, held), self.context.client)

    def handle_protocol_error(self, event: RequestProtocolError | ResponseProtocolError) -> CommandGenerator[None]:
        """Note whose fault it was before the `error` hook asks."""
        flow = getattr(self, "flow", None)
        if flow is not None:
            flow.metadata.setdefault(FAULT, "client" if isinstance(event, RequestProtocolError) else "upstream")
            if event.code is ErrorCode.CONNECT_FAILED:
                flow.metadata[UNREACHABLE] = event.message
                where = f"{flow.request.scheme}://{flow.request.host}:{flow.request.port}"
                event.message = f"wiretape cannot reach the upstream {where}: {event.message}"
            elif isinstance(event, ResponseProtocolError) and flow.response is None:
                # The upstream hung up without an answer, and so do we; mitmproxy would make one up.
                event.code = ErrorCode.KILL
        yield from super().handle_protocol_error(event)


class RecordingLayer(HttpLayer):
    """mitmproxy's HTTP layer with our streams."""

    def make_stream(self, stream_id: int) -> CommandGenerator[None]:
        """Begin an exchange."""
        context = self.context.fork()
        self.streams[stream_id] = Stream(context, stream_id)
        yield from self.event_to_child(self.streams[stream_id], events.Start())

    def get_connection(self, event: GetHttpConnection, *, reuse: bool = True) -> CommandGenerator[None]:
        """Hand out the upstream in memory to an exchange that has a plan, a real one to one that may go live.

        Who was never said to go live does not: it may belong to a session that is only replayed.
        """
        stream = self.command_sources.get(event)
        flow = getattr(stream, "flow", None)
        if isinstance(stream, HttpStream) and flow is not None and PLAN in flow.metadata:
            yield from self._connect_in_memory(event, stream)
        elif flow is None or LIVE in flow.metadata or flow.request.method == "CONNECT":
            yield from super().get_connection(event, reuse=reuse)
        else:
            yield from self._refuse(event)

    def _refuse(self, event: GetHttpConnection) -> CommandGenerator[None]:
        stream = self.command_sources.pop(event)
        refusal = (None, "wiretape: replay never touches the network")
        yield from self.event_to_child(stream, GetHttpConnectionCompleted(event, refusal))

    def _connect_in_memory(self, event: GetHttpConnection, stream: HttpStream) -> CommandGenerator[None]:
        self.command_sources.pop(event)
        context = self.context.fork()
        server = Server(address=event.address)
        server.timestamp_start = time.time()
        server.state = ConnectionState.OPEN
        server.peername = server.sockname = ("cassette", 0)
        context.server = server
        self.connections[server] = MemoryUpstream(context, server, stream.flow.metadata[PLAN])
        yield from self.event_to_child(stream, GetHttpConnectionCompleted(event, (server, None)))


class ReplayingLayer(RecordingLayer):
    """The same, without a way to any real upstream: the first of two locks (the second is the guard)."""

    def get_connection(self, event: GetHttpConnection, *, reuse: bool = True) -> CommandGenerator[None]:
        """Refuse whatever has no plan."""
        stream = self.command_sources.get(event)
        if isinstance(stream, HttpStream) and PLAN in stream.flow.metadata:
            yield from super().get_connection(event, reuse=reuse)
        elif stream is not None:
            yield from self._refuse(event)


class MemoryUpstream(HttpConnection):
    """A server that is not there: it answers one request from a plan, never re-entrantly but on wake-ups."""

    def __init__(self, context: Context, connection: Connection, plan: Plan) -> None:
        super().__init__(context, connection)
        self._plan = plan
        self._stream_id = 0
        self._begun = False
        self._gone = False
        self._next: tuple[int, bytes] | None = None

    def _handle_event(self, event: events.Event) -> CommandGenerator[None]:
        if isinstance(event, RequestHeaders):
            self._stream_id = event.stream_id
        elif isinstance(event, RequestEndOfMessage):
            yield commands.RequestWakeup(0)
        elif isinstance(event, RequestProtocolError):
            self._gone = True
        elif isinstance(event, events.Wakeup) and not self._gone:
            yield from self._answer()

    def _answer(self) -> CommandGenerator[None]:
        """Give what is due, up to a slice of it; ask to be woken for the rest."""
        plan = self._plan
        if not self._begun:
            if (wait := plan.wait(plan.first_byte_us)) > 0:
                yield commands.RequestWakeup(wait)
                return
            self._begun = True
            yield ReceiveHttp(ResponseHeaders(self._stream_id, plan.response, end_stream=False))
        sent = 0
        while sent < _SLICE_BYTES:
            try:
                self._next = self._next or next(plan.chunks, None)
            except Exception as error:  # noqa: BLE001 - the head is out: all that is left is to break off
                plan.failed(error)
                yield self._break_off(f"the recording cannot be read: {error}")
                return
            if (wait := plan.wait(self._next[0] if self._next else plan.ended_us)) > 0:
                yield commands.RequestWakeup(wait)
                return
            if self._next is None:
                yield self._end()
                return
            sent += len(self._next[1])
            yield ReceiveHttp(ResponseData(self._stream_id, self._next[1]))
            self._next = None
        yield commands.RequestWakeup(0)

    def _end(self) -> commands.Command:
        if self._plan.whole:
            return ReceiveHttp(ResponseEndOfMessage(self._stream_id))
        return self._break_off("the recording breaks off here")

    def _break_off(self, why: str) -> commands.Command:
        self._gone = True
        return ReceiveHttp(ResponseProtocolError(self._stream_id, why, ErrorCode.GENERIC_SERVER_ERROR))


def install(next_layer: NextLayer, kind: type[RecordingLayer]) -> None:
    """Turn every HTTP layer of a connection into *kind*; nested ones too, as in `reverse:https`."""
    for layer in [next_layer.layer, *next_layer.context.layers]:
        if type(layer) is HttpLayer:
            layer.__class__ = kind


def serve_origin_form(next_layer: NextLayer, address: tuple[str, int]) -> bool:
    """Let a client that takes the proxy for the API itself (`GET /path`) in; says whether it is one.

    mitmproxy's regular mode would look for the upstream in the `Host` header, which names the proxy by whatever name
    the client has for it.
    """
    layer = next_layer.layer
    words = next_layer.data_client().split(b"\r\n", 1)[0].split(b" ")
    if not isinstance(layer, HttpLayer) or layer.mode is not HTTPMode.regular:
        return False
    if len(words) < 2 or not words[1].startswith((b"/", b"*")):  # noqa: PLR2004 - method and target
        return False
    next_layer.context.layers.remove(layer)
    next_layer.context.server.address = address
    next_layer.layer = HttpLayer(next_layer.context, HTTPMode.transparent)
    return True
