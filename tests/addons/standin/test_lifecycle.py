"""Starting and stopping, in a thread, in a loop and as a process: nothing is left over."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import httpx
import pytest

from wiretape.addons.standin import StandIn, serve

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.addons.standin.conftest import Raw

_STREAM = b'{"inputs":[{"content":"[[stall]]"}],"stream":true}'
_REQUEST = b"POST /v1/model/response HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(_STREAM) + _STREAM


def test_served_from_a_loop() -> None:
    """`serve` serves while its block runs, and leaves no task behind although a stream and an idle client are there."""

    async def scene() -> None:
        async with serve(frame_delay_ms=0) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            idle_reader, idle_writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(_REQUEST)
            await reader.readuntil(b"response.processing")
            assert server.hits == 1
            assert server.requests[0].path == "/v1/model/response"
        assert asyncio.all_tasks() == {asyncio.current_task()}
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await reader.readuntil(b"[DONE]")
        assert await idle_reader.read() == b""
        for each in (writer, idle_writer):
            each.transport.abort()

    asyncio.run(scene())


def test_client_that_goes_away_ends_its_task() -> None:
    """A client that hangs up in the middle of a stream leaves no task behind."""

    async def scene() -> None:
        async with serve(frame_delay_ms=0) as server:
            before = asyncio.all_tasks()
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(_REQUEST)
            await reader.readuntil(b"response.processing")
            (task,) = asyncio.all_tasks() - before
            writer.close()
            await asyncio.wait_for(asyncio.gather(task, return_exceptions=True), 10)

    asyncio.run(scene())


def test_thread_stops(raw: Raw, standin: StandIn) -> None:
    """Stopping hangs up on everybody, can be done twice, and leaves the counts to be read."""
    with raw.connect() as connection:
        connection.sendall(_REQUEST)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK")
        standin.stop()
        standin.stop()
        assert not any(thread.name == "standin" for thread in threading.enumerate())
    assert standin.hits == 1
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", standin.port))


def test_starts_again() -> None:
    """A stopped stand-in can be started again."""
    standin = StandIn()
    with pytest.raises(RuntimeError, match="not been started"):
        _ = standin.url
    for _ in range(2):
        with standin:
            assert httpx.get(f"{standin.url}/v1/models", trust_env=False).status_code == 200


def test_port_taken(standin: StandIn) -> None:
    """A port that is taken is told where the stand-in is started."""
    with pytest.raises(OSError, match="in use"):
        StandIn(port=standin.port).start()


def test_defects_show(monkeypatch: pytest.MonkeyPatch, client: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    """A handler that fails gets a 500 with a code of its own and a traceback in the log."""

    def broken(_: int) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr("wiretape.addons.standin.media.png", broken)
    answer = client.post("/v1/images/generate", json={})
    assert answer.json()["error"]["code"] == "STANDIN_DEFECT"
    assert "ZeroDivisionError" in caplog.text


@pytest.fixture
def launch(tmp_path: Path) -> Callable[[], subprocess.Popen[str]]:
    """Starts the stand-in as a process with a ready file."""
    command = [sys.executable, "-m", "wiretape.addons.standin", "--ready-file", str(tmp_path / "ready.json")]
    return lambda: subprocess.Popen([*command, "--first", "41"], stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_process(launch: Callable[[], subprocess.Popen[str]], tmp_path: Path, number: signal.Signals) -> None:
    """As a process it says where it is, writes the ready file, and a signal is a normal end."""
    with launch() as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        # The line comes just before the file, the first answer after it.
        url = line.split()[-1]
        answer = httpx.get(f"{url}/v1/models", trust_env=False)
        ready = json.loads((tmp_path / "ready.json").read_text())
        assert ready == {"url": url, "pid": process.pid}
        assert answer.headers["x-request-id"] == "req_000041"
        assert httpx.get(f"{url}/~standin/hits", trust_env=False).json() == {"hits": 1}
        process.send_signal(number)
        assert process.wait(timeout=30) == 0
        assert process.stderr.read() == ""


def test_process_without_its_port(standin: StandIn) -> None:
    """Without its port the process ends with 2 and one line."""
    command = [sys.executable, "-m", "wiretape.addons.standin", "--port", str(standin.port)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
