"""What the client has received is already in the cassette, whatever becomes of the recorder."""

from __future__ import annotations

import signal
import socket
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest

if TYPE_CHECKING:
    from tests.functional.conftest import Wiretape
    from wiretape.addons.standin import StandIn

pytestmark = pytest.mark.functional

ASK = {"inputs": [{"role": "user", "content": "Hello"}]}


def read_exactly(url: str, request: bytes, ends: bytes | int) -> bytes:
    """Send *request* by hand and stop the moment its answer is complete: so many bytes of body, or these last ones."""
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    with socket.create_connection((parts.hostname, parts.port)) as raw:
        raw.sendall(request)
        got = b""
        while True:
            head, blank, body = got.partition(b"\r\n\r\n")
            if blank and (len(body) >= ends if isinstance(ends, int) else body.endswith(ends)):
                return head
            more = raw.recv(65536)
            assert more, got
            got += more


@pytest.mark.parametrize(
    ("target", "ends"),
    [
        ("/v1/models", None),
        ("/v1/organizations/o/files/big/download?bytes=300000", 300_000),
        ("/v1/organizations/o/files/big/download?bytes=3000000", 3_000_000),
    ],
)
def test_killed_right_after_a_complete_answer(
    wiretape: Wiretape, standin: StandIn, target: str, ends: int | None
) -> None:
    """The client's last byte is the proof; the recorder dies in the same moment."""
    with wiretape.serving("record", "--upstream", standin.url) as proxy:
        if ends is None:
            ends = len(httpx.get(proxy.url + target).content)
        read_exactly(proxy.url, f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode(), ends)
        assert proxy.end(signal.SIGKILL).code == -signal.SIGKILL
    listed = wiretape.json("ls")
    assert {i["ended"] for i in listed} == {"complete"}
    assert listed[-1]["response_bytes"] == ends
    assert wiretape.json("sessions")[0]["state"] == "incomplete"
    answer = wiretape("show", "default/1", "--raw", "response")
    assert answer.code == 0


def test_killed_right_after_a_complete_stream(wiretape: Wiretape, standin: StandIn) -> None:
    """A chunked stream is complete for the client with its terminator, and not before it is in the cassette."""
    body = b'{"inputs":[{"role":"user","content":"x"}],"stream":true}'
    head = (
        b"POST /v1/model/response HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    )
    with wiretape.serving("record", "--upstream", standin.url) as proxy:
        read_exactly(proxy.url, head % len(body) + body, b"\r\n0\r\n\r\n")
        proxy.end(signal.SIGKILL)
    (found,) = wiretape.json("ls")
    assert (found["ended"], found["kind"]) == ("complete", "sse")
    # The killed session is used again: replayed as it is, adopted, recorded anew.
    replayed = wiretape.python(
        "replay", "import os,httpx; print(httpx.post(os.environ['WIRETAPE_URL'] + '/v1/x').status_code)"
    )
    assert "is incomplete (its recorder was killed)" in replayed.err
    assert wiretape("adopt", "default").code == 0
    assert wiretape.json("sessions")[0]["state"] == "complete"


def test_killed_in_the_middle_of_a_stream(wiretape: Wiretape, standin: StandIn) -> None:
    """What came up to the last fifth of a second is there, marked as interrupted, and all that was complete before."""
    with wiretape.serving("record", "--upstream", standin.url) as proxy:
        complete = [httpx.get(f"{proxy.url}/v1/models").content for _ in range(3)]
        url, slow = f"{proxy.url}/v1/model/response", {"X-Standin": "stall=60000;after=4"}
        with httpx.stream("POST", url, json={**ASK, "stream": True}, headers=slow, timeout=30) as answer:
            pieces, received = answer.iter_raw(), b""
            while received.count(b"\n\n") < 4:
                received += next(pieces)
            # Longer than the time that chunks are gathered: the promise is about what is older.
            threading.Event().wait(0.5)
            proxy.end(signal.SIGKILL)
    *before, found = wiretape.json("ls")
    assert [i["ended"] for i in before] == ["complete"] * 3
    assert [wiretape("show", str(i["id"]), "--raw", "response").out.encode() for i in before] == complete
    assert found["ended"] == "interrupted"
    assert wiretape("show", str(found["id"]), "--raw", "response").out.encode() == received


def test_a_client_that_leaves(wiretape: Wiretape, standin: StandIn) -> None:
    """What it got is kept and marked; the recording goes on."""
    with wiretape.serving("record", "--upstream", standin.url) as proxy:
        url, slow = f"{proxy.url}/v1/model/response", {"X-Standin": "stall=60000;after=4"}
        with httpx.stream("POST", url, json={**ASK, "stream": True}, headers=slow) as answer:
            next(answer.iter_raw())
        assert httpx.get(f"{proxy.url}/v1/models").status_code == 200
        done = proxy.end()
    assert done.code == 0, done.err
    first, second = wiretape.json("ls")
    assert first["ended"] == "client_disconnect"
    assert first["response_bytes"] > 0
    assert second["ended"] == "complete"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_is_a_normal_end(wiretape: Wiretape, standin: StandIn, number: signal.Signals) -> None:
    """The session is complete, the file plain."""
    with wiretape.serving("record", "--upstream", standin.url) as proxy:
        httpx.get(f"{proxy.url}/v1/models")
        done = proxy.end(number)
    assert done.code == 0
    assert "recorded 1 interaction" in done.err
    assert wiretape.json("sessions")[0]["state"] == "complete"
    assert [p.name for p in wiretape.folder.iterdir() if p.name.startswith("x.")] == ["x.cassette"]


def test_a_failed_command_does_not_replace_a_good_session(wiretape: Wiretape, standin: StandIn) -> None:
    """The new one is kept beside the old one, with the command that adopts it."""
    call = "import os, httpx; print(httpx.get(os.environ['WIRETAPE_URL'] + '/v1/models').text)\n"
    good = wiretape.python("record", call, "--upstream", standin.url)
    bad = wiretape.python("record", call + "raise SystemExit(3)", "--upstream", standin.url)
    assert bad.code == 3
    assert "wiretape adopt 'default~2'" in bad.err
    assert wiretape.python("replay", call).out == good.out
    assert wiretape("adopt", "default~2").code == 0
    assert wiretape.python("replay", call).out == bad.out


def test_a_recorder_that_fails_does_not_touch_the_answer(wiretape: Wiretape, standin: StandIn) -> None:
    """The client is served; the run says what happened and exits 1; the session is incomplete."""
    call = "import os, httpx; print(httpx.get(os.environ['WIRETAPE_URL'] + '/v1/models').status_code)"
    done = wiretape.python("record", call, "--upstream", standin.url, env={"WIRETAPE_TRIAL": "recorder"})
    assert (done.out, done.code, standin.hits) == ("200\n", 1, 1)
    assert "a failure on trial" in done.err


def test_two_recorders_of_one_session(wiretape: Wiretape, standin: StandIn) -> None:
    """The second is refused; another session of the same cassette is not."""
    with wiretape.serving("record", "--upstream", standin.url) as first:
        refused = wiretape.python("record", "print('ran')", "--upstream", standin.url)
        assert (refused.code, refused.out) == (2, "")
        assert "is being recorded by another process" in refused.err
        call = "import os, httpx; httpx.get(os.environ['WIRETAPE_URL'] + '/v1/models')"
        other = wiretape.python("record", call, "--upstream", standin.url, "--session", "other")
        assert other.code == 0, other.err
        httpx.get(f"{first.url}/v1/models")
        assert first.end().code == 0
    assert {s["name"]: s["state"] for s in wiretape.json("sessions")} == {"default": "complete", "other": "complete"}
