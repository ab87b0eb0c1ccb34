"""Values that a client makes anew, replayed as the live request has them: the real binary, both engines."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, override

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

    from tests.functional.conftest import Wiretape

pytestmark = pytest.mark.functional

ECHO = ("--echo", "$.id", "--echo", "header X-Request-Id")
# Asks whole and as a stream, and prints what is left of both when the ids are taken out: ever the same, if they fit.
CLIENT = """\
import os, sys, httpx
for word in sys.argv[1:]:
    for path in ("/whole", "/stream"):
        header, body = f"head-{word}", f"body-{word}"
        headers = {"X-Request-Id": header}
        with httpx.Client(base_url=os.environ["WIRETAPE_URL"], trust_env=False) as client:
            answer = client.post(path, json={"id": body, "q": 1}, headers=headers)
        assert answer.headers["x-request-id"] == header, answer.headers
        if "content-length" in answer.headers:
            assert int(answer.headers["content-length"]) == len(answer.content)
        assert body in answer.text, answer.text
        print(answer.status_code, answer.text.replace(body, "BODY"))
"""


class Repeating(BaseHTTPRequestHandler):
    """Repeats the ids of the request: whole, or as a stream that cuts one in two."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        number = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["id"].encode()
        self.send_response(200)
        self.send_header("X-Request-Id", self.headers["X-Request-Id"])
        if self.path == "/whole":
            body = b'{"id":"%b","again":["%b"]}' % (number, number)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for chunk in (b'data: {"id":"' + number[:6], number[6:] + b'"}\n\n', b"data: end\n\n", b""):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def upstream() -> Generator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Repeating) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("engine", ["direct", "mitmproxy"])
def test_clients_find_their_own_ids(wiretape: Wiretape, engine: str) -> None:
    """One after the other, each its own: shorter, longer, the same again."""
    (wiretape.folder / "client.py").write_text(CLIENT)
    asking = ("--", sys.executable, "client.py")
    with upstream() as url:
        recorded = wiretape("record", "--upstream", url, *ECHO, *asking, "recorded-1")
    assert recorded.code == 0, recorded.err
    words = ("x", "longer-than-recorded", "recorded-1", "x")
    replayed = wiretape("replay", "--engine", engine, "--when-spent", "repeat", *asking, *words)
    assert replayed.code == 0, replayed.err
    assert replayed.out == recorded.out * len(words)
    assert recorded.out.count("BODY") == 3
