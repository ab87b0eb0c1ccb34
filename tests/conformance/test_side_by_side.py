"""Many sessions through one proxy at once, in both engines: none sees another's answer, by whatever way it is named."""

from __future__ import annotations

import base64
import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from wiretape.addons.remote import RemoteProxy
from wiretape.addons.standin import StandIn
from wiretape.store.cassette import Cassette
from wiretape.store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.conformance.conftest import Proxy, Serve

ENGINES = ("mitmproxy", "direct")
CLIENTS = 50
ROUNDS = 4
API = "https://api.aitronos.com"
BODY = {"inputs": [{"role": "user", "content": "the same of all"}], "model": "gpt-4o"}


def converse(client: httpx.Client) -> list[bytes]:
    """What is answered to the same requests, asked by everybody."""
    answers = [client.post("/v1/model/response", json=BODY).raise_for_status().content for _ in range(ROUNDS)]
    with client.stream("POST", "/v1/model/response", json={**BODY, "stream": True}) as stream:
        answers.append(b"".join(stream.iter_raw()))
    return answers


def by_prefix(port: int, label: str, bundle: str) -> httpx.Client:
    del bundle
    return httpx.Client(base_url=f"http://127.0.0.1:{port}/~{label}", trust_env=False, timeout=60)


def by_user_in_a_tunnel(port: int, label: str, bundle: str) -> httpx.Client:
    proxy = f"http://{label}:x@127.0.0.1:{port}"
    return httpx.Client(base_url=API, proxy=proxy, verify=_trusting(bundle), trust_env=False, timeout=60)


def by_user(port: int, label: str, bundle: str) -> httpx.Client:
    del bundle
    proxy = f"http://{label}:x@127.0.0.1:{port}"
    return httpx.Client(base_url="http://api.aitronos.com", proxy=proxy, trust_env=False, timeout=60)


def by_header(port: int, label: str, bundle: str) -> httpx.Client:
    del bundle
    headers = {"X-Wiretape-Session": label}
    return httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False, timeout=60)


WAYS = (by_prefix, by_user_in_a_tunnel, by_user, by_header)


def _trusting(bundle: str) -> Any:
    import ssl

    return ssl.create_default_context(cafile=bundle)


def recorder(serving: Serve, cassette: Path, standin: StandIn) -> AbstractContextManager[Proxy]:
    return serving("record", "-c", str(cassette), "--upstream", standin.url)


def all_at_once(proxy: Proxy) -> list[list[bytes]]:
    """Every client's answers; the ways take turns, so that a session is not always asked by the same one."""

    def one(number: int) -> list[bytes]:
        with WAYS[number % len(WAYS)](proxy.port, f"s{number}", proxy.bundle) as client:
            return converse(client)

    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(one, range(CLIENTS)))


@pytest.fixture(scope="module")
def recorded(serving: Serve, own_home: Path) -> tuple[Path, list[list[bytes]]]:
    """Fifty sessions recorded at once, and what each client saw: the stand-in numbers its answers."""
    cassette = own_home / "sessions.cassette"
    with (
        StandIn(frame_delay_ms=0) as standin,
        serving("record", "-c", str(cassette), "--upstream", standin.url) as proxy,
    ):
        seen = all_at_once(proxy)
    return cassette, seen


def test_recorded_apart(recorded: tuple[Path, list[list[bytes]]]) -> None:
    """Each client's interactions lie in its session alone, in its order."""
    cassette, seen = recorded
    assert len({answer for answers in seen for answer in answers[:ROUNDS]}) == CLIENTS * ROUNDS, "all differ"
    with Cassette.open(cassette) as tape:
        sessions = {session.name: session for session in tape.sessions()}
        assert set(sessions) == {f"s{n}" for n in range(CLIENTS)} | {"default"}
        assert {session.state for session in sessions.values()} == {"complete"}
        for number, answers in enumerate(seen):
            bodies = [tape.response(i.id) for i in tape.interactions(f"s{number}")]
            assert [body.body for body in bodies if body is not None] == answers
        assert all("~" not in i.target for i in tape.interactions()), "labels are no part of what was asked"


@pytest.mark.parametrize("engine", ENGINES)
def test_replayed_apart(engine: str, recorded: tuple[Path, list[list[bytes]]], serving: Serve) -> None:
    """Each gets its own answers in its own order, whoever else asks the same meanwhile."""
    cassette, seen = recorded
    with serving("replay", "-c", str(cassette), "--engine", engine, "--when-spent", "miss") as proxy:
        assert all_at_once(proxy) == seen


@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_request_many_times_at_once(engine: str, serving: Serve, own_home: Path) -> None:
    """Each of them gets an answer of its own: all that were recorded, none twice."""
    cassette = own_home / f"at-once-{engine}.cassette"

    def ask(url: str) -> bytes:
        return httpx.post(f"{url}/v1/model/response", json=BODY, trust_env=False, timeout=60).content

    with StandIn(frame_delay_ms=0) as standin, recorder(serving, cassette, standin) as proxy:
        seen = [ask(f"http://127.0.0.1:{proxy.port}") for _ in range(24)]
    options = ("-c", str(cassette), "--engine", engine, "--when-spent", "miss")
    with serving("replay", *options) as proxy, ThreadPoolExecutor(24) as pool:
        told = list(pool.map(ask, [f"http://127.0.0.1:{proxy.port}"] * 25))
    assert len(set(seen)) == 24
    assert sorted(answer for answer in told if b"WIRETAPE_MISS" not in answer) == sorted(seen)
    assert sum(b"WIRETAPE_MISS" in answer for answer in told) == 1


@pytest.fixture(scope="module", params=ENGINES)
def proxy(request: pytest.FixtureRequest, recorded: tuple[Path, list[list[bytes]]], serving: Serve) -> Iterator[Proxy]:
    """Replays what was recorded."""
    with serving("replay", "-c", str(recorded[0]), "--engine", request.param, "--when-spent", "miss") as proxy:
        yield proxy


@pytest.fixture
def remote(proxy: Proxy) -> RemoteProxy:
    """The proxy as a program asks it."""
    return RemoteProxy(f"http://127.0.0.1:{proxy.port}")


@pytest.fixture
def answers(recorded: tuple[Path, list[list[bytes]]]) -> list[list[bytes]]:
    """What each client saw."""
    return recorded[1]


class TestControl:
    @pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
    def test_one_session_twice(
        self,
        way: Callable[[int, str, str], httpx.Client],
        proxy: Proxy,
        remote: RemoteProxy,
        answers: list[list[bytes]],
    ) -> None:
        """Two replays of one session at once, each with cursors of its own."""
        with remote.open("s7") as one, remote.open("s7") as other:
            assert one.id != other.id
            for session in (one, other):
                with way(proxy.port, session.id, proxy.bundle) as client:
                    assert converse(client) == answers[7]
        assert [one.summary["served"], one.summary["misses"], one.summary["unused"]] == [ROUNDS + 1, [], []]

    def test_addresses(self, remote: RemoteProxy, answers: list[list[bytes]]) -> None:
        """What an open session says of where to ask is so."""
        with remote.open("s8") as session:
            with httpx.Client(base_url=session.url, trust_env=False) as client:
                assert client.post("/v1/model/response", json=BODY).content == answers[8][0]
            with httpx.Client(base_url="http://api.aitronos.com", proxy=session.proxy, trust_env=False) as client:
                assert client.post("/v1/model/response", json=BODY).content == answers[8][1]
            address = session.url.partition("/~")[0]
            with httpx.Client(base_url=address, headers=session.headers, trust_env=False) as client:
                assert client.post("/v1/model/response", json=BODY).content == answers[8][2]

    def test_misses_and_unused(self, remote: RemoteProxy) -> None:
        """Of this session alone; a reset forgets them."""
        with remote.open("s9") as session, remote.open("s10") as other:
            with httpx.Client(base_url=session.url, trust_env=False) as client:
                assert client.get("/v1/unknown").status_code == 424
                assert client.post("/v1/model/response", json=BODY).status_code == 200
            assert [miss["kind"] for miss in session.misses()] == ["unknown"]
            assert [found["interaction"] for found in session.unused()] == [f"s9/{n}" for n in range(2, ROUNDS + 2)]
            assert (other.misses(), len(other.unused())) == ([], ROUNDS + 1)
            assert session.facts()["served"] == 1
            session.reset()
            assert (session.misses(), len(session.unused()), session.facts()["served"]) == ([], ROUNDS + 1, 0)

    def test_a_closed_one(self, remote: RemoteProxy) -> None:
        """Answers nothing more, and says so to the client; nor does one that was never opened."""
        with remote.open("s11") as session:
            pass
        for label in (session.id, "nobody", "_never"):
            with httpx.Client(base_url=f"{remote.url}/~{label}", trust_env=False) as client:
                answer = client.get("/v1/models")
            assert answer.status_code == 424
            assert repr(label) in answer.json()["detail"]

    def test_redirects_stay_in_the_session(self, serving: Serve, own_home: Path, proxy: Proxy) -> None:
        """Whoever asks by a prefix is led back to the prefix, while recording and in replay."""
        cassette = own_home / "redirects.cassette"
        if not cassette.exists():
            with (
                StandIn(frame_delay_ms=0) as standin,
                recorder(serving, cassette, standin) as recording,
                by_prefix(recording.port, "r", "") as client,
            ):
                answer = client.get("/v1/health")
                assert answer.headers["location"].startswith(f"http://127.0.0.1:{recording.port}/~r/")
                assert client.get("/v1/health", follow_redirects=True).is_success
        remote = RemoteProxy(f"http://127.0.0.1:{proxy.port}")
        with (
            remote.open("r", cassette=cassette) as session,
            httpx.Client(base_url=session.url, trust_env=False) as client,
        ):
            assert client.get("/v1/health").headers["location"].startswith(session.url + "/")
            assert client.get("/v1/health", follow_redirects=True).is_success

    def test_health(self, remote: RemoteProxy) -> None:
        """What it says of itself."""
        health = remote.health()
        assert (health["mode"], health["session"]) == ("replay", "default")
        assert remote.sessions()[0]["id"] == "default"

    @pytest.mark.parametrize(
        ("method", "path", "body", "status"),
        [
            ("GET", "/~wiretape/nothing", None, 404),
            ("PUT", "/~wiretape/sessions", {}, 404),
            ("GET", "/~wiretape/sessions/nobody", None, 404),
            ("POST", "/~wiretape/sessions", {}, 400),
            ("POST", "/~wiretape/sessions", {"session": 7}, 400),
            ("POST", "/~wiretape/sessions", {"session": "s1", "odd": 1}, 400),
            ("POST", "/~wiretape/sessions", {"session": "s1", "pace": "soon"}, 400),
            ("POST", "/~wiretape/sessions", {"session": "s1", "mode": "record"}, 400),
            ("POST", "/~wiretape/sessions", {"session": "not there"}, 404),
            ("POST", "/~wiretape/sessions", {"session": "s1", "cassette": "/nowhere/x.cassette"}, 400),
            ("DELETE", "/~wiretape/sessions/default", None, 409),
        ],
    )
    def test_refused(self, method: str, path: str, body: object, status: int, proxy: Proxy) -> None:
        """With a document that says why, and speaks of the document's fields: the caller has no command line."""
        answer = httpx.request(method, f"http://127.0.0.1:{proxy.port}{path}", json=body, trust_env=False)
        assert (answer.status_code, answer.json()["status"]) == (status, status)
        assert answer.json()["detail"]
        assert not re.search("--[a-z]", answer.json()["detail"])

    @pytest.mark.parametrize(
        "headers",
        [
            {"Host": "evil.example"},
            {"Host": "evil.example:8787"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
        ],
        ids=str,
    )
    def test_web_pages_are_refused(self, headers: dict[str, str], proxy: Proxy) -> None:
        """A page may not open sessions, whatever name it made for this machine."""
        address = f"http://127.0.0.1:{proxy.port}/~wiretape/sessions"
        assert httpx.get(address, headers=headers, trust_env=False).status_code == 400
        answer = httpx.post(address, json={"session": "s1"}, headers=headers, trust_env=False)
        assert answer.status_code == 400

    def test_nobody_there(self) -> None:
        """One clear line."""
        with pytest.raises(UsageError, match="no wiretape answers at"):
            RemoteProxy("http://127.0.0.1:1").health()


def test_recording_in_a_session_that_was_opened(serving: Serve, own_home: Path) -> None:
    """Under a name that no address can hold, into another cassette, while the default records too; one fails."""
    cassette, other = own_home / "opened.cassette", own_home / "sub" / "other.cassette"
    with (
        StandIn(frame_delay_ms=0) as standin,
        serving("record", "-c", str(cassette), "--upstream", standin.url) as proxy,
    ):
        remote = RemoteProxy(f"http://127.0.0.1:{proxy.port}")
        session = remote.open("tests/x.py::test_a[1]", cassette=other)
        failing = remote.open("tests/x.py::test_b", cassette=other)
        with pytest.raises(UsageError, match=r"record under another name$"):
            remote.open("tests/x.py::test_b", cassette=other)
        for url in (session.url, failing.url, f"http://127.0.0.1:{proxy.port}"):
            with httpx.Client(base_url=url, trust_env=False) as client:
                assert client.post("/v1/model/response", json=BODY).is_success
        assert session.close()["recorded"] == 1
        assert failing.close("AssertionError: no")["problem"] == "AssertionError: no"
        again = remote.open("tests/x.py::test_a[1]", cassette=other, mode="replay", when_spent="miss")
        with httpx.Client(base_url=again.url, trust_env=False) as client:
            before = standin.hits
            assert client.post("/v1/model/response", json=BODY).is_success
            assert client.post("/v1/model/response", json=BODY).status_code == 424
            assert standin.hits == before, "what is replayed beside a recording never goes live"
        assert [miss["kind"] for miss in again.close()["misses"]] == ["spent"]
    with Cassette.open(other) as tape:
        states = {found.name: (found.state, found.interactions) for found in tape.sessions()}
    assert states == {"tests/x.py::test_a[1]": ("complete", 1), "tests/x.py::test_b": ("incomplete", 1)}
    with Cassette.open(cassette) as tape:
        assert [(found.name, found.interactions) for found in tape.sessions()] == [("default", 1)]


def test_users_of_tunnels_that_are_only_replayed(serving: Serve, own_home: Path) -> None:
    """Beside a recording too, a foreign host is refused inside TLS: no tunnel goes anywhere."""
    cassette = own_home / "tunnels.cassette"
    with (
        StandIn(frame_delay_ms=0) as standin,
        serving("record", "-c", str(cassette), "--upstream", standin.url) as proxy,
    ):
        with by_prefix(proxy.port, "t", "") as client:
            client.post("/v1/model/response", json=BODY)
        remote = RemoteProxy(f"http://127.0.0.1:{proxy.port}")
        remote.ask("DELETE", "sessions/t")
        with remote.open("t", mode="replay") as session:
            user = base64.b64encode(f"{session.id}:x".encode()).decode()
            headers = {"Proxy-Authorization": f"Basic {user}"}
            with proxy.line(tunnel=("foreign.test", 443), headers=headers) as line:
                answer = line.ask(b"GET /x HTTP/1.1\r\nHost: foreign.test\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 424 ")
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["kind"] == "unknown"
