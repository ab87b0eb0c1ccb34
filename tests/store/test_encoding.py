"""Content-encodings undone for looking."""

from __future__ import annotations

import gzip
import importlib
import zlib

import pytest
import zstandard

from wiretape.store.encoding import Undecodable, decoded

TEXT = "Grüezi ".encode() * 50
BROTLI: bytes = importlib.import_module("brotli").compress(TEXT)  # it has no types


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (TEXT, None),
        (TEXT, b"identity"),
        (gzip.compress(TEXT, mtime=0), b"gzip"),
        (gzip.compress(TEXT[:100], mtime=0) + gzip.compress(TEXT[100:], mtime=0), b"GZIP"),
        (zlib.compress(TEXT), b"deflate"),
        (raw_deflate(TEXT), b"deflate"),
        (BROTLI, b"br"),
        (zstandard.compress(TEXT), b"zstd"),
        (zlib.compress(gzip.compress(TEXT, mtime=0)), b"gzip, deflate"),
    ],
)
def test_undone(body: bytes, coding: bytes | None) -> None:
    """Every coding that clients of the API offer."""
    assert decoded(body, coding) == TEXT


def test_a_cut_body_yields_its_whole_part() -> None:
    """A stream that broke off can be looked at."""
    whole = decoded(gzip.compress(TEXT, 0)[:200], b"gzip")
    assert TEXT.startswith(whole)
    assert len(whole) > 100


@pytest.mark.parametrize(
    ("body", "coding"), [(b"plain", b"gzip"), (b"x", b"compress"), (b"x", b"br"), (b"xx", b"zstd")]
)
def test_what_does_not_fit_is_said(body: bytes, coding: bytes) -> None:
    """One error for every way to be wrong."""
    with pytest.raises(Undecodable):
        decoded(body, coding)


def test_an_empty_body_is_empty_in_any_coding() -> None:
    """HEAD and 304 name codings of bodies that are not there."""
    assert decoded(b"", b"gzip") == b""
