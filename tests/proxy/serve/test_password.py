"""The direct engine with a password, at addresses that others can reach."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

import httpx
import pytest

from wiretape.proxy.decide.admission import Password
from wiretape.proxy.decide.modes import Mode
from wiretape.proxy.run import Run
from wiretape.proxy.runs import Runs
from wiretape.proxy.serve.clock import Clock
from wiretape.proxy.serve.threaded import ThreadedReplay
from wiretape.proxy.settings import Listen, Settings

if TYPE_CHECKING:
    from tests.proxy.serve.conftest import Said, Shelf

WORD = "a-long-password"


def _has_both_families() -> bool:
    try:
        with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True):
            return True
    except (OSError, ValueError):
        return False


@pytest.mark.skipif(not _has_both_families(), reason="this machine has no IPv6")
def test_all_addresses_of_both_families(shelf: Shelf, said: type[Said]) -> None:
    """IPv4 is known as itself: by TLS it is met with its own certificate, by its own name with the API."""
    shelf.record(said())
    settings = Settings(cassette=shelf.path, mode=Mode.REPLAY, listen=Listen("::", 0), password=Password(WORD))
    run = Run.open(settings, Clock())
    with ThreadedReplay(Runs(run)) as replay:
        port = replay.url.rpartition(":")[2]
        assert replay.url == f"http://[::1]:{port}"
        trusted = ssl.create_default_context(cafile=replay.ours.bundle)
        with httpx.Client(verify=trusted, trust_env=False, headers={"X-Wiretape-Password": WORD}) as client:
            for host in ("127.0.0.1", "[::1]"):
                for scheme in ("http", "https"):
                    assert client.get(f"{scheme}://{host}:{port}/v1/x").text == "hello"
    assert run.close().misses == []


def test_what_is_known_by_its_bytes_has_the_password_in_them(shelf: Shelf, said: type[Said]) -> None:
    """A request that was answered before opens nothing to the same one without it, on one connection or another."""
    shelf.record(said())
    settings = Settings(cassette=shelf.path, mode=Mode.REPLAY, listen=Listen(port=0), password=Password(WORD))
    run = Run.open(settings, Clock())
    lines: list[str] = []
    with ThreadedReplay(Runs(run), lines.append) as replay:
        for _ in range(3):
            with httpx.Client(base_url=replay.url, trust_env=False) as client:
                for _ in range(2):
                    assert client.get("/v1/x", headers={"X-Wiretape-Password": WORD}).text == "hello"
                assert client.get("/v1/x").status_code == 424
    assert (len(lines), run.close().served) == (1, 6)
