"""Every answer differs from the one before, whatever was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wiretape.addons.standin import StandIn
from wiretape.addons.standin.log import Log
from wiretape.addons.standin.received import Received
from wiretape.addons.standin.routes import ROUTES

if TYPE_CHECKING:
    import httpx

_BODIES: dict[str, dict[str, Any]] = {
    "/v1/model/response": {"json": {"inputs": []}},
    "/v1/auth/login": {"json": {"email_or_username": "u@example.com", "password": "hunter2"}},
    "/v1/auth/verify": {"json": {"email_key": "k", "verification_code": "1234"}},
    "/v1/auth/refresh": {"json": {"refresh_token": "rt"}},
    "/v1/auth/logout": {"json": {"refresh_token": "rt"}},
    "/v1/organizations/{org}/files/upload": {"files": {"files": ("a.txt", b"hello")}},
    "/v1/organizations/{org}/files": {"files": {"file": ("a.txt", b"hello")}},
    "/v1/documents/extract": {"files": {"file": ("a.txt", b"hello")}, "data": {"schema": "{}"}},
}

_BODYLESS = {204, 307}


@pytest.mark.parametrize(("method", "path"), [(method, path) for method, path, _ in ROUTES])
def test_two_identical_calls_differ(client: httpx.Client, method: str, path: str) -> None:
    """Each route's two answers differ in their request id and, where there is a body, in the body."""
    client.post("/v1/threads", json={"organization_id": "org_1"})
    target = path.format(
        org="org_1", thread="thrd_1", response="resp_1", file="big", key="ak_1", job="j", token="t", name="n"
    )
    sent = _BODIES.get(path, {}) if method == "POST" else {}
    params = {"bytes": "5000"} if path.endswith("/download") else {}
    first, second = (client.request(method, target, params=params, **sent) for _ in range(2))
    assert first.status_code == second.status_code
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert first.content != second.content or first.status_code in _BODYLESS


@pytest.mark.parametrize("path", ["/nowhere", "/v1/files/s/secret/name.bin", "/v1/models"])
def test_headers_of_the_api(client: httpx.Client, path: str) -> None:
    """Every answer carries the API's own headers, also an error."""
    headers = client.get(path).headers
    assert headers["freddy-api-version"] == "2025-01-01"
    assert headers["aitronos-organization"] == "org_1"
    assert headers["x-request-id"].startswith("req_")
    assert headers["date"].endswith("GMT")
    assert int(headers["freddy-processing-ms"]) > 0


def test_rate_limits_in_both_dialects(client: httpx.Client) -> None:
    """Response endpoints tell the limits twice, in headers of different case; other endpoints do not."""
    answer = client.post("/v1/model/response", json={"inputs": []})
    names = [name.decode() for name, _ in answer.headers.raw]
    assert "x-ratelimit-remaining-requests" in names
    assert "X-RateLimit-Remaining" in names
    assert "x-ratelimit-limit" not in client.get("/v1/models").headers


def test_two_standins_of_one_process_share_the_count() -> None:
    """The count is the process's, so that a second stand-in does not repeat the first one's answers."""
    import httpx

    seen: list[str] = []
    for _ in range(2):
        with StandIn() as standin:
            seen.append(httpx.get(f"{standin.url}/v1/models", trust_env=False).headers["x-request-id"])
    assert seen[0] != seen[1]


def test_a_count_and_a_clock_of_ones_own() -> None:
    """With a first number and a fixed clock two stand-ins answer alike: nothing else varies."""
    import httpx

    seen: list[tuple[list[tuple[bytes, bytes]], bytes]] = []
    for _ in range(2):
        with StandIn(first=7, clock=lambda: 946681200.0, frame_delay_ms=0) as standin:
            answer = httpx.post(
                f"{standin.url}/v1/model/response", json={"inputs": [], "stream": True}, trust_env=False
            )
            seen.append((answer.headers.raw, answer.content))
    assert seen[0] == seen[1]
    assert (b"date", b"Fri, 31 Dec 1999 23:00:00 GMT") in seen[0][0]


def test_hits_and_requests(client: httpx.Client, standin: StandIn) -> None:
    """Requests are counted and kept as they came; asking for the count does not count."""
    client.post("/v1/threads?x=1", content=b'{"organization_id": "org_9"}', headers={"X-Odd-Case": "yes"})
    assert client.get("/~standin/hits").json() == {"hits": 1}
    assert client.get("/~standin/hits").json() == {"hits": 1}
    assert standin.hits == 1
    (request,) = standin.requests
    assert (request.method, request.target) == ("POST", "/v1/threads?x=1")
    assert request.body == b'{"organization_id": "org_9"}'
    assert ("X-Odd-Case", "yes") in request.headers


def test_the_log_is_bounded() -> None:
    """Every request counts, but only so many and so much of them is kept, and always the last one."""
    log = Log()
    for index in range(10_001):
        log.add(Received(method="GET", target=f"/{index}", headers=()))
    assert (log.hits, len(log.latest), log.latest[0].target) == (10_001, 10_000, "/1")
    big = Received(method="POST", target="/big", headers=(), body=bytes(100 * 1024 * 1024))
    log.add(big)
    log.add(big)
    assert log.latest == [big]
