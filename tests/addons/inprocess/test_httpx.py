"""httpx without a socket: the same as over one, in status, headers, chunks, errors and misses."""

from __future__ import annotations

import asyncio
import gc
import json
import threading
import time
from typing import TYPE_CHECKING, Any, NoReturn

import httpx
import msgspec
import pytest

from wiretape.addons.httpx import AsyncReplayTransport, ReplayTransport
from wiretape.proxy.decide.modes import Mode, WhenSpent
from wiretape.proxy.run import Run
from wiretape.proxy.runs import Runs
from wiretape.proxy.serve.clock import Clock
from wiretape.proxy.serve.threaded import ThreadedReplay
from wiretape.proxy.settings import Listen, Settings
from wiretape.store.errors import CassetteMissing, SessionMissing, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wiretape.proxy.recorded import Recorded

API = "http://api.aitronos.com"
THREE = [b"one", b"two", b"drei \xc3"]

ASKED = {
    "json": ("POST", "/v1/model/response", b'{"b": [2.0], "a": 1}'),
    **{
        path: ("GET", f"/v1/{path}", b"")
        for path in (
            "sse",
            "three",
            "cut",
            "cut-at-once",
            "short",
            "left",
            "unseen",
            "until-close",
            "empty",
            "gzip",
            "headers",
            "odd",
            "old",
            "same",
            "moved",
            "moved-near",
            "moved-far",
            "long",
            "sp ace?a=/&b=2",
            "never-recorded",
        )
    },
    "head": ("HEAD", "/v1/head", b""),
    "head, missed": ("HEAD", "/v1/three", b""),
    "204": ("DELETE", "/v1/gone", b""),
}

MISSED = ("never-recorded", "head, missed")


def opened(cassette: Path, session: str = "default") -> Run:
    settings = Settings(
        cassette=cassette, session=session, mode=Mode.REPLAY, when_spent=WhenSpent.MISS, listen=Listen(port=0)
    )
    return Run.open(settings, Clock())


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def transport(cassette: Path, said: list[str]) -> Iterator[ReplayTransport]:
    with ReplayTransport(cassette, say=said.append) as made:
        yield made


@pytest.fixture
def client(transport: ReplayTransport) -> Iterator[httpx.Client]:
    with httpx.Client(transport=transport, base_url=API) as made:
        yield made


def heard(response: httpx.Response) -> dict[str, object]:
    """All that a client sees of a head."""
    return {
        "status": response.status_code,
        "reason": response.reason_phrase,
        "version": response.http_version,
        "headers": response.headers.raw,
    }


def asked(client: httpx.Client, method: str, path: str, content: bytes) -> tuple[dict[str, object], list[bytes], str]:
    """What is heard, the chunks, and how it ended."""
    chunks: list[bytes] = []
    with client.stream(method, path, content=content) as response:
        try:
            chunks.extend(response.iter_raw())
        except httpx.TransportError as error:
            return heard(response), chunks, f"{type(error).__name__}: {error}"
    return heard(response), chunks, "whole"


def test_the_same_as_over_a_socket(cassette: Path, client: httpx.Client) -> None:
    """Head, bytes, error and its words: an app cannot tell the difference."""
    run = opened(cassette)
    with ThreadedReplay(Runs(run)) as replay, httpx.Client(proxy=replay.url, base_url=API) as other:
        for name, request in ASKED.items():
            expected, found = asked(other, *request), asked(client, *request)
            assert found[0] == expected[0], name
            assert b"".join(found[1]) == b"".join(expected[1]), name
            assert found[2] == expected[2], name
            assert (found[0]["status"] == 424) == (name in MISSED), name
    run.close()


async def asked_async(client: httpx.AsyncClient, method: str, path: str, content: bytes) -> object:
    chunks: list[bytes] = []
    async with client.stream(method, path, content=content) as response:
        try:
            async for chunk in response.aiter_raw():
                chunks.append(chunk)  # noqa: PERF401 - what came before an error counts
        except httpx.TransportError as error:
            return heard(response), chunks, f"{type(error).__name__}: {error}"
    return heard(response), chunks, "whole"


def test_async_hears_the_same(cassette: Path, client: httpx.Client) -> None:
    """Both transports tell one answer."""

    async def everything() -> dict[str, object]:
        transport = AsyncReplayTransport(cassette, say=lambda _: None)
        async with httpx.AsyncClient(transport=transport, base_url=API) as other:
            return {name: await asked_async(other, *request) for name, request in ASKED.items()}

    assert asyncio.run(everything()) == {name: asked(client, *request) for name, request in ASKED.items()}


def test_chunks_are_the_recorded_ones(client: httpx.Client) -> None:
    """`iter_raw` gives them one by one, split inside a character as they were."""
    assert asked(client, *ASKED["three"])[1] == THREE
    assert [len(chunk) for chunk in asked(client, *ASKED["long"])[1]] == [8 * 4096] * 40


@pytest.mark.parametrize(
    ("path", "before", "words"),
    [
        ("cut", THREE, "incomplete chunked read"),
        ("cut-at-once", [], "incomplete chunked read"),
        ("short", [b"half"], "received 4 bytes, expected 8"),
        ("left", THREE, "incomplete chunked read"),
    ],
)
def test_what_broke_off_breaks_off(client: httpx.Client, path: str, before: list[bytes], words: str) -> None:
    """After the bytes that came, with the error of a connection that is lost."""
    _, chunks, ended = asked(client, "GET", f"/v1/{path}", b"")
    assert chunks == before
    assert ended.startswith("RemoteProtocolError: peer closed connection")
    assert words in ended


def test_repeats_come_in_their_order_and_are_spent(client: httpx.Client, transport: ReplayTransport) -> None:
    """The third is a miss, told in the API's own envelope and noted in the run."""
    answers = [client.post("/v1/model/response", json={"a": 1, "b": [2]}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 424]
    assert [answer.json()["n"] for answer in answers[:2]] == [1, 2]
    assert answers[2].json()["error"]["code"] == "WIRETAPE_MISS"
    assert [miss.kind for miss in transport.run.playback.misses] == ["spent"]


def test_a_miss_names_the_nearest_recording(client: httpx.Client, transport: ReplayTransport, said: list[str]) -> None:
    """To the client, to whoever listens, and in the summary of the run."""
    answer = client.post("/v1/model/response", json={"a": 5, "b": [2]})
    assert answer.headers["x-wiretape-miss"] == "unknown"
    assert answer.json()["nearest"][0]["interaction"] == "default/1"
    assert any("$.a: recorded 1, asked 5" in line for line in said)
    assert transport.run.close().exit_code(0) == 1


def test_nobody_else_is_asked(client: httpx.Client) -> None:
    """A host that is not the API is a miss: nothing goes out."""
    answer = client.get("https://example.org/x")
    assert answer.status_code == 424
    assert "example.org is not the API" in answer.json()["detail"]


def test_our_own_failure_is_a_miss(
    client: httpx.Client, transport: ReplayTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is an answer like any other miss, and fails the run."""

    def fail(*_: object) -> NoReturn:
        raise ZeroDivisionError("on trial")

    monkeypatch.setattr(transport.run.playback, "recorded", fail)
    answer = client.get("/v1/there/")
    assert (answer.status_code, answer.json()["kind"]) == (424, "failure")
    assert "ZeroDivisionError: on trial" in answer.text
    assert transport.run.close().exit_code(0) == 1


def test_a_recording_that_cannot_be_read_on_breaks_off(
    client: httpx.Client, transport: ReplayTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The head is out, so the body ends in the error of a broken connection, and the run does not end well."""
    recorded = transport.run.playback.recorded

    def torn(*asked: Any) -> Recorded:
        whole = recorded(*asked)

        def pieces() -> Iterator[bytes]:
            yield next(whole.pieces)[:100_000]
            raise ValueError("torn")

        return msgspec.structs.replace(whole, pieces=pieces())

    monkeypatch.setattr(transport.run.playback, "recorded", torn)
    _, chunks, ended = asked(client, *ASKED["long"])
    assert len(b"".join(chunks)) == 3 * 8 * 4096
    assert ended.startswith("RemoteProtocolError: the recording cannot be read")
    assert transport.run.close().defects == ["ValueError: torn"]


def test_after_the_end_every_request_is_a_miss(cassette: Path) -> None:
    """A run that is over answers nothing, whatever client still asks."""
    run = opened(cassette)
    with httpx.Client(transport=ReplayTransport(run, say=lambda _: None), base_url=API) as client:
        run.close()
        answer = client.get("/v1/there/")
    assert answer.status_code == 424
    assert "its session was closed" in answer.json()["detail"]


class TestSessions:
    def test_one_transport_for_each(self, cassette: Path) -> None:
        """By name."""
        with httpx.Client(transport=ReplayTransport(cassette, session="other")) as client:
            assert client.get(f"{API}/v1/there/").text == "other"

    def test_told_by_a_header(self, client: httpx.Client) -> None:
        """As through a proxy."""
        assert client.get("/v1/there/", headers={"X-Wiretape-Session": "other"}).text == "other"
        assert client.get("/v1/there/").text == "here"

    def test_one_that_is_not_there_is_a_miss(self, client: httpx.Client) -> None:
        """It says which there are."""
        answer = client.get("/v1/there/", headers={"X-Wiretape-Session": "third"})
        assert answer.status_code == 424
        assert "'default', 'other'" in answer.json()["detail"]


class TestRun:
    def test_an_open_run_stays_open(self, cassette: Path) -> None:
        """Its cursors are shared, and closing a client closes nothing of it."""
        run = opened(cassette)
        for expected in (1, 2):
            with httpx.Client(transport=ReplayTransport(run), base_url=API) as client:
                assert client.post("/v1/model/response", json={"a": 1, "b": [2]}).json() == {"n": expected}
        assert not run.closed
        assert run.close().served == 2

    def test_it_has_its_own_options(self, cassette: Path) -> None:
        """Those given here would not count, so they are refused."""
        run = opened(cassette)
        with pytest.raises(UsageError, match="open already"):
            ReplayTransport(run, pace="recorded")
        run.close()

    def test_it_must_replay(self, tmp_path: Path) -> None:
        """A run that records would want to go out."""
        run = Run.open(Settings(cassette=tmp_path / "new.cassette", mode=Mode.LIVE), Clock())
        with pytest.raises(UsageError, match="not only replayed"):
            ReplayTransport(run)
        run.close()

    def test_a_cassette_that_is_not_there(self, tmp_path: Path, cassette: Path) -> None:
        """Is said at once."""
        with pytest.raises(CassetteMissing):
            ReplayTransport(tmp_path / "none.cassette")
        with pytest.raises(SessionMissing, match="'default', 'other'"):
            ReplayTransport(cassette, session="none")
        with pytest.raises(UsageError, match="when_spent"):
            ReplayTransport(cassette, when_spent="never")

    def test_a_client_that_is_never_closed(self, cassette: Path) -> None:
        """Leaves no open file behind: the suite would fail on the warning."""
        transport = ReplayTransport(cassette)
        run = transport.run
        assert httpx.Client(transport=transport).get(f"{API}/v1/there/").text == "here"
        del transport
        gc.collect()
        assert run.closed


class TestOptions:
    def test_other_names(self, cassette: Path) -> None:
        """A base URL of the tests' own is the API where it is called so."""
        with httpx.Client(transport=ReplayTransport(cassette, alias=["app.test"]), base_url="http://app.test:81") as c:
            answer = c.get("/v1/moved", follow_redirects=True)
        assert (answer.text, str(answer.url)) == ("here", "http://app.test:81/v1/there/")

    def test_spent_is_repeated(self, cassette: Path) -> None:
        """Where that is wanted."""
        with httpx.Client(transport=ReplayTransport(cassette, when_spent="repeat"), base_url=API) as client:
            assert [client.get("/v1/there/").text for _ in range(3)] == ["here"] * 3

    def test_the_settings_file_counts(self, cassette: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """As on the command line."""
        (cassette.parent / "wiretape.toml").write_text('alias = ["app.test"]\nwhen_spent = "repeat"\n')
        monkeypatch.chdir(cassette.parent)
        with httpx.Client(transport=ReplayTransport("x.cassette"), base_url="http://app.test") as client:
            assert [client.get("/v1/there/").text for _ in range(2)] == ["here"] * 2

    def test_misses_are_logged(self, cassette: Path, caplog: pytest.LogCaptureFixture) -> None:
        """Where nobody else listens."""
        transport = ReplayTransport(cassette)
        with httpx.Client(transport=transport, base_url=API) as client:
            client.get("/v1/never")
        (miss,) = transport.run.playback.misses
        assert caplog.messages == [f"wiretape: {line}" for line in miss.lines()]


class TestPace:
    def test_recorded(self, cassette: Path) -> None:
        """Each chunk not before its time, the end at its own."""
        with httpx.Client(transport=ReplayTransport(cassette, pace="recorded"), base_url=API) as client:
            began = time.monotonic()
            with client.stream("GET", "/v1/three") as response:
                times = [time.monotonic() - began for _ in response.iter_raw()]
        times.append(time.monotonic() - began)
        assert all(at >= due for at, due in zip(times, (0.002, 0.040, 0.041, 0.090), strict=True)), times

    def test_instant_waits_for_nothing(self, cassette: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Not even for no time at all."""

        def slept(_: float) -> NoReturn:
            pytest.fail("slept")

        monkeypatch.setattr(time, "sleep", slept)
        with httpx.Client(transport=ReplayTransport(cassette), base_url=API) as client:
            assert client.get("/v1/three").content == b"".join(THREE)

    def test_a_client_without_patience(self, cassette: Path) -> None:
        """Times out where it would over a socket, having the chunks that came in time."""
        transport = ReplayTransport(cassette, pace="recorded")
        with httpx.Client(transport=transport, base_url=API, timeout=0.01) as client:
            _, chunks, ended = asked(client, *ASKED["three"])
        assert (chunks, ended) == ([b"one"], "ReadTimeout: timed out")

    def test_async_waits_without_blocking(self, cassette: Path) -> None:
        """Others have their turn meanwhile."""

        async def two() -> tuple[float, list[bytes]]:
            transport = AsyncReplayTransport(cassette, pace="0.5x", when_spent="repeat")
            async with httpx.AsyncClient(transport=transport, base_url=API) as client:
                began = time.monotonic()
                answers = await asyncio.gather(*(client.get("/v1/three") for _ in range(20)))
                return time.monotonic() - began, [answer.content for answer in answers]

        took, bodies = asyncio.run(two())
        assert bodies == [b"".join(THREE)] * 20
        assert 0.180 <= took < 20 * 0.180


def test_a_client_that_stops_reading(cassette: Path) -> None:
    """A long answer is read as it is told, and leaves nothing open when it is not told to its end."""
    transport = ReplayTransport(cassette)
    with httpx.Client(transport=transport, base_url=API) as client:
        with client.stream("GET", "/v1/long") as response:
            assert len(next(response.iter_raw())) == 8 * 4096
        assert client.get("/v1/there/").text == "here"
    assert transport.run.close().defects == []


def test_threads_take_turns(cassette: Path) -> None:
    """Each answer is served once, whoever asks."""
    transport = ReplayTransport(cassette, say=lambda _: None)
    statuses: list[int] = []
    with httpx.Client(transport=transport, base_url=API) as client:

        def ask() -> None:
            statuses.extend(client.post("/v1/model/response", json={"a": 1, "b": [2]}).status_code for _ in range(3))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(statuses) == [200] * 2 + [424] * 22
    assert len(transport.run.playback.misses) == 22


def test_an_upload_from_a_generator(client: httpx.Client) -> None:
    """The body is what was sent, however."""
    answer = client.post("/v1/model/response", content=(part for part in (b'{"a":1,', b'"b":[2]}')))
    assert answer.json() == {"n": 1}


def test_a_later_version_is_named_as_httpx_does(tmp_path: Path) -> None:
    """An HTTP/2 answer has its version, no words of its own, and nothing added to its headers."""
    from wiretape.addons.testing import a_cassette, as_chunks, exchange

    body = as_chunks((1_000, b"a"), (2_000, b"b"))
    cut = exchange(
        "GET", "/v1/cut", response=body, http_version="HTTP/2.0", headers=[("x", "y")], ended="upstream_error"
    )
    a_cassette(tmp_path / "h2.cassette", {"default": [cut]})
    with httpx.Client(transport=ReplayTransport(tmp_path / "h2.cassette"), base_url=API) as client:
        told, chunks, ended = asked(client, "GET", "/v1/cut", b"")
    assert (told["version"], told["reason"], chunks) == ("HTTP/2", "OK", [b"a", b"b"])
    assert ended.startswith("RemoteProtocolError")


def test_what_is_echoed_is_the_live_value(tmp_path: Path) -> None:
    """Of each request its own."""
    from wiretape.addons.testing import a_cassette, exchange
    from wiretape.proxy.decide.rules import Rules

    one = exchange("POST", "/v1/x", request={"id": "recorded-1", "q": 1}, response={"id": "recorded-1"})
    path = a_cassette(tmp_path / "echo.cassette", {"default": [one]}, rules=Rules(echo=("$.id",)))
    with httpx.Client(transport=ReplayTransport(path, when_spent="repeat"), base_url=API) as client:
        for live in ("live-number-2", "live-number-3"):
            assert client.post("/v1/x", json={"id": live, "q": 1}).json() == {"id": live}


def test_the_official_sdk(cassette: Path) -> None:
    """It takes an httpx client, and shows a miss as its own error, without trying again."""
    from aitronos import Aitronos
    from aitronos.core.api_error import ApiError

    transport = ReplayTransport(cassette, say=lambda _: None)
    with httpx.Client(transport=transport) as own:
        sdk = Aitronos(api_key="ak_none", httpx_client=own)
        with pytest.raises(ApiError) as caught:
            sdk.models.list_models()
    assert caught.value.status_code == 424
    assert len(transport.run.playback.misses) == 1
    assert json.dumps(caught.value.body).count("WIRETAPE_MISS") == 1
