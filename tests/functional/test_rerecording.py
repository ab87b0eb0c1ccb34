"""`rerecord`: stored requests reach the upstream as they were, and new answers stand where the old ones stood."""

from __future__ import annotations

import http.server
import json
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.functional.conftest import Wiretape

pytestmark = pytest.mark.functional

KEY = "ak_very_secret_key_of_mine"
CALLS = """
import http.client, os, sys
from urllib.parse import urlsplit
url = urlsplit(os.environ["WIRETAPE_URL"])
def call(method, target, headers, body=b"", chunked=False):
    connection = http.client.HTTPConnection(url.hostname, url.port)
    connection.putrequest(method, target, skip_accept_encoding=True)
    for name, value in headers:
        connection.putheader(name, value)
    if chunked:
        connection.putheader("Transfer-Encoding", "chunked")
    elif body:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders()
    if chunked:
        connection.send(b"%x\\r\\n%b\\r\\n0\\r\\n\\r\\n" % (len(body), body))
    elif body:
        connection.send(body)
    response = connection.getresponse()
    sys.stdout.buffer.write(b"%d %b\\n" % (response.status, response.read()))
key = ("X-aPi-kEy", os.environ.get("KEY", "ak_very_secret_key_of_mine"))
call("GET", "/v1/a?x=%20y&x", [("ODD-case", "1"), key, ("odd-CASE", "2")])
call("POST", "/v1/b", [key, ("Content-Type", "application/json")], b'{ "spaced" :1}')
call("PUT", "/v1/c", [key], b"x" * 1_500_000, chunked=True)
"""


OTHER = """
import http.client, os, sys
from urllib.parse import urlsplit
url = urlsplit(os.environ["WIRETAPE_URL"])
connection = http.client.HTTPConnection(url.hostname, url.port)
connection.request("GET", os.environ["OTHER"] + "/elsewhere?x")
print(connection.getresponse().read())
"""


class Upstream:
    """An upstream that notes what it is asked and tells what it is told to.

    Attributes:
        asked: method, target, headers and body of each request.
        answer: what each is answered.
        statuses: by path, other than 200.
        hangs_at: the path that gets no answer until `released` is set.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, list[tuple[str, str]], bytes]] = []
        self.answer = b"one"
        self.statuses: dict[str, int] = {}
        self.hangs_at = ""
        self.hangs = threading.Event()
        self.released = threading.Event()
        upstream = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.headers.get("Transfer-Encoding"):
                    while size := int(self.rfile.readline(), 16):
                        body += self.rfile.read(size)
                        self.rfile.readline()
                    self.rfile.readline()
                upstream.asked.append((self.command, self.path, self.headers.items(), body))
                status = upstream.statuses.get(self.path.partition("?")[0], 200)
                if self.path == upstream.hangs_at:
                    upstream.hangs.set()
                    upstream.released.wait(60)
                if status == 0:
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("Content-Length", str(len(upstream.answer)))
                self.end_headers()
                self.wfile.write(upstream.answer)

            do_POST = do_PUT = do_GET  # noqa: N815 - the library's names

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
                """Say nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """An upstream of this test's own."""
    made = Upstream()
    yield made
    made.released.set()
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def recorded(wiretape: Wiretape, upstream: Upstream) -> Wiretape:
    """Three calls, answered with `one`."""
    done = wiretape.python("record", CALLS, "--upstream", upstream.url)
    assert done.code == 0, done.err
    assert done.out == "200 one\n" * 3
    return wiretape


def replayed(wiretape: Wiretape) -> str:
    done = wiretape.python("replay", CALLS, "--strict", env={"KEY": "another"})
    assert done.code == 0, done.err
    return done.out


def test_new_answers(recorded: Wiretape, upstream: Upstream) -> None:
    """Requests go out as they came in, with a key that is given; answers are replaced; no secret is stored."""
    first = list(upstream.asked)
    upstream.asked.clear()
    upstream.answer = b"another"
    before = recorded.json("ls")
    done = recorded("rerecord", "default", "--json", env={"AITRONOS_API_KEY": KEY})
    assert done.code == 0, done.err
    assert json.loads(done.out) == [
        {"interaction": f"default/{n}", "old_status": 200, "new_status": 200, "body": "changed", "kept": None}
        for n in (1, 2, 3)
    ]
    assert upstream.asked == first
    after = recorded.json("ls")
    assert [(i["id"], i["position"]) for i in after] == [(i["id"], i["position"]) for i in before]
    assert [s["name"] for s in recorded.json("sessions")] == ["default"]
    assert replayed(recorded) == "200 another\n" * 3
    assert recorded("verify").code == 0
    content = recorded.cassette.read_bytes()
    assert KEY.encode() not in content
    assert b"200 one" not in content


def test_some_of_them(recorded: Wiretape, upstream: Upstream) -> None:
    """Only what is named is sent; the key may be given as a header; an equal answer is told as such."""
    upstream.asked.clear()
    done = recorded("rerecord", "default/2", "--header", "X-API-Key: other")
    assert done.code == 0, done.err
    assert done.out.splitlines()[1].split() == ["default/2", "200", "200", "same", "replaced"]
    ((_, target, headers, _),) = upstream.asked
    assert target == "/v1/b"
    assert ("X-aPi-kEy", "other") in headers


def test_failures_keep_the_old_answer(recorded: Wiretape, upstream: Upstream) -> None:
    """No answer, a failure, refused credentials: the old one is served on, unless any status will do."""
    upstream.answer = b"bad"
    upstream.statuses = {"/v1/a": 503, "/v1/b": 401, "/v1/c": 0}
    done = recorded("rerecord", "default", "--header", "X-API-Key: other")
    assert done.code == 1
    rows = [line.split(maxsplit=4) for line in done.out.splitlines()[1:]]
    assert [(row[0], row[2], row[4].partition(":")[0]) for row in rows] == [
        ("default/1", "503", "kept"),
        ("default/2", "401", "kept"),
        ("default/3", "-", "kept"),
    ]
    assert replayed(recorded) == "200 one\n" * 3
    done = recorded("rerecord", "default", "--any-status", "--header", "X-API-Key: other")
    assert done.code == 1
    assert replayed(recorded) == "503 bad\n401 bad\n200 one\n"
    assert recorded("verify").code == 0


def test_what_cannot_be_sent(recorded: Wiretape, upstream: Upstream) -> None:
    """A secret that is not given is named with its place; a header that nobody has; a name that is not there."""
    upstream.asked.clear()
    for arguments, why in (
        (("default",), "default/1 cannot be sent again: its header X-aPi-kEy holds a placeholder"),
        (("default", "--header", "X-API-Key: a", "--header", "X-Other: b"), "--header x-other"),
        (("default", "--header", "nonsense"), "--header takes NAME: VALUE"),
        (("nothing",), "'nothing'"),
        ((), "NAME"),
    ):
        done = recorded("rerecord", *arguments)
        assert (done.code, done.err.count("\n")) == (2, 1), done.err
        assert why in done.err
    assert upstream.asked == []
    assert recorded("rerecord", "default/1", "--force").code == 0
    assert [s["name"] for s in recorded.json("sessions")] == ["default"]


def test_an_upstream_that_is_gone(recorded: Wiretape, upstream: Upstream) -> None:
    """Nothing is lost."""
    upstream.server.shutdown()
    upstream.server.server_close()
    done = recorded("rerecord", "default", "--header", "X-API-Key: other")
    assert done.code == 1
    assert "cannot reach the upstream" in done.err
    assert replayed(recorded) == "200 one\n" * 3


def test_another_api(wiretape: Wiretape, upstream: Upstream) -> None:
    """A host that was recorded beside the API is asked by its own name."""
    host = upstream.url.removeprefix("http://")
    options = ("--upstream", "http://127.0.0.1:9", "--intercept", host)
    done = wiretape.python("record", OTHER, *options, env={"OTHER": upstream.url})
    assert done.out == "b'one'\n", done.err
    first = list(upstream.asked)
    upstream.asked.clear()
    upstream.answer = b"another"
    done = wiretape("rerecord", "default")
    assert done.code == 0, done.err
    assert [asked[:2] for asked in upstream.asked] == [("GET", "/elsewhere?x")]
    assert upstream.asked == first
    assert wiretape.python("replay", OTHER, env={"OTHER": upstream.url}).out == "b'another'\n"


def test_ended_half_way(recorded: Wiretape, upstream: Upstream) -> None:
    """Ctrl-C keeps what has come: those answers are put in place, the others stay as they were."""
    upstream.answer = b"another"
    upstream.hangs_at = "/v1/b"
    line = [sys.executable, "-m", "wiretape", "rerecord", "-c", str(recorded.cassette), "default", "--json"]
    environment = {**recorded.environment, "AITRONOS_API_KEY": KEY}
    with subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert upstream.hangs.wait(60)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert [outcome["kept"] for outcome in json.loads(out)] == [None, "no answer came", "no answer came"]
    assert replayed(recorded) == "200 another\n200 one\n200 one\n"
    assert [session["name"] for session in recorded.json("sessions")] == ["default"]


_DIES = """
import os, signal
from wiretape.cli.main import main
from wiretape.proxy import rerecording
rerecording.put_in_place = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
main()
"""


def test_killed_before_the_answers_are_put_in_place(recorded: Wiretape, upstream: Upstream) -> None:
    """What was recorded beside is no session that is complete by itself; the old one is as it was."""
    upstream.answer = b"another"
    line = [sys.executable, "-c", _DIES, "rerecord", "-c", str(recorded.cassette), "default/1", "default/2"]
    environment = {**recorded.environment, "AITRONOS_API_KEY": KEY}
    done = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    found = [(s["name"], s["state"], s["problem"]) for s in recorded.json("sessions")]
    why = "answers that were recorded again and not put in place"
    assert found == [("default", "complete", None), ("default~2", "incomplete", why)]
    assert replayed(recorded) == "200 one\n" * 3
