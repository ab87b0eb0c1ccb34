"""Replay never goes live and never says all is well when it is not."""

from __future__ import annotations

import json
import re
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.functional.conftest import Recorded, Wiretape
    from wiretape.addons.standin import StandIn

pytestmark = pytest.mark.functional

ASK = """
import os, sys, httpx
base = "https://api.aitronos.com" if os.environ.get("BY_PROXY") else os.environ["WIRETAPE_URL"]
for text in sys.argv[1:] or %r:
    r = httpx.post(base + "/v1/model/response", json={"inputs": [{"role": "user", "content": text}]})
    print(r.status_code, r.text)
"""


def ask(*texts: str) -> str:
    return ASK % (list(texts),)


@pytest.fixture
def recorded(wiretape: Wiretape, recordings: Recorded) -> Wiretape:
    return recordings.copy(ask("Grüezi"), wiretape)


@pytest.fixture
def reached(recorded: Wiretape, recordings: Recorded) -> Callable[[], int]:
    """How many requests have reached the API since it was recorded from."""
    del recorded
    before = recordings.standin.hits
    return lambda: recordings.standin.hits - before


@pytest.mark.parametrize("way", [{}, {"BY_PROXY": "1"}], ids=["base-url", "proxy"])
def test_a_changed_prompt(recorded: Wiretape, reached: Callable[[], int], way: dict[str, str]) -> None:
    """The answer, the terminal and the end of the run name the difference and the command that mends it."""
    done = recorded.python("replay", ask("Hallo"), env=way)
    status, _, text = done.out.partition(" ")
    document = json.loads(text)
    assert (status, done.code) == ("424", 1)
    assert document["kind"] == "unknown"
    assert document["error"]["code"] == "WIRETAPE_MISS"
    (near,) = document["nearest"]
    assert near["interaction"] == "default/1"
    assert near["differences"] == ['$.inputs[0].content: recorded "Grüezi", asked "Hallo"']
    assert document["mend"].startswith(f"wiretape auto -c {recorded.cassette}")
    assert '$.inputs[0].content: recorded "Grüezi", asked "Hallo"' in done.err
    assert "1 request missed:" in done.err
    assert "1 recorded interaction not asked for:" in done.err
    assert reached() == 0


def test_asked_once_too_often(recorded: Wiretape, reached: Callable[[], int]) -> None:
    """Spent is a miss before a command; told otherwise, the last answer comes again and is counted."""
    done = recorded.python("replay", ask("Grüezi", "Grüezi"))
    assert [line.split(" ")[0] for line in done.out.splitlines()] == ["200", "424"]
    assert json.loads(done.out.splitlines()[1][4:])["kind"] == "spent"
    assert "recorded once in session 'default' (default/1), answered once already" in done.err
    assert done.code == 1
    repeated = recorded.python("replay", ask("Grüezi", "Grüezi"), "--when-spent", "repeat")
    assert len(set(repeated.out.splitlines())) == 1
    assert "1 of them served before" in repeated.err
    assert (repeated.code, reached()) == (0, 0)


def test_the_same_miss_is_told_once(recorded: Wiretape) -> None:
    """At the end, with how often."""
    done = recorded.python("replay", ask("Hallo", "Hallo", "Hallo"))
    assert "3 requests missed:" in done.err
    assert "holds no answer to it (3 times)" in done.err
    assert done.err.count("$.inputs[0].content") == 4


def test_an_empty_session(wiretape: Wiretape, standin: StandIn) -> None:
    """A recording during which nobody called answers nothing."""
    assert wiretape.python("record", "", "--upstream", standin.url).code == 0
    done = wiretape.python("replay", ask("x"))
    assert (done.out[:3], done.code, standin.hits) == ("424", 1, 0)


@pytest.mark.parametrize("way", [{}, {"BY_PROXY": "1"}], ids=["base-url", "proxy"])
def test_our_own_failure_is_a_miss(recorded: Wiretape, reached: Callable[[], int], way: dict[str, str]) -> None:
    """A player that raises lets nothing out."""
    done = recorded.python("replay", ask("Grüezi"), env={"WIRETAPE_TRIAL": "player", **way})
    assert done.out.startswith("424 ")
    assert json.loads(done.out[4:])["kind"] == "failure"
    assert (done.code, reached()) == (1, 0)


def test_a_foreign_host(recorded: Wiretape, reached: Callable[[], int]) -> None:
    """Refused in words, whether by TLS or not, even where it is the machine's own."""
    script = (
        "import httpx\nfor u in ('https://example.org/', 'http://example.org/'): r = httpx.get(u); print(r.status_code)"
    )
    done = recorded.python("replay", script)
    assert (done.out, done.code) == ("424\n424\n", 1)
    assert "example.org is not the API" in done.err
    assert reached() == 0


def test_unused_interactions_fail_a_strict_run(recorded: Wiretape) -> None:
    """Listed always, counted as failure when strict."""
    assert recorded.python("replay", "").code == 0
    done = recorded.python("replay", "", "--strict")
    assert done.code == 1
    assert "default/1 POST /v1/model/response" in done.err


def test_a_session_that_is_not_there(recorded: Wiretape) -> None:
    """Said before the command runs."""
    done = recorded.python("replay", "print('ran')", "--session", "other")
    assert (done.code, done.out) == (2, "")
    assert done.err == f"wiretape: no session 'other' in {recorded.cassette}; it holds 'default'\n"


def test_the_commands_own_code_comes_first(recorded: Wiretape) -> None:
    """A failing client is not made to look like a miss."""
    assert recorded.python("replay", "raise SystemExit(7)").code == 7
    killed = recorded.python("replay", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert killed.code == 128 + 9


def test_a_greeting_names_what_is_served(recorded: Wiretape) -> None:
    """One line at the start."""
    done = recorded.python("replay", "")
    first = done.err.splitlines()[0]
    served = rf"wiretape: replaying session 'default' of {recorded.cassette} at http://127.0.0.1:\d+"
    assert re.fullmatch(served + " by the direct engine, all that a replay needs", first)


@pytest.mark.parametrize("engine", ["direct", "mitmproxy"])
def test_a_damaged_recording_is_never_served(recorded: Wiretape, reached: Callable[[], int], engine: str) -> None:
    """Bytes that are not what was recorded are a failure, told before the head of the answer is out."""
    raw = recorded.cassette.read_bytes()
    recorded.cassette.write_bytes(raw.replace(b"Gr\xc3\xbcezi \xf0", b"Gr\xc3\xb6ezi \xf0"))
    done = recorded.python("replay", ask("Grüezi"), "--engine", engine)
    assert done.out.startswith("424 "), done
    assert json.loads(done.out[4:])["kind"] == "failure"
    assert "is damaged" in done.err
    assert "replayed 0 answers" in done.err, "what could not be told was not served"
    assert (done.code, reached()) == (1, 0)


@pytest.mark.parametrize("engine", ["direct", "mitmproxy"])
def test_one_connection_used_in_both_ways(recorded: Wiretape, reached: Callable[[], int], engine: str) -> None:
    """Whose request it is is told from each request: a foreign host is never answered for the API."""
    with recorded.serving("replay", "--engine", engine) as proxy:
        parts = urlsplit(proxy.url)
        assert parts.hostname
        assert parts.port
        with socket.create_connection((parts.hostname, parts.port)) as raw:
            raw.sendall(b"HEAD /v1/none HTTP/1.1\r\nHost: x\r\n\r\n")
            assert read_head(raw).startswith(b"HTTP/1.1 424 ")
            raw.sendall(b"HEAD http://example.org/v1/models HTTP/1.1\r\nHost: example.org\r\n\r\n")
            assert read_head(raw).startswith(b"HTTP/1.1 424 ")
            raw.sendall(b"HEAD http://api.aitronos.com/v1/none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert read_head(raw).startswith(b"HTTP/1.1 424 ")
            assert raw.recv(1) == b""
        told = proxy.end().err
    assert "example.org is not the API" in told
    assert told.count("unknown: HEAD") == 3
    assert reached() == 0


def read_head(raw: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += raw.recv(1)
    return head


def test_a_neighbour_without_an_answer_says_so(wiretape: Wiretape, standin: StandIn) -> None:
    """The same request, recorded while the upstream was gone."""
    gone = standin.url
    standin.stop()
    wiretape.python("record", ask("Grüezi"), "--upstream", gone)
    done = wiretape.python("replay", ask("Grüezi"))
    (difference,) = json.loads(done.out[4:])["nearest"][0]["differences"]
    assert difference.startswith("recorded without an answer: ")
