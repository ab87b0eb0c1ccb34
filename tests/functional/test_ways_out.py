"""The way out while recording: through a company's proxy where one is named, past hosts that are not ours."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Self

import pytest

if TYPE_CHECKING:
    from tests.functional.conftest import Wiretape
    from wiretape.addons.standin import StandIn

pytestmark = pytest.mark.functional


class Company:
    """A proxy that tunnels every CONNECT to one place and notes whereto it was asked to."""

    def __init__(self, goal: int) -> None:
        self.asked: list[str] = []
        self._goal = goal
        self._server = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = [self._server]
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._sockets:
            each.close()

    def _accept(self) -> None:
        try:
            while True:
                client, _ = self._server.accept()
                self._sockets.append(client)
                threading.Thread(target=self._tunnel, args=(client,), daemon=True).start()
        except OSError:
            return

    def _tunnel(self, client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(65536)
        self.asked.append(head.split(b"\r\n")[0].decode())
        goal = socket.create_connection(("127.0.0.1", self._goal))
        self._sockets.append(goal)
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        threading.Thread(target=self._pump, args=(goal, client), daemon=True).start()
        self._pump(client, goal)

    @staticmethod
    def _pump(source: socket.socket, goal: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                goal.sendall(data)
        except OSError:
            return


CALL = "import os, httpx; print(httpx.get(os.environ['WIRETAPE_URL'] + '/v1/models').text)"


def test_through_a_companys_proxy(wiretape: Wiretape, standin: StandIn) -> None:
    """The upstream is asked for by name, of the proxy that the environment names; replay asks nobody."""
    with Company(standin.port) as company:
        environment = {"HTTP_PROXY": company.url, "HTTPS_PROXY": company.url}
        recorded = wiretape.python("record", CALL, "--upstream", "http://api.company.test", env=environment)
        assert recorded.code == 0, recorded.err
        assert company.asked == ["CONNECT api.company.test:80 HTTP/1.1"]
        assert standin.hits == 1
        assert wiretape.python("replay", CALL, env=environment).out == recorded.out
        assert len(company.asked) == 1


def test_hosts_that_are_not_ours_pass(wiretape: Wiretape, standin: StandIn) -> None:
    """Another service is reached and nothing of it is kept; asked for by --intercept, it is recorded as itself."""
    other = f"http://localhost:{standin.port}/v1/models"
    script = f"import httpx, os; print(httpx.get({other!r}, proxy=os.environ['HTTP_PROXY']).status_code)"
    passed = wiretape.python("record", script, "--upstream", "http://127.0.0.1:1")
    assert (passed.out, passed.code) == ("200\n", 0), passed.err
    assert "1 request passed without being recorded" in passed.err
    assert wiretape.json("ls") == []
    kept = wiretape.python(
        "record", script, "--upstream", "http://127.0.0.1:1", "--intercept", f"localhost:{standin.port}"
    )
    assert kept.code == 0, kept.err
    (found,) = wiretape.json("ls")
    assert found["url"] == other
    hits = standin.hits
    intercept = ["--intercept", f"localhost:{standin.port}"]
    assert wiretape.python("replay", script, *intercept).out == "200\n"
    assert wiretape.python("replay", script).out == "200\n", "what was recorded need not be named again"
    assert standin.hits == hits
