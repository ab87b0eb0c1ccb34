"""The same recordings without the fixture and without a socket: by httpx's transport, and by an ASGI app."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from helpdesk import API, create_app

from wiretape.addons.asgi import ReplayApp
from wiretape.addons.httpx import AsyncReplayTransport

if TYPE_CHECKING:
    from collections.abc import Iterator

CASSETTE = Path(__file__).parent / "cassettes" / "test_helpdesk.cassette"
CAPITAL = {"text": "Which city is the capital of Switzerland?"}
QUESTION = {"inputs": [{"role": "user", "content": CAPITAL["text"]}], "model": "gpt-4o"}


def test_by_a_transport() -> None:
    """The app has its own httpx client; only the transport is another."""
    transport = AsyncReplayTransport(CASSETTE, session="test_answer")
    with TestClient(create_app(url=API, key="ak_none", transport=transport)) as desk:
        assert desk.post("/answers", json=CAPITAL).json()["finished"] is True
        # Recorded once, asked twice: a miss, which the API's own error envelope tells.
        assert desk.post("/answers", json=CAPITAL).json() == {"detail": "the model does not answer: WIRETAPE_MISS"}
    assert [miss.kind for miss in transport.run.playback.misses] == ["spent"]


def test_by_an_app_in_the_apis_place() -> None:
    """An ASGI app for the API, below the app under test's own client."""
    replay = ReplayApp(CASSETTE, session="test_answer")
    transport = httpx.ASGITransport(replay)
    with TestClient(create_app(url="http://api.test", key="ak_none", transport=transport)) as desk:
        assert desk.post("/answers", json=CAPITAL).json()["finished"] is True
    replay.close()


def test_mounted() -> None:
    """In an app that has other things to serve; a path tells the session."""
    app = FastAPI()
    replay = ReplayApp(CASSETTE, session="test_answer")
    app.mount("/api", replay)
    with TestClient(app) as client:
        assert client.post("/api/v1/model/response", json=QUESTION).json()["success"] is True
        listed = client.get("/api/~test_models/v1/models").json()
    assert {model["key"] for model in listed["models"]} >= {"gpt-4o"}
    replay.close()


@contextmanager
def served(app: ReplayApp) -> Iterator[str]:
    """*app* served by uvicorn on a free port; its address."""
    # The recorded answers have a Date and a Server of their own.
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, log_config=None, date_header=False, server_header=False, lifespan="on")
    )
    ready = threading.Event()
    startup = server.startup

    async def announced(sockets: list[object] | None = None) -> None:
        await startup(sockets)
        ready.set()

    server.startup = announced
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    assert ready.wait(30)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def test_served_by_uvicorn() -> None:
    """For any client, in any language; what broke off in the recording breaks off on the wire."""
    app = ReplayApp(CASSETTE, session="test_stream")
    with served(app) as url, httpx.Client(base_url=url) as client:
        asked = {"inputs": [{"role": "user", "content": "Say hello. [[split]]"}], "model": "gpt-4o", "stream": True}
        answer = client.post("/v1/model/response", json=asked)
        assert answer.text.endswith("data: [DONE]\n\n")
        assert len(answer.headers.get_list("date")) == 1
        cut = {"inputs": [{"role": "user", "content": "Write a long poem. [[cut]]"}], "model": "gpt-4o", "stream": True}
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
            client.post("/~test_a_stream_that_breaks_off/v1/model/response", json=cut)
    assert app.run.closed, "uvicorn ends the app's lifespan, and with it the replay"
