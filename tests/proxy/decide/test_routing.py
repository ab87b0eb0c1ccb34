"""Whose request it is, where it goes, and redirects that stay inside."""

from __future__ import annotations

import pytest

from wiretape.proxy.decide.routing import API, Hosts, Origin, location, parse_host, parse_upstream
from wiretape.store.errors import UsageError

LOCAL = Hosts(
    upstream=parse_upstream("http://127.0.0.1:9000"),
    aliases=frozenset({"gateway.test", "localhost:8000"}),
    intercepted=frozenset({"api.other.test"}),
)
PREFIXED = Hosts(upstream=parse_upstream("https://gw.test/freddy/"))


@pytest.mark.parametrize(
    ("host", "port", "identity"),
    [
        ("api.aitronos.com", 443, API),
        ("API.Aitronos.com", 80, API),
        ("freddy-api.aitronos.ch", 443, API),
        ("127.0.0.1", 9000, API),
        ("127.0.0.1", 9001, None),
        ("gateway.test", 1234, API),
        ("localhost", 8000, API),
        ("localhost", 8001, None),
        ("api.other.test", 443, "api.other.test"),
        ("api.other.test", 8443, "api.other.test:8443"),
        ("docs.aitronos.com", 443, None),
        ("example.org", 443, None),
    ],
)
def test_identity(host: str, port: int, identity: str | None) -> None:
    """All names of the API are one; other hosts are themselves when asked for, else nobody."""
    assert LOCAL.identity(host, port) == identity


def test_destination() -> None:
    """The API's requests go upstream, whichever name they came under; others go where they meant to."""
    meant = Origin("https", "api.aitronos.com", 443)
    assert LOCAL.destination(API, meant) == Origin("http", "127.0.0.1", 9000)
    other = Origin("https", "api.other.test", 443)
    assert LOCAL.destination("api.other.test", other) == other


def test_a_prefix_is_added_once_and_never_matched_by() -> None:
    """A gateway's prefix is no part of what the client means."""
    api, gateway = Origin("https", "api.aitronos.com", 443), Origin("https", "gw.test", 443)
    assert PREFIXED.outward(api, "/v1/x") == "/freddy/v1/x"
    assert PREFIXED.outward(gateway, "/freddy/v1/x") == "/freddy/v1/x"
    assert PREFIXED.inward(gateway, "/freddy/v1/x") == "/v1/x"
    assert PREFIXED.inward(api, "/freddy/v1/x") == "/freddy/v1/x"
    assert PREFIXED.inward(gateway, "/freddyish") == "/freddyish"


PROXY = Origin("http", "localhost", 8787)
REAL = Origin("https", "api.aitronos.com", 443)


@pytest.mark.parametrize(
    ("hosts", "client", "value", "expected"),
    [
        (LOCAL, PROXY, "http://127.0.0.1:9000/v1/health/?a=b#c", "http://localhost:8787/v1/health/?a=b#c"),
        (LOCAL, REAL, "http://127.0.0.1:9000/v1/health/", "https://api.aitronos.com/v1/health/"),
        (LOCAL, PROXY, "https://freddy-api.aitronos.com/x", "http://localhost:8787/x"),
        (LOCAL, PROXY, "/v1/health/", "/v1/health/"),
        (LOCAL, PROXY, "https://accounts.google.com/o?state=1", "https://accounts.google.com/o?state=1"),
        (LOCAL, PROXY, "http://127.0.0.1:99999999/", "http://127.0.0.1:99999999/"),
        (PREFIXED, PROXY, "https://gw.test/freddy/v1/x", "http://localhost:8787/v1/x"),
        (PREFIXED, Origin("https", "gw.test", 443), "https://gw.test/freddy/v1/x", "https://gw.test/freddy/v1/x"),
    ],
)
def test_location(hosts: Hosts, client: Origin, value: str, expected: str) -> None:
    """A redirect to the API leads back through the proxy; any other is left alone."""
    assert location(value, client, hosts) == expected


def test_what_a_session_was_recorded_from_is_the_api() -> None:
    """Its redirects name it, in whichever mode it is used again."""
    default = Hosts(upstream=parse_upstream("https://api.aitronos.com"))
    recorded = parse_upstream("http://127.0.0.1:9000")
    replaying = default.recorded_from(recorded, ["api", "other.test"], live=False)
    assert replaying.upstream == recorded
    assert replaying.identity("127.0.0.1", 9000) == replaying.identity("api.aitronos.com", 443) == API
    live = default.recorded_from(recorded, ["api"], live=True)
    assert live.upstream == default.upstream
    assert live.identity("127.0.0.1", 9000) == API


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://api.aitronos.com", "https://api.aitronos.com"),
        ("http://127.0.0.1:9000/", "http://127.0.0.1:9000"),
        ("http://[::1]:9000", "http://[::1]:9000"),
        ("https://gw.test:443/a/b/", "https://gw.test/a/b"),
    ],
)
def test_upstreams(url: str, said: str) -> None:
    """Addresses as people write them."""
    assert str(parse_upstream(url)) == said


@pytest.mark.parametrize(
    "url", ["", "api.aitronos.com", "ftp://x", "http://", "http://x:port", "http://u:p@x", "http://x?a"]
)
def test_no_upstreams(url: str) -> None:
    """One line that says what is wrong, and never the password."""
    with pytest.raises(UsageError) as caught:
        parse_upstream(url)
    assert "u:p" not in str(caught.value)


@pytest.mark.parametrize("host", ["", "https://x", "x/y", "a b", "u@x"])
def test_no_hosts(host: str) -> None:
    """A host is a host."""
    with pytest.raises(UsageError, match="HOST"):
        parse_host(host)
