"""Stored requests made ready to be sent again: credentials put in, placeholders that are left found, lengths right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from wiretape.proxy.decide.routing import parse_upstream
from wiretape.proxy.resending import left_out, parse_header, ready
from wiretape.proxy.settings import parse_hosts
from wiretape.store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from wiretape.store.interaction import Headers, Request

HOSTS = msgspec.structs.replace(parse_hosts(None, [], []), upstream=parse_upstream("https://mirror.test/prefix"))


def headers(request: Request, given: dict[str, bytes], key: str | None) -> Headers:
    return ready(request, "api", HOSTS, given, key).request.headers


@pytest.mark.parametrize(
    ("stored", "sent"),
    [
        ((b"X-API-Key", b"REDACTED-key-1"), b"the key"),
        ((b"authorization", b"Bearer REDACTED-token-2"), b"Bearer the key"),
        ((b"Authorization", b"REDACTED-token-2"), b"the key"),
        ((b"Authorization", b"Bearer"), b"Bearer"),
        ((b"X-Other", b"REDACTED-key-1"), b"REDACTED-key-1"),
        ((b"X-Given", b"anything"), b"given"),
        ((b"x-given", b"REDACTED-key-1"), b"given"),
    ],
)
def test_credentials(make_request: Callable[..., Request], stored: tuple[bytes, bytes], sent: bytes) -> None:
    """The API's key goes where one was redacted; what is given goes where its name stands; nothing is added."""
    request = msgspec.structs.replace(make_request(), headers=(stored,))
    assert headers(request, {"x-given": b"given"}, "the key") == ((stored[0], sent),)


def test_what_is_given_wins(make_request: Callable[..., Request]) -> None:
    """Over the key of the environment."""
    request = msgspec.structs.replace(make_request(), headers=((b"X-Api-Key", b"REDACTED-key-1"),))
    assert headers(request, {"x-api-key": b"mine"}, "the key") == ((b"X-Api-Key", b"mine"),)
    assert headers(request, {}, None) == request.headers


def test_targets(make_request: Callable[..., Request]) -> None:
    """The upstream's prefix is the proxy's to put before it; other hosts are asked by their own addresses."""
    request = msgspec.structs.replace(make_request("/prefix/v1/a?b"), host="mirror.test")
    assert ready(request, "api", HOSTS, {}, None).request.target == "/v1/a?b"
    assert ready(request, "other.test", HOSTS, {}, None).request.target == "/prefix/v1/a?b"


@pytest.mark.parametrize(
    ("header", "target", "body", "place"),
    [
        (b"a REDACTED-key-1", "/", [b""], "header X"),
        (b"plain", "/files/REDACTED-token-1/x", [b""], "path"),
        (b"plain", "/?t=REDACTED-token-1", [b""], "query"),
        (b"plain", "/", [b'{"password": "REDACTED-password-1"}'], "body"),
        (b"plain", "/", [b"x" * 100 + b"REDA", b"CTED-password-1"], "body"),
        (b"plain", "/", [b"R", b"EDACTED", b"-"], "body"),
        (b"plain", "/", [b"REDACTED", b"token"], None),
    ],
)
def test_placeholders_that_are_left(
    make_request: Callable[..., Request], header: bytes, target: str, body: list[bytes], place: str | None
) -> None:
    """They are found wherever they stand, also across the pieces of a body."""
    request = msgspec.structs.replace(make_request(target), headers=((b"X", header),))
    assert left_out(ready(request, "api", HOSTS, {}, None), body) == place


def test_parse_header() -> None:
    """A name in lower case and a value; a secret that was typed wrong is not told."""
    assert parse_header("X-API-Key:  a: b ") == ("x-api-key", b"a: b")
    for text in ("ak_secret", ": ak_secret", "X: ak_secret\nY: 1"):
        with pytest.raises(UsageError) as caught:
            parse_header(text)
        assert "ak_secret" not in str(caught.value)
