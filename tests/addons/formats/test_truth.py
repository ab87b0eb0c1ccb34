"""Headers made true to the body that is served."""

from __future__ import annotations

import gzip
import importlib
import sys
import zlib

import pytest

from wiretape.addons.formats.truth import true_headers, worn

PLAIN = b'{"hello": "world"}'
GZIP = gzip.compress(PLAIN, mtime=0)
RAW_DEFLATE = zlib.compressobj(wbits=-15)


@pytest.mark.parametrize(
    ("body", "coding", "expected"),
    [
        (GZIP, b"gzip", True),
        (GZIP[:-3], b"gzip", True),
        (GZIP * 2, b"X-Gzip", True),
        (PLAIN, b"gzip", False),
        (zlib.compress(PLAIN), b"deflate", True),
        (RAW_DEFLATE.compress(PLAIN) + RAW_DEFLATE.flush(), b"deflate", True),
        (PLAIN, b"deflate", False),
        (PLAIN, b"zstd", False),
        (PLAIN, b"br", False),
        (GZIP, b"br, gzip", True),
        (PLAIN, b"br, gzip", False),
        (PLAIN, b"identity", True),
        (PLAIN, b"aws-chunked", True),
        (PLAIN, b"", True),
    ],
    ids=[f"{number}" for number in range(14)],
)
def test_worn(body: bytes, coding: bytes, *, expected: bool) -> None:
    """Whether a body is encoded as it is said to be."""
    assert worn(body, coding) is expected


@pytest.mark.parametrize("coding", ["br", "zstd"])
def test_worn_by_libraries_that_may_be_missing(coding: str) -> None:
    """Brotli and zstandard come with the recorder."""
    module, compress = {"br": ("brotli", "compress"), "zstd": ("zstandard", "compress")}[coding]
    packed = getattr(pytest.importorskip(module), compress)(PLAIN)
    assert worn(packed, coding.encode())


def test_without_brotli_text_is_taken_for_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left is a guess, and a good one."""
    packed: bytes = importlib.import_module("brotli").compress(PLAIN * 50)
    monkeypatch.setitem(sys.modules, "brotli", None)
    assert worn(packed, b"br")
    assert not worn(PLAIN, b"br")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (((b"content-length", b"3"), (b"X-A", b"1")), ((b"content-length", b"18"), (b"X-A", b"1"))),
        (((b"Content-Length", b"3"), (b"Content-Length", b"3")), ((b"Content-Length", b"18"),)),
        (
            ((b"Content-Length", b"3"), (b"Transfer-Encoding", b"gzip, chunked")),
            ((b"Transfer-Encoding", b"chunked"),),
        ),
        (((b"Content-Encoding", b"gzip"), (b"X-A", b"1")), ((b"X-A", b"1"),)),
        ((), ()),
    ],
)
def test_framing(headers: tuple[tuple[bytes, bytes], ...], expected: tuple[tuple[bytes, bytes], ...]) -> None:
    """One length and true, or chunks and no length."""
    assert true_headers(headers, PLAIN, method="GET", status=200) == expected


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 304), ("GET", 204)])
def test_answers_without_a_body_keep_what_they_said(method: str, status: int) -> None:
    """Their headers speak of the body that did not come."""
    headers = ((b"Content-Length", b"300"), (b"Content-Encoding", b"gzip"))
    assert true_headers(headers, b"", method=method, status=status) == headers
