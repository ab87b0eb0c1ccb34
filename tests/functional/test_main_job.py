"""The main job, by the real binary and real clients: record, take the network away, replay, see the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.functional.conftest import Wiretape
    from wiretape.addons.standin import StandIn

pytestmark = pytest.mark.functional

# One script for both ways in: the base URL as given, or the API's own address through the proxy environment.
CLIENT = """
import hashlib, os, sys
import httpx, requests
from aitronos import Aitronos
base = "https://api.aitronos.com" if os.environ.get("BY_PROXY") else os.environ["WIRETAPE_URL"]
def say(what, status, body, headers=None):
    print(what, status, len(body), hashlib.sha256(body).hexdigest()[:16], headers or "")
def ask(text, **more):
    return {"inputs": [{"role": "user", "content": text}], **more}
sdk = Aitronos(api_key="ak_test", base_url=base)
for turn in range(2):
    print("sdk", sdk.responses.create_response(inputs=ask("Same question")["inputs"], model="gpt-4o"))
with httpx.Client(base_url=base, timeout=30) as client:
    r = client.post("/v1/model/response", json=ask("[[gzip]]"))
    say("gzip", r.status_code, r.content, r.headers["content-encoding"])
    with client.stream("POST", "/v1/model/response", json=ask("stream", stream=True)) as r:
        say("stream", r.status_code, b"".join(r.iter_raw()), r.headers["content-type"])
    for turn in range(3):
        say("poll", 200, client.get("/v1/model/response/resp_1").content)
    r = client.get("/v1/health", follow_redirects=True)
    say("redirect", [x.status_code for x in r.history], r.content)
    try:
        with client.stream("POST", "/v1/model/response", json=ask("[[cut]]", stream=True)) as r:
            got = b""
            for piece in r.iter_raw():
                got += piece
    except httpx.RemoteProtocolError as error:
        say("cut", str(error), got)
api = requests.Session()
r = api.delete(base + "/v1/threads/thrd_1"); say("empty", r.status_code, r.content)
r = api.get(base + "/v1/organizations/o/files/f/download?token=t&expires=1"); say("binary", r.status_code, r.content)
r = api.post(base + "/v1/organizations/o/files/upload", files={"files": ("a.txt", bytes(range(256)))})
say("upload", r.status_code, r.content)
r = api.post(base + "/v1/model/response", json=ask("[[502]]")); say("html", r.status_code, r.content, r.reason)
r = api.post(base + "/v1/auth/login", json={"email_or_username": "u@example.com", "password": "pw"})
say("login", r.status_code, b"", sorted(r.cookies.keys()))
"""
LINES, CALLS = 14, 15


@pytest.mark.parametrize("recorded_by", ["base-url", "proxy"])
def test_the_same_lines_again(wiretape: Wiretape, standin: StandIn, recorded_by: str) -> None:
    """What the client saw while recording it sees in replay, by either way in, with the upstream gone."""
    ways = {"base-url": {}, "proxy": {"BY_PROXY": "1"}}
    recorded = wiretape.python("record", CLIENT, "--upstream", standin.url, env=ways[recorded_by])
    assert recorded.code == 0, recorded.err
    assert recorded.out.count("\n") == LINES, recorded.out
    hits = standin.hits
    assert hits == CALLS
    listed = wiretape.json("ls")
    assert len(listed) == CALLS
    assert {i["ended"] for i in listed} == {"complete", "upstream_error"}
    for way, environment in ways.items():
        replayed = wiretape.python("replay", CLIENT, "--strict", env=environment)
        assert replayed.out == recorded.out, way
        assert replayed.code == 0, replayed.err
    assert standin.hits == hits
    standin.stop()
    assert wiretape.python("replay", CLIENT).out == recorded.out


def test_auto_completes_what_is_missing(wiretape: Wiretape, standin: StandIn) -> None:
    """Known calls are replayed, new ones recorded; the next replay knows all."""
    script = "import os, httpx; u = os.environ['WIRETAPE_URL']\n"
    first = script + "print(httpx.get(u + '/v1/models').text)"
    both = first + "\nprint(httpx.get(u + '/v1/threads').text)"
    one = wiretape.python("record", first, "--upstream", standin.url)
    more = wiretape.python("auto", both)  # where it was recorded from needs no naming
    assert more.code == 0, more.err
    assert more.out.startswith(one.out)
    assert standin.hits == 2
    again = wiretape.python("replay", both)
    assert (again.code, again.out) == (0, more.out)
    assert wiretape.json("sessions")[0]["state"] == "complete"


def test_once_records_and_then_replays(wiretape: Wiretape, standin: StandIn) -> None:
    """`run --mode once` is VCR's once."""
    script = "import os, httpx; print(httpx.get(os.environ['WIRETAPE_URL'] + '/v1/models').text)"
    first = wiretape.python("run", script, "--mode", "once", "--upstream", standin.url)
    second = wiretape.python("run", script, "--mode", "once", "--upstream", standin.url)
    assert first.out == second.out
    assert (first.code, second.code, standin.hits) == (0, 0, 1)


def test_live_keeps_nothing(wiretape: Wiretape, standin: StandIn) -> None:
    """Everything passes, no cassette is made."""
    script = "import os, httpx; print(httpx.get(os.environ['WIRETAPE_URL'] + '/v1/models').status_code)"
    done = wiretape.python("run", script, "--mode", "live", "--upstream", standin.url)
    assert (done.code, done.out, standin.hits) == (0, "200\n", 1)
    assert not wiretape.cassette.exists()
