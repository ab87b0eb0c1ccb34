"""Streams beside other calls, in chunks and in time, by the real binary."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from tests.functional.conftest import Proxy, Wiretape
    from wiretape.addons.standin import StandIn

pytestmark = pytest.mark.functional

ASK = {"inputs": [{"role": "user", "content": "Hello"}], "stream": True}


def converse(proxy: Proxy) -> list[object]:
    """A stream, cancelled and taken up again while it runs; what the client saw, in order."""
    seen: list[object] = []
    # The stand-in tells a piece every 100 ms; a replay may be over at once, and the client must not mind.
    slow = {"X-Standin": "delay=100"}
    with (
        httpx.Client(base_url=proxy.url, timeout=30) as client,
        client.stream("POST", "/v1/model/response", json=ASK, headers=slow) as stream,
    ):
        lines = stream.iter_lines()
        created = next(json.loads(line[6:]) for line in lines if '"response.created"' in line)
        thread = created["thread_id"]
        cancelled = client.post(f"/v1/model/response/{thread}/cancel")
        seen.append(("cancel", cancelled.status_code, cancelled.content))
        with client.stream("GET", f"/v1/model/response/{thread}/stream?last_event_id=1") as again:
            seen.append(("again", again.read()))
        seen.append(("rest", list(lines)))
    return seen


@pytest.mark.parametrize("pace", ["instant", "recorded"])
def test_cancel_and_reconnect_beside_a_running_stream(wiretape: Wiretape, standin: StandIn, pace: str) -> None:
    """Three calls of one thread in flight at once are three interactions, each with its own bytes."""
    with wiretape.serving("record", "--upstream", standin.url) as proxy:
        recorded = converse(proxy)
        assert proxy.end().code == 0
    hits = standin.hits
    with wiretape.serving("replay", "--strict", "--pace", pace) as proxy:
        assert converse(proxy) == recorded
        done = proxy.end()
    assert (done.code, standin.hits) == (0, hits), done.err
    first, second, third = wiretape.json("ls")
    assert [i["path"].rpartition("/")[2] for i in (first, second, third)] == ["response", "cancel", "stream"]
    assert first["duration_us"] > second["duration_us"]


@pytest.mark.parametrize(("pace", "least", "most"), [("instant", 0, 0.8), ("4x", 0.2, 0.85), ("recorded", 0.9, 5.0)])
@pytest.mark.parametrize("engine", ["direct", "mitmproxy"])
def test_pace(wiretape: Wiretape, standin: StandIn, engine: str, pace: str, least: float, most: float) -> None:
    """At once, four times as fast, as recorded; the bounds are wide, for benchmarks/pace.py measures."""
    with wiretape.serving("record", "--upstream", standin.url) as proxy:
        url = f"{proxy.url}/v1/model/response"
        recorded = httpx.post(url, json=ASK, headers={"X-Standin": "delay=100"}, timeout=30).content
        proxy.end()
    with wiretape.serving("replay", "--pace", pace, "--engine", engine) as proxy:
        httpx.get(f"{proxy.url}/warm-up")
        began = time.monotonic()
        assert httpx.post(f"{proxy.url}/v1/model/response", json=ASK, timeout=30).content == recorded
        assert least <= time.monotonic() - began <= most
        proxy.end()
