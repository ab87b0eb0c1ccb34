"""What the recording cannot answer is told alike by both engines; what it can is found by every way in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conformance.conftest import Recording, Start

API = "api.aitronos.com"


def request(target: str, *headers: str, method: str = "GET", body: bytes = b"", host: str = "proxy.test:1234") -> bytes:
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode() + body


def turn(text: str, **others: object) -> bytes:
    return json.dumps({"inputs": [{"role": "user", "content": text}], **others}).encode()


JSON = "Content-Type: application/json"

MISSES = {
    "never recorded": request("/v1/model/response", JSON, method="POST", body=turn("something else")),
    "another path": request("/v1/modells"),
    "absolute, unknown": request(f"http://{API}/v1/threads/thrd_9", host=API),
    "foreign": request("http://example.org/x?y=1", host="example.org"),
    "foreign with a body": request("http://example.org/", JSON, method="POST", body=b"{}", host="example.org"),
    "no JSON": request("/v1/model/response", JSON, method="POST", body=b"{no json"),
    "long": request("/v1/model/response", JSON, method="POST", body=turn("long " * 1000)),
}
FOUND = {
    "by base URL": request("/v1/model/response", JSON, method="POST", body=turn("Grüezi")),
    "spelled otherwise": request(
        "/v1/model/response",
        method="POST",
        body=json.dumps({"inputs": [{"content": "Grüezi", "role": "user"}]}, ensure_ascii=False, indent=1).encode(),
    ),
    "absolute": request(
        f"http://{API}/v1/model/response", "Proxy-Authorization: Basic ZGVmYXVsdDp5", "X-Wiretape-Odd: 1",
        method="POST", body=turn("Grüezi"), host=API,
    ),
    "by an old name": request(
        "http://freddy-api.aitronos.com/v1/model/response", method="POST", body=turn("Grüezi")
    ),
    "in chunks": request("/v1/model/response", "Transfer-Encoding: chunked", method="POST")
    + b"%x\r\n%b\r\n" % (10, turn("Grüezi")[:10])
    + b"%x;odd\r\n%b\r\n" % (len(turn("Grüezi")) - 10, turn("Grüezi")[10:])
    + b"0\r\n\r\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def told(replaying: Start) -> dict[str, dict[str, bytes]]:
    """What each engine says to each of these requests; the session's first answer to all ways of asking the same."""
    said: dict[str, dict[str, bytes]] = {}
    for engine in ("mitmproxy", "direct"):
        said[engine] = {}
        with replaying(engine, when_spent="repeat") as proxy:
            for name, asked in {**MISSES, **FOUND}.items():
                with proxy.line() as line:
                    said[engine][name] = line.ask(asked)
            for name in ("foreign", "tunnel"):
                host = "example.org" if name == "foreign" else API
                with proxy.line(tunnel=(host, 443)) as line:
                    said[engine][f"{name} through TLS"] = line.ask(request("/v1/x", host=host))
    return said


@pytest.mark.parametrize("name", [*MISSES, "foreign through TLS", "tunnel through TLS"])
def test_misses_are_told_alike(name: str, told: dict[str, dict[str, bytes]]) -> None:
    """The same document under the same headers."""
    answer = told["direct"][name]
    assert answer.startswith(b"HTTP/1.1 424 Failed Dependency\r\n")
    assert answer == told["mitmproxy"][name]


@pytest.mark.parametrize("name", FOUND)
def test_every_way_in_leads_to_the_recording(
    name: str, told: dict[str, dict[str, bytes]], recording: Recording
) -> None:
    """However it is asked and spelled."""
    assert told["direct"][name] == told["mitmproxy"][name] == recording.seen["json"][0]


def test_spent_is_told_alike(replaying: Start, recording: Recording) -> None:
    """Asked once more than recorded."""
    asked = recording.cases["json"].requests[0]
    said: list[bytes] = []
    for engine in ("mitmproxy", "direct"):
        with replaying(engine) as proxy:
            for _ in range(2):
                with proxy.line() as line:
                    said.append(line.ask(asked))
    assert said[0] == said[2] == recording.seen["json"][0]
    assert said[1] == said[3]
    assert json.loads(said[1].partition(b"\r\n\r\n")[2])["kind"] == "spent"


def test_our_failure_is_told_alike(replaying: Start, recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    """A player that raises is a miss of its own kind; nothing goes anywhere."""
    monkeypatch.setenv("WIRETAPE_TRIAL", "player")
    said: list[bytes] = []
    for engine in ("mitmproxy", "direct"):
        with replaying(engine) as proxy, proxy.line() as line:
            said.append(line.ask(recording.cases["json"].requests[0]))
    assert said[0] == said[1]
    assert json.loads(said[0].partition(b"\r\n\r\n")[2])["kind"] == "failure"
