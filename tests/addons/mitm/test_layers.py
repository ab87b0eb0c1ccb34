# pyright: reportUnknownMemberType=false
# (mitmproxy leaves its states without annotations)
"""What is relied upon of mitmproxy's internals: where a new version breaks one of these, layers.py needs a look."""

from __future__ import annotations

import importlib.metadata
import inspect
from typing import TYPE_CHECKING

import pytest
from mitmproxy import http, options
from mitmproxy.connection import Client
from mitmproxy.proxy import context, events
from mitmproxy.proxy.layers.http import GetHttpConnection, HttpLayer, HTTPMode, HttpStream
from mitmproxy.test import tflow

from wiretape.addons.mitm import layers

if TYPE_CHECKING:
    from collections.abc import Callable


def test_the_version() -> None:
    """Tried with this line of versions."""
    assert importlib.metadata.version("mitmproxy").startswith("12.")


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        (HttpLayer.get_connection, ["self", "event", "reuse"]),
        (HttpLayer.make_stream, ["self", "stream_id"]),
        (HttpLayer.event_to_child, ["self", "child", "event"]),
        (HttpStream.send_response, ["self", "already_streamed"]),
        (HttpStream.handle_protocol_error, ["self", "event"]),
    ],
)
def test_what_is_overridden_looks_as_it_did(function: Callable[..., object], parameters: list[str]) -> None:
    """Signatures."""
    assert list(inspect.signature(function).parameters) == parameters


def make_layer(kind: type[layers.RecordingLayer]) -> layers.RecordingLayer:
    client = Client(peername=("127.0.0.1", 1), sockname=("127.0.0.1", 2), timestamp_start=0.0)
    surroundings = context.Context(client, options.Options())
    return kind(surroundings, HTTPMode.transparent)


def make_stream(kind: type[layers.RecordingLayer]) -> tuple[layers.RecordingLayer, layers.Stream]:
    layer = make_layer(kind)
    list(layer.make_stream(1))
    stream = layer.streams[1]
    assert isinstance(stream, layers.Stream)
    stream.flow = tflow.tflow(resp=True)
    return layer, stream


def test_what_is_held_back_follows_the_response_hook() -> None:
    """Hook first, then the last byte, then the end of the message."""
    _, stream = make_stream(layers.RecordingLayer)
    stream.client_state = stream.state_done
    stream.flow.metadata[layers.HELD] = b"!"
    told: list[str] = []
    for command in stream.send_response(already_streamed=True):
        event: object = getattr(command, "event", command)
        told.append(type(event).__name__ + str(getattr(event, "data", "")))
    assert told == ["HttpResponseHook", "ResponseDatab'!'", "DropStream", "ResponseEndOfMessage"]


def ask(layer: layers.RecordingLayer, stream: layers.Stream) -> list[tuple[object, str | None]]:
    """What a stream that asks for an upstream is told."""
    told: list[tuple[object, str | None]] = []

    def hear(event: events.Event) -> list[object]:
        if isinstance(event, events.CommandCompleted):
            told.append(event.reply)
        return []

    stream.handle_event = hear  # type: ignore[assignment, method-assign]
    asked = GetHttpConnection(("api.aitronos.com", 443), tls=True, via=None)
    layer.command_sources[asked] = stream
    list(layer.get_connection(asked))
    return told


def test_replay_has_no_way_out() -> None:
    """Without a plan there is no connection, and none is tried."""
    ((connection, error),) = ask(*make_stream(layers.ReplayingLayer))
    assert connection is None
    assert error == "wiretape: replay never touches the network"


def test_what_was_never_said_to_go_live_does_not() -> None:
    """Beside a recording there may be sessions that are only replayed."""
    ((connection, error),) = ask(*make_stream(layers.RecordingLayer))
    assert connection is None
    assert error == "wiretape: replay never touches the network"


@pytest.mark.parametrize("kind", [layers.RecordingLayer, layers.ReplayingLayer])
def test_a_plan_is_carried_out_in_memory(kind: type[layers.RecordingLayer]) -> None:
    """With a plan the upstream is in memory, in either layer."""
    layer, stream = make_stream(kind)
    stream.flow.metadata[layers.PLAN] = layers.Plan(http.Response.make(200), iter([(0, b"x")]))
    ((connection, error),) = ask(layer, stream)
    assert error is None
    assert any(isinstance(upstream, layers.MemoryUpstream) for upstream in layer.connections.values())
    assert connection in layer.connections
