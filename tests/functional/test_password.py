"""The proxy at all addresses, for whoever brings the password: as people run it in a container."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import stat
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.functional.conftest import Wiretape

pytestmark = pytest.mark.functional

WORD: Final = "Tr0ub4dor&3,yes"
EVERYWHERE: Final = "0.0.0.0:0"

CLIENT = """
import json, os, urllib.request
import httpx, requests
base, api = os.environ["WIRETAPE_URL"], "https://api.aitronos.com"
def say(by, text):
    told = json.loads(text)
    print(by, told["path"], sorted(told["headers"]))
say("httpx", httpx.get(base + "/v1/a").text)
say("httpx by proxy", httpx.get(api + "/v1/b").text)
say("requests", requests.get(base + "/v1/c").text)
say("requests by proxy", requests.get(api + "/v1/d").text)
say("urllib by proxy", urllib.request.urlopen(api + "/v1/e").read())
say("plain", httpx.get("http://api.aitronos.com/v1/f").text)
say("referer", httpx.get(base + "/v1/g", headers={"Referer": base + "/v1/f"}).text)
say("redirect", httpx.get(base + "/v1/moved", follow_redirects=True).text)
"""


class _Echo(BaseHTTPRequestHandler):
    """Says what reached it."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        # The client itself repeats its base URL there, and is not to be lied to.
        headers = {name: value for name, value in self.headers.items() if name.lower() != "referer"}
        body = json.dumps({"path": self.path, "headers": headers}).encode()
        self.send_response(307 if self.path == "/v1/moved" else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if self.path == "/v1/moved":
            self.send_header("Location", "https://api.aitronos.com/v1/there")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has there
        """Nobody reads it."""


@pytest.fixture
def echo() -> Iterator[str]:
    """Where an API is that says what reached it."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def holds_it(text: bytes) -> bool:
    """Whether the password stands in *text*, in any way in which it travels."""
    travels = [WORD.encode(), WORD.replace("&", "%26").encode(), json.dumps(WORD)[1:-1].encode()]
    travels += [base64.b64encode(f"{user}:{WORD}".encode())[:-4] for user in ("wiretape", "", "default")]
    return any(form in text for form in travels)


def written(folder: Path) -> bytes:
    """All that was put into *folder* by wiretape."""
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file() and path.name != "client.py")


def test_a_command_just_works(wiretape: Wiretape, echo: str) -> None:
    """Recorded and replayed by its environment alone; the password is in no file, and in nothing that is said."""
    ready = wiretape.folder / "ready.json"
    options = ("--listen", EVERYWHERE, "--ready-file", ready)
    by_variable = {"WIRETAPE_PASSWORD": WORD}
    recorded = wiretape.python("record", CLIENT, *options, "--upstream", echo, env=by_variable)
    assert recorded.code == 0, recorded.err
    assert recorded.out.count("\n") == 8
    assert "and all other addresses of this machine, upstream" in recorded.err
    assert "; it asks for the password\n" in recorded.err
    assert "proxy-" not in recorded.out.lower()
    assert "x-wiretape" not in recorded.out.lower()
    assert stat.S_IMODE(ready.stat().st_mode) == 0o600
    assert json.loads(ready.read_text())["url"].startswith("http://127.0.0.1:")
    said = recorded.out + recorded.err
    for engine in ("direct", "mitmproxy"):
        replayed = wiretape.python("replay", CLIENT, *options, "--strict", "--password", WORD, "--engine", engine)
        assert (replayed.code, replayed.out) == (0, recorded.out), replayed.err
        said += replayed.err
    without = wiretape.python("replay", CLIENT, "--strict")
    assert (without.code, without.out) == (0, recorded.out), without.err
    said += json.dumps(wiretape.json("sessions")) + wiretape("show", "default/7").out
    assert not holds_it(said.encode())
    assert not holds_it(written(wiretape.folder))


@pytest.mark.parametrize("engine", ["direct", "mitmproxy"])
def test_strangers(wiretape: Wiretape, echo: str, engine: str) -> None:
    """Each is refused, and the terminal hears of it once; the run ends well, for nothing was missed."""
    assert wiretape.python("record", CLIENT, "--upstream", echo).code == 0
    options = ("--listen", EVERYWHERE, "--password", WORD, "--engine", engine)
    with wiretape.serving("replay", *options) as proxy:
        for path in ("/v1/a", "/v1/never", "/~default:wrong-password/v1/a", "/~wiretape/sessions"):
            assert httpx.get(proxy.url + path, trust_env=False).json()["error"]["code"] == "WIRETAPE_PASSWORD"
        for wrong in (proxy.url, proxy.url.replace("//", "//wiretape:wrong-password@")):
            with (
                httpx.Client(proxy=wrong, trust_env=False) as client,
                pytest.raises(httpx.ProxyError, match="407 Proxy Authentication Required"),
            ):
                client.get("https://api.aitronos.com/v1/a")
        port = int(proxy.url.rpartition(":")[2])
        with (
            socket.create_connection(("127.0.0.1", port), timeout=30) as raw,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            ssl.create_default_context().wrap_socket(raw, server_hostname="stranger.test")
        assert httpx.get(proxy.url + "/v1/a", headers={"X-Wiretape-Password": WORD}, trust_env=False).is_success
        done = proxy.end()
    assert done.code == 0
    assert done.err.count("did not bring the password") == 1
    assert "replayed 1 answer" in done.err
    assert "missed" not in done.err
    assert not holds_it((done.out + done.err).encode())
    assert "wrong-password" not in done.err
    assert "stranger.test" not in done.err
