"""The app, called as an ASGI server calls it, and through httpx's own transport for apps."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from wiretape.addons.asgi import ReplayApp
from wiretape.proxy.answering import BrokenOff
from wiretape.proxy.decide.modes import Mode
from wiretape.proxy.run import Run
from wiretape.proxy.serve.clock import Clock
from wiretape.proxy.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

THREE = [b"one", b"two", b"drei \xc3"]


@pytest.fixture
def app(cassette: Path) -> Iterator[ReplayApp]:
    made = ReplayApp(cassette, say=lambda _: None)
    yield made
    made.close()


class Told:
    """What the app told its server."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.error: Exception | None = None

    @property
    def status(self) -> int:
        return int(self.messages[0]["status"])

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        return list(self.messages[0]["headers"])

    @property
    def chunks(self) -> list[bytes]:
        return [message["body"] for message in self.messages[1:] if message["body"]]

    @property
    def ended(self) -> bool:
        return self.messages[-1].get("more_body") is False


def call(app: ReplayApp, path: str, *parts: bytes, **scope: Any) -> Told:
    """Call the app with one request, whose body comes in *parts*."""
    told = Told()
    left = list(parts) or [b""]

    async def receive() -> dict[str, Any]:
        part = left.pop(0)
        if part == b"<gone>":
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": part, "more_body": bool(left)}

    async def send(message: Any) -> None:
        told.messages.append(dict(message))

    given = {
        "type": "http",
        "method": "GET",
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"app.test:8443")],
        "server": ("10.0.0.1", 443),
        "http_version": "1.1",
        **scope,
    }
    try:
        asyncio.run(app(given, receive, send))
    except BrokenOff as error:
        told.error = error
    return told


def get(app: ReplayApp, *paths: str, method: str = "GET", **more: Any) -> list[httpx.Response]:
    """Ask through httpx's transport for apps."""

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://app.test") as client:
            return [await client.request(method, path, **more) for path in paths]

    return asyncio.run(ask())


def test_any_host_is_the_api(app: ReplayApp) -> None:
    """The app stands in its place."""
    (answer,) = get(app, "/v1/there/")
    assert (answer.status_code, answer.text) == (200, "here")


def test_repeats_and_misses(app: ReplayApp) -> None:
    """In their order; the third is a miss, noted in the run."""
    answers = get(app, *["/v1/model/response"] * 3, method="POST", json={"b": [2], "a": 1.0})
    assert [answer.status_code for answer in answers] == [200, 200, 424]
    assert [answer.json()["n"] for answer in answers[:2]] == [1, 2]
    assert answers[2].json()["kind"] == "spent"
    assert [miss.kind for miss in app.run.playback.misses] == ["spent"]


def test_chunks_are_messages(app: ReplayApp) -> None:
    """One for each, then the end; the server frames them as it likes."""
    told = call(app, "/v1/three")
    assert told.chunks == THREE
    assert told.ended
    assert [message["more_body"] for message in told.messages[1:]] == [True, True, True, False]


def test_headers_as_asgi_wants_them(app: ReplayApp) -> None:
    """Lower case, in their order and number; what belongs to a connection is left to the server."""
    assert call(app, "/v1/headers").headers == [
        (b"content-type", b"application/octet-stream"),
        (b"content-length", b"0"),
        (b"x-lower", b"1"),
        (b"x-upper", b"2"),
        (b"x-dup", b"a"),
        (b"x-dup", b"b"),
        (b"x-no", b""),
    ]
    assert b"transfer-encoding" not in dict(call(app, "/v1/sse").headers)
    assert b"connection" not in dict(call(app, "/v1/until-close").headers)


@pytest.mark.parametrize(("path", "status"), [("/v1/gone", 204), ("/v1/same", 304), ("/v1/head", 200)])
def test_answers_without_a_body(app: ReplayApp, path: str, status: int) -> None:
    """They end at once; a 304 promises nothing that a server would wait for."""
    method = {"/v1/gone": "DELETE", "/v1/head": "HEAD"}.get(path, "GET")
    told = call(app, path, method=method)
    assert (told.status, told.chunks, told.ended) == (status, [], True)
    assert (b"content-length" in dict(told.headers)) == (status == 200)


@pytest.mark.parametrize(
    ("path", "before"), [("cut", THREE), ("cut-at-once", []), ("short", [b"half"]), ("left", THREE)]
)
def test_what_broke_off_is_never_ended(app: ReplayApp, path: str, before: list[bytes]) -> None:
    """An error after the bytes that came: a server closes the connection on it."""
    told = call(app, f"/v1/{path}")
    assert told.chunks == before
    assert not told.ended
    assert str(told.error) == f"the recorded answer broke off after {sum(map(len, before))} bytes"


class TestWhereItIs:
    """Paths below where the app is mounted, and redirects that lead back there."""

    def test_mounted(self, app: ReplayApp) -> None:
        """The path has the mount's in front, as ASGI has it."""
        told = call(app, "/api/x/v1/moved", root_path="/api/x")
        assert dict(told.headers)[b"location"] == b"https://app.test:8443/api/x/v1/there/"
        assert call(app, "/api/x/v1/there/", root_path="/api/x").chunks == [b"here"]

    def test_mounted_where_the_path_needs_escapes(self, app: ReplayApp) -> None:
        """Escapes of the mount and of the path are told apart."""
        told = call(
            app,
            "/ä b/v1/sp ace",
            root_path="/ä b",
            raw_path=b"/%C3%A4%20b/v1/sp%20ace",
            query_string=b"a=%2F&b=2",
        )
        assert told.chunks == [b"spaced"]

    def test_a_root_that_the_path_does_not_have(self, app: ReplayApp) -> None:
        """Nothing is cut off but the whole root: `/v1` is none of `/v1x`."""
        assert call(app, "/v1/there/", root_path="/v").chunks == [b"here"]

    def test_a_path_that_middleware_changed(self, app: ReplayApp) -> None:
        """It counts more than the raw one."""
        assert call(app, "/v1/sp ace", raw_path=b"/before", query_string=b"b=2&a=/").chunks == [b"spaced"]

    def test_no_raw_path(self, app: ReplayApp) -> None:
        """It is optional."""
        assert call(app, "/v1/sp ace", raw_path=None, query_string=b"b=2&a=/").chunks == [b"spaced"]

    def test_redirects_lead_back(self, app: ReplayApp) -> None:
        """To where the client asked; elsewhere stays elsewhere."""
        found = [dict(call(app, f"/v1/{path}").headers)[b"location"] for path in ("moved", "moved-near", "moved-far")]
        assert found == [b"https://app.test:8443/v1/there/", b"/v1/there/", b"https://elsewhere.test/x"]

    def test_without_a_host(self, app: ReplayApp) -> None:
        """The server's own name stands in."""
        assert dict(call(app, "/v1/moved", headers=[]).headers)[b"location"] == b"https://10.0.0.1/v1/there/"


def test_sessions_by_prefix_and_header(app: ReplayApp) -> None:
    """Each has its own cursors; redirects keep the prefix."""
    assert call(app, "/~other/v1/there/").chunks == [b"other"]
    named = [(b"x-wiretape-session", b"default")]
    assert call(app, "/v1/there/", headers=named).chunks == [b"here"]
    told = call(app, "/api/~default/v1/moved-near", root_path="/api")
    assert dict(told.headers)[b"location"] == b"/api/~default/v1/there/"
    assert call(app, "/~third/v1/there/").status == 424


def test_a_body_in_parts(app: ReplayApp) -> None:
    """It counts whole."""
    told = call(app, "/v1/model/response", b'{"a":', b"1,", b'"b":[2]}', method="POST")
    assert json.loads(told.chunks[0]) == {"n": 1}


def test_a_client_that_leaves_before_it_has_asked(app: ReplayApp) -> None:
    """Gets no answer and uses up none."""
    assert call(app, "/v1/there/", b"", b"<gone>").messages == []
    assert app.run.playback.player.served == 0


def test_websockets_are_refused(app: ReplayApp) -> None:
    """Before they are accepted, and noted as a miss."""
    told = call(app, "/v1/stream", type="websocket", scheme="wss")
    assert [message["type"] for message in told.messages] == ["websocket.close"]
    assert len(app.run.playback.misses) == 1


def test_a_server_that_ends_closes_the_cassette(cassette: Path) -> None:
    """By the lifespan protocol; a run of the caller's stays open."""
    run = Run.open(Settings(cassette=cassette, mode=Mode.REPLAY), Clock())

    async def live(app: ReplayApp) -> list[str]:
        phases = iter(["lifespan.startup", "lifespan.shutdown"])
        said: list[str] = []

        async def receive() -> dict[str, Any]:
            return {"type": next(phases)}

        async def send(message: Any) -> None:
            said.append(message["type"])

        await app({"type": "lifespan"}, receive, send)
        return said

    own, given = ReplayApp(cassette), ReplayApp(run)
    for app in (own, given):
        assert asyncio.run(live(app)) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert own.run.closed
    assert not run.closed
    run.close()


def test_recorded_pace(cassette: Path) -> None:
    """No message before its time."""
    app = ReplayApp(cassette, pace="recorded")
    began = time.monotonic()
    assert call(app, "/v1/three").chunks == THREE
    assert time.monotonic() - began >= 0.090
    app.close()
