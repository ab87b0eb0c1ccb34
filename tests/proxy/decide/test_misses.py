"""The account of a miss: what the client parses, what the person reads."""

from __future__ import annotations

import json

from wiretape.proxy.decide.misses import Miss, Neighbour, shortened

MISS = Miss(
    kind="unknown",
    request="POST https://api.aitronos.com/v1/model/response",
    body='{"inputs":[]}',
    session="default",
    recorded=0,
    consumed=0,
    detail="session 'default' holds no answer to it",
    mend="wiretape auto -c x.cassette -- YOUR COMMAND (records what is missing)",
    nearest=[Neighbour("default/3", 3, "POST /v1/model/response", 0.9, ['$.a: recorded "x", asked "y"'])],
)


def test_for_the_terminal() -> None:
    """What, why, what is near, what to do."""
    assert MISS.lines() == [
        "unknown request: POST https://api.aitronos.com/v1/model/response",
        "  session 'default' holds no answer to it",
        "  nearest: default/3 POST /v1/model/response",
        '    $.a: recorded "x", asked "y"',
        "  mend: wiretape auto -c x.cassette -- YOUR COMMAND (records what is missing)",
    ]


def test_for_the_client() -> None:
    """A problem document that wears the API's own error envelope, so that a client's own error handling shows it."""
    document = json.loads(MISS.document())
    assert document["status"] == 424
    assert document["kind"] == "unknown"
    assert document["nearest"][0]["differences"] == ['$.a: recorded "x", asked "y"']
    assert document["success"] is False
    assert document["error"]["code"] == "WIRETAPE_MISS"
    assert document["error"]["message"] == "wiretape: " + "\n".join(MISS.lines())
    headers = dict(MISS.headers())
    assert headers[b"Content-Type"] == b"application/problem+json"
    assert headers[b"x-should-retry"] == b"false"


def test_bodies_are_shortened() -> None:
    """A long prompt does not flood the terminal, nor do bytes that are no text break it."""
    assert shortened(b"x" * 10_000).endswith("…")
    assert len(shortened(("ü" * 10_000).encode())) <= 301
    assert shortened(b"\xff") == "\ufffd"
