"""What a client makes up anew for every request, and the answer repeats: replayed as the live request has it."""

from __future__ import annotations

import http.server
import json
import threading
import uuid
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conformance.conftest import Serve

ENGINES = ("mitmproxy", "direct")


class Repeating(http.server.BaseHTTPRequestHandler):
    """Repeats the id of a JSON body: in JSON, in a header, and in a stream that cuts it in two."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        own = asked["metadata"]["request_id"]
        self.send_response(200)
        self.send_header("X-Repeated", own)
        if self.path == "/v1/stream":
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            event = f'data: {{"id": "{own}", "n": 1}}\n\n'.encode()
            for chunk in (event[:20], event[20:], b"data: [DONE]\n\n"):
                self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")
            return
        body = json.dumps({"id": own, "text": asked["text"], "again": [own]}).encode()
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Nothing."""


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    """Where it repeats."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Repeating) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def ask(port: int, own: str, text: str = "hello", path: str = "/v1/plain") -> httpx.Response:
    body = {"metadata": {"request_id": own}, "text": text}
    return httpx.post(f"http://127.0.0.1:{port}{path}", json=body, trust_env=False)


@pytest.fixture(scope="module")
def cassette(upstream: str, serving: Serve, own_home: Path) -> Path:
    """Recorded with a place declared."""
    path = own_home / "echo.cassette"
    options = ("--upstream", upstream, "--echo", "$.metadata.request_id")
    with serving("record", "-c", str(path), *options) as proxy:
        for text in ("hello", "again"):
            assert ask(proxy.port, f"recorded-{text}-0123456789", text).json()["id"] == f"recorded-{text}-0123456789"
        ask(proxy.port, "recorded-stream-0123456789", path="/v1/stream")
    return path


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("own", [str(uuid.UUID(int=7)), "short-id", 'with "quotes" and Grüezi', "x" * 500])
def test_the_live_value_is_repeated(engine: str, own: str, cassette: Path, serving: Serve) -> None:
    """Wherever the recorded one stood, whatever the length; asked twice in the same bytes, answered twice."""
    with serving("replay", "-c", str(cassette), "--engine", engine, "--when-spent", "repeat") as proxy:
        for _ in range(3):
            answer = ask(proxy.port, own)
            assert answer.json() == {"id": own, "text": "hello", "again": [own]}
            assert int(answer.headers["content-length"]) == len(answer.content)
        assert ask(proxy.port, "another-one-0123", "again").json()["id"] == "another-one-0123"
        stream = ask(proxy.port, own, path="/v1/stream")
        assert json.loads(stream.text.splitlines()[0].removeprefix("data: ")) == {"id": own, "n": 1}
        assert stream.text.endswith("data: [DONE]\n\n")
        assert ask(proxy.port, own, "something else").status_code == 424
