"""The account of a miss: what the client parses, what the person reads."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

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
        "not recorded: POST https://api.aitronos.com/v1/model/response",
        "  session 'default' holds no answer to it",
        "  nearest recording: default/3 POST /v1/model/response",
        '    $.a: recorded "x", asked "y"',
        "  mend: wiretape auto -c x.cassette -- YOUR COMMAND (records what is missing)",
    ]


def test_several_neighbours() -> None:
    """The nearest in full, its likes by name, others in short, far ones not at all."""
    nearest = [
        Neighbour("default/3", 3, "POST /v1/x", 0.9, ["$.a: 1", "$.b: 2"]),
        Neighbour("default/4", 4, "POST /v1/x", 0.9, ["$.a: 1", "$.b: 2"]),
        Neighbour("default/5", 5, "POST /v1/y", 0.8, ["path: 3", "$.b: 4", "$.c: 5"]),
        Neighbour("default/6", 6, "GET /v1/z", 0.2, ["method: 6"]),
    ]
    miss = msgspec.structs.replace(MISS, nearest=nearest, look="SHOW", leave_out="REKEY")
    assert miss.lines()[2:-1] == [
        "  nearest recording: default/3 POST /v1/x (and default/4, recorded alike)",
        "    $.a: 1",
        "    $.b: 2",
        "  next: default/5 POST /v1/y: path: 3 and 2 more",
        "  see it: SHOW",
        "  if that must not count: REKEY",
    ]
    assert miss.first_difference() == "nearest recording: default/3: $.a: 1 and 1 more"
    assert msgspec.structs.replace(MISS, nearest=[]).first_difference() is None


@pytest.mark.parametrize("kind", ["unknown", "spent", "failure"])
def test_every_kind_has_words_of_its_own(kind: Any) -> None:
    """In the first line."""
    first = msgspec.structs.replace(MISS, kind=kind).lines()[0]
    assert first.endswith(f": {MISS.request}")
    assert len({msgspec.structs.replace(MISS, kind=k).lines()[0] for k in ("unknown", "spent", "failure")}) == 3


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
