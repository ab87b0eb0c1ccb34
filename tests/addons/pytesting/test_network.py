"""Keeping the test process to this machine while it replays, and saying who reached beyond."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.addons.pytesting.conftest import Project

REACHING = """
    import asyncio, socket, pytest
    import uvloop
    def reach(connect):
        try: connect()
        except Exception: pass
    async def stream(): await asyncio.open_connection("example.org", 80)
    async def endpoint():
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=("192.0.2.1", 9))
    def udp(send):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found: send(found, ("192.0.2.1", 53))
    def tcp(connect):
        with socket.socket() as found: connect(found, ("192.0.2.1", 80))
    WAYS = {
        "connect": lambda: tcp(lambda s, to: s.connect(to)),
        "connect_ex": lambda: tcp(lambda s, to: s.connect_ex(to)),
        "sendto": lambda: udp(lambda s, to: s.sendto(b"x", to)),
        "sendmsg": lambda: udp(lambda s, to: s.sendmsg([b"x"], [], 0, to)),
        "name": lambda: socket.create_connection(("example.org", 80)),
        "ipv6": lambda: socket.create_connection(("2001:db8::1", 80)),
        "asyncio": lambda: asyncio.run(stream()),
        "uvloop": lambda: uvloop.run(stream()),
        "uvloop-udp": lambda: uvloop.run(endpoint()),
    }
    @pytest.mark.parametrize("way", WAYS)
    def test_reach(way): reach(WAYS[way])
    def test_here():
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            for host in ("localhost", "127.0.0.1"): socket.create_connection((host, port)).close()
            async def here():
                _, writer = await asyncio.open_connection("localhost", port)
                writer.close()
            asyncio.run(here())
            uvloop.run(here())
"""


def test_every_way_out_is_closed(project: Project) -> None:
    """Though the code under test swallowed it, each test is told; loopback is free."""
    project.write("test_it.py", REACHING)
    done = project.pytest("--wiretape=replay", "--wiretape-block-network")
    assert done.counts == {"passed": 1, "failed": 9}, done.out
    for way, host in (("connect", "192.0.2.1:80"), ("name", "example.org:80"), ("uvloop-udp", "192.0.2.1:9")):
        told = f"\nwiretape: test_it.py::test_reach[{way}] reached for {host}, and the network is blocked"
        assert done.out.count(told) == 1, done.out


def test_only_while_tests_replay(project: Project, get: Any) -> None:
    """In once, tests that replay are kept in, others not; hosts may be allowed by name or pattern."""
    project.ini(wiretape_block_network="true", wiretape_allowed_hosts="*.invalid")
    project.cassette(test_replays=[get("/v1/a")])
    project.write(
        "test_it.py",
        """
        import socket, pytest
        def reach(host):
            try: socket.getaddrinfo(host, 80)
            except OSError: pass
        def test_free(): reach("elsewhere.example")
        def test_allowed(wiretape):
            wiretape.url
            reach("db.invalid")
        def test_replays(wiretape):
            wiretape.url
            with pytest.raises(RuntimeError, match="test_replays reached for elsewhere.example:80"):
                reach("elsewhere.example")
        """,
    )
    done = project.pytest("-k", "free or replays")
    assert done.counts["passed"] == 1, done.out
    assert done.counts["failed"] == 1
    assert project.pytest("-k", "allowed", "--wiretape=replay").code == 0


def test_without_the_option_nothing_is_watched(project: Project) -> None:
    """No hook is added to the interpreter."""
    project.write(
        "test_it.py",
        """
        import sys
        def test_it(wiretape):
            wiretape.misses
            assert "wiretape.addons.pytesting.network" not in sys.modules
        """,
    )
    assert project.pytest("--wiretape=replay").code == 0
