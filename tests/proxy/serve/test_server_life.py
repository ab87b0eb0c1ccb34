"""The direct engine over time: slow and leaving clients, damage, idleness, its end; nothing is left behind."""

from __future__ import annotations

import asyncio
import hashlib
import json
import socket
import sqlite3
import threading
import time
from typing import TYPE_CHECKING

import msgspec
import pytest

from wiretape.proxy.decide.modes import Mode
from wiretape.proxy.decide.pace import RECORDED
from wiretape.proxy.run import Run
from wiretape.proxy.runs import Runs
from wiretape.proxy.serve.clock import Clock
from wiretape.proxy.serve.direct import loops
from wiretape.proxy.serve.server import ReplayServer
from wiretape.proxy.settings import Listen, Settings
from wiretape.store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.proxy.serve.conftest import Replay, Said, Shelf

    type Get = Callable[..., bytes]

HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = ((b"Transfer-Encoding", b"chunked"),)
PIECE = bytes(range(256)) * 256


def settings_of(shelf: Shelf) -> Settings:
    return Settings(cassette=shelf.path, mode=Mode.REPLAY, listen=Listen(port=0))


class TestSlowClients:
    def test_get_all_of_a_long_answer(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """However long they take to read; others are answered meanwhile."""
        shelf.record(said(chunks=[PIECE] * 320), said("/v1/y", chunks=[b"y"]))
        with shelf.replay() as replay, replay.raw() as slow:
            slow.send(get())
            head = slow.until(b"\r\n\r\n")
            assert replay.exchange(get("/v1/y")).endswith(b"\r\n\r\ny")
            assert b"Content-Length: 20971520\r\n" in head
            digest = hashlib.sha256(slow.read(20_971_520)).digest()
            assert digest == hashlib.sha256(PIECE * 320).digest()

    def test_may_leave_in_the_middle(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """The answer stops; the server goes on."""
        shelf.record(said(chunks=[PIECE] * 320))
        with shelf.replay() as replay:
            for _ in range(5):
                with replay.raw() as raw:
                    raw.send(get())
                    raw.until(b"\r\n\r\n")
            replay.emptied()
            assert len(replay.exchange(get())) > 20_000_000
            assert replay.end().defects == []

    def test_may_leave_while_it_is_quiet(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """A stream whose next event is a minute away does not wait for it."""
        shelf.record(said(chunks=[b"a", b"b"], headers=CHUNKED, length=False, times=[1000, 60_000_000]))
        with shelf.replay(RECORDED) as replay:
            with replay.raw() as raw:
                raw.send(get())
                assert raw.until(b"1\r\na\r\n").startswith(b"HTTP/1.1 200 OK\r\n")
            replay.emptied()

    def test_may_reset_the_connection(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """The rudest way to leave."""
        shelf.record(said(chunks=[PIECE] * 320))
        with shelf.replay() as replay:
            with replay.raw() as raw:
                raw.send(get())
                raw.until(b"\r\n\r\n")
                raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            replay.emptied()
            assert replay.end().defects == []


class TestDamage:
    @staticmethod
    def spoil(shelf: Shelf, position: int) -> None:
        """Overwrite a piece of a body."""
        connection = sqlite3.connect(shelf.path)
        with connection:
            connection.execute("UPDATE piece SET bytes = zeroblob(3) WHERE position = ?", (position,))
        connection.close()

    @pytest.mark.parametrize("size", [5, 300_000])
    def test_of_a_short_body_is_a_failure(self, shelf: Shelf, said: type[Said], get: Get, size: int) -> None:
        """Nothing of it is served: the miss says what is wrong."""
        shelf.record(said(chunks=[b"x" * size]))
        self.spoil(shelf, 0)
        with shelf.replay() as replay:
            document = json.loads(replay.exchange(get()).partition(b"\r\n\r\n")[2])
            assert document["kind"] == "failure"
            assert "is damaged" in document["detail"]
            assert replay.end().exit_code(0) == 1

    def test_amid_a_long_body_breaks_off(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """What was read is out; that it is not all must show, at the end of the run too."""
        shelf.record(said(chunks=[PIECE] * 64))
        self.spoil(shelf, 2)
        with shelf.replay() as replay:
            with replay.raw() as raw:
                raw.send(get())
                body = raw.rest().partition(b"\r\n\r\n")[2]
            assert 1_000_000 < len(body) < 64 * len(PIECE)
            assert "an answer broke off" in replay.lines[-1]
            summary = replay.end()
            assert (summary.exit_code(0), len(summary.defects)) == (1, 1)


class TestTheEnd:
    def test_what_is_being_answered_may_end(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """Within a moment; nobody else is let in."""
        shelf.record(said(chunks=[b"a", b"b"], headers=CHUNKED, length=False, times=[1000, 300_000]))
        with shelf.replay(RECORDED, grace_seconds=20) as replay, replay.raw() as raw, replay.raw() as idle:
            raw.send(get())
            raw.until(b"1\r\na\r\n")
            stopping = threading.Thread(target=replay.end)
            stopping.start()
            assert idle.rest() == b""
            assert raw.rest() == b"1\r\nb\r\n0\r\n\r\n"
            stopping.join()
            with pytest.raises(ConnectionRefusedError):
                replay.raw()

    def test_what_takes_longer_is_cut(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """The end of a run does not wait for a recorded minute."""
        shelf.record(said(chunks=[b"a", b"b"], headers=CHUNKED, length=False, times=[1000, 60_000_000]))
        with shelf.replay(RECORDED, grace_seconds=0.1) as replay, replay.raw() as raw:
            raw.send(get())
            raw.until(b"1\r\na\r\n")
            began = time.monotonic()
            replay.end()
            assert time.monotonic() - began < 10
            assert raw.rest() == b""

    def test_misses_that_wait_are_counted(self, replay: Replay, get: Get) -> None:
        """Though nobody has time to compare them any more."""
        asking = [replay.raw() for _ in range(100)]
        for number, raw in enumerate(asking):
            raw.send(get(f"/v1/unknown/{number}"))
        asking[0].answer()
        assert replay.exchange(get()) == HELLO
        assert len(replay.end().misses) == 100
        for raw in asking:
            raw.socket.close()

    def test_nothing_is_left(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """No task, no thread, no timer that fires later."""
        shelf.record(said(), said("/v1/long", chunks=[PIECE] * 64))

        async def ask(port: int, *requests: bytes) -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"".join(requests))
            await reader.readuntil(b"\r\n\r\n")
            writer.close()

        async def main() -> None:
            run = Run.open(settings_of(shelf), Clock())
            async with ReplayServer(Runs(run), lambda _: None) as server:
                port = int(server.url.rpartition(":")[2])
                for _ in range(3):
                    await asyncio.gather(
                        ask(port, get()),
                        ask(port, get("/v1/long")),
                        ask(port, get("/v1/unknown")),
                        ask(port, b"garbage\r\n\r\n"),
                        ask(port, get() * 10, b"GET"),
                    )
            left = asyncio.all_tasks() - {asyncio.current_task()}
            assert left == set()
            run.close()

        before = set(threading.enumerate())
        loops.run(main())
        assert set(threading.enumerate()) <= before

    def test_idle_connections_are_closed(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """Not those on which something is going on."""
        shelf.record(said(chunks=[b"a", b"b"], times=[1000, 400_000]))

        async def main() -> None:
            settings = msgspec.structs.replace(settings_of(shelf), pace=RECORDED)
            run = Run.open(settings, Clock())
            async with ReplayServer(Runs(run), lambda _: None, idle_seconds=0.05) as server:
                port = int(server.url.rpartition(":")[2])
                idle, silent = await asyncio.open_connection("127.0.0.1", port)
                half, stuck = await asyncio.open_connection("127.0.0.1", port)
                stuck.write(b"GET /v1/x HT")
                busy, asking = await asyncio.open_connection("127.0.0.1", port)
                asking.write(get())
                assert await asyncio.wait_for(idle.read(), 20) == b""
                assert await asyncio.wait_for(half.read(), 20) == b""
                assert (await asyncio.wait_for(busy.read(), 20)).endswith(b"\r\n\r\nab")
                for writer in (silent, stuck, asking):
                    writer.close()
            run.close()

        loops.run(main())


def test_a_taken_address(shelf: Shelf, said: type[Said]) -> None:
    """One line with a way out."""
    shelf.record(said())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = msgspec.structs.replace(settings_of(shelf), listen=Listen(port=port))
        run = Run.open(settings, Clock())
        with pytest.raises(UsageError, match=f"cannot listen on 127.0.0.1:{port}: .*; choose another port with --lis"):
            loops.run(ReplayServer(Runs(run), lambda _: None).start())
        run.close()


def test_it_can_be_started_again(shelf: Shelf, said: type[Said], get: Get) -> None:
    """One run after the other in one process, and two at once."""
    shelf.record(said())
    for _ in range(3):
        with shelf.replay() as one, shelf.replay() as other:
            assert one.exchange(get()) == other.exchange(get()) == HELLO
