"""A cassette of awkward answers, for what replays without a socket."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from wiretape.addons.testing import Payload, a_cassette, as_bytes, as_chunks, as_sse, exchange

if TYPE_CHECKING:
    from pathlib import Path

    from wiretape.addons.formats.exchange import Exchange

CHUNKED = [("Transfer-Encoding", "chunked")]
THREE = as_chunks((2_000, b"one"), (40_000, b"two"), (41_000, "drei ä".encode()[:-1]))


def get(path: str, response: Payload | bytes | None = None, **more: object) -> Exchange:
    return exchange("GET", path, response=response, **more)  # type: ignore[arg-type]


def awkward() -> list[Exchange]:
    return [
        exchange(
            "POST", "/v1/model/response", request={"a": 1, "b": [2]}, response=as_bytes(b'{"n":1}', "application/json")
        ),
        exchange(
            "POST", "/v1/model/response", request={"a": 1, "b": [2]}, response=as_bytes(b'{"n":2}', "application/json")
        ),
        get("/v1/sse", as_sse({"n": 1}, ("end", "[DONE]"))),
        get("/v1/three", THREE, ended_us=90_000),
        get("/v1/cut", THREE, ended="upstream_error"),
        get("/v1/cut-at-once", None, headers=CHUNKED, ended="upstream_error"),
        get("/v1/short", as_bytes(b"half"), headers=[("Content-Length", "8")], ended="upstream_error"),
        get("/v1/left", THREE, ended="client_disconnect"),
        get("/v1/unseen", THREE, ended=None),
        get("/v1/until-close", as_bytes(b"to the end"), headers=[("Connection", "close")]),
        get("/v1/empty", b""),
        get("/v1/gzip", as_bytes(gzip.compress(b"plain words", mtime=0)), headers=[("Content-Encoding", "gzip")]),
        get(
            "/v1/headers",
            b"",
            headers=[("x-lower", "1"), ("X-UPPER", "2"), ("X-Dup", "a"), ("x-dup", "b"), ("X-No", "")],
        ),
        get("/v1/odd", b"?", status=299),
        get("/v1/old", as_bytes(b"old"), http_version="HTTP/1.0"),
        exchange("HEAD", "/v1/head", headers=[("Content-Length", "99")]),
        exchange("DELETE", "/v1/gone", status=204),
        get("/v1/same", None, status=304, headers=[("Content-Length", "12"), ("ETag", '"x"')]),
        get("/v1/moved", b"", status=307, headers=[("Location", "https://api.aitronos.com/v1/there/")]),
        get("/v1/moved-near", b"", status=307, headers=[("Location", "/v1/there/")]),
        get("/v1/moved-far", b"", status=307, headers=[("Location", "https://elsewhere.test/x")]),
        get("/v1/there/", b"here"),
        get("/v1/long", as_chunks(*((1_000 + n, b"%07d\n" % n * 4096) for n in range(40)))),
        get("/v1/sp%20ace?b=2&a=%2F", b"spaced"),
    ]


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    """Holds them in the session `default`, and one answer in `other`."""
    return a_cassette(tmp_path / "x.cassette", {"default": awkward(), "other": [get("/v1/there/", b"other")]})
