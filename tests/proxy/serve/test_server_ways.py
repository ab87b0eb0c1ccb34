"""The ways in without a tunnel, base URL and forward proxy, and where redirects lead from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.proxy.serve.conftest import Replay, Said, Shelf

    type Get = Callable[..., bytes]

HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def test_headers_for_the_proxy_do_not_count(replay: Replay, get: Get) -> None:
    """They are no part of what the client means."""
    said = replay.exchange(
        get("http://api.aitronos.com/v1/x", "Proxy-Authorization: Basic ZGVmYXVsdDp5", "Proxy-Connection: keep-alive")
        + get("/v1/x", "X-Wiretape-Session: default", "x-wiretape-z: 1")
    )
    assert said == HELLO * 2


def test_our_own_address_in_absolute_form(replay: Replay, get: Get) -> None:
    """A base-URL client whose proxy we are, too."""
    assert replay.exchange(get(f"http://127.0.0.1:{replay.port}/v1/x")) == HELLO
    assert replay.exchange(get(f"http://localhost:{replay.port}/v1/x")) == HELLO


@pytest.mark.parametrize(
    ("target", "headers", "leads"),
    [
        ("/v1/r", (), b"http://proxy.test:1234/v1/there?a=b"),
        ("http://api.aitronos.com/v1/r", (), b"http://api.aitronos.com/v1/there?a=b"),
        ("http://freddy-api.aitronos.com:80/v1/r", (), b"http://freddy-api.aitronos.com/v1/there?a=b"),
    ],
)
def test_redirects_lead_back(
    shelf: Shelf, said: type[Said], get: Get, target: str, headers: tuple[str, ...], leads: bytes
) -> None:
    """To wherever the client thinks the API is."""
    location = (b"LOCATION", b"https://api.aitronos.com/v1/there?a=b")
    shelf.record(said("/v1/r", status=307, headers=(location,), chunks=()))
    with shelf.replay() as replay:
        assert b"\r\nLOCATION: " + leads + b"\r\n" in replay.exchange(get(target, *headers))


def test_a_redirect_without_a_host(shelf: Shelf, said: type[Said]) -> None:
    """HTTP/1.0 need not name any; ours is known."""
    shelf.record(said("/v1/r", status=307, headers=((b"Location", b"https://api.aitronos.com/"),), chunks=()))
    with shelf.replay() as replay:
        answer = replay.exchange(b"GET /v1/r HTTP/1.0\r\n\r\n")
        assert b"Location: http://127.0.0.1:%d/\r\n" % replay.port in answer
