"""Content-encodings undone piece by piece, so that what is in a compressed body can be looked at as it comes."""

from __future__ import annotations

import importlib
import zlib
from typing import Any, Final

from wiretape.store.encoding import Undecodable

_GZIP: Final = zlib.MAX_WBITS + 16


class Unpacker:
    """Undoes the content-encodings of one body."""

    def __init__(self, content_encoding: bytes) -> None:
        """Begin a body.

        Raises:
            Undecodable: an encoding is not known here.
        """
        codings = [coding.strip().lower() for coding in content_encoding.split(b",")]
        self._steps = [_step(coding) for coding in reversed(codings) if coding not in (b"", b"identity")]

    @property
    def idle(self) -> bool:
        """Whether there is nothing to undo."""
        return not self._steps

    def feed(self, data: bytes) -> bytes:
        """What *data* adds.

        Raises:
            Undecodable: it does not fit the encoding.
        """
        for step in self._steps:
            try:
                data = step.feed(data)
            except Undecodable:
                raise
            except Exception as error:  # noqa: BLE001 - three libraries, each with errors of its own
                raise Undecodable(str(error)) from None
        return data


class _Zlib:
    """gzip of any number of members, or deflate, which some send raw."""

    def __init__(self, wbits: int) -> None:
        self._wbits = wbits
        self._inflater = zlib.decompressobj(wbits)
        self._begun = False
        self._start: bytes = b""

    def feed(self, data: bytes) -> bytes:
        found: list[bytes] = []
        if not self._begun:
            # Whether it is raw shows in the first two bytes.
            data = self._start + data
            if len(data) < 2:  # noqa: PLR2004
                self._start = data
                return b""
        while data:
            if self._inflater.eof:
                if self._wbits != _GZIP or not data.startswith(b"\x1f"):
                    break  # padding
                self._inflater = zlib.decompressobj(self._wbits)
            try:
                found.append(self._inflater.decompress(data))
            except zlib.error:
                if self._wbits != zlib.MAX_WBITS or self._begun:
                    raise
                self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)
                found.append(self._inflater.decompress(data))
            self._begun = True
            data = self._inflater.unused_data
        return b"".join(found)


class _Foreign:
    def __init__(self, feed: Any) -> None:
        self._feed = feed

    def feed(self, data: bytes) -> bytes:
        found: bytes = self._feed(data)
        return found


def _step(coding: bytes) -> _Zlib | _Foreign:
    if coding in (b"gzip", b"x-gzip"):
        return _Zlib(_GZIP)
    if coding == b"deflate":
        return _Zlib(zlib.MAX_WBITS)
    try:
        if coding == b"br":
            return _Foreign(importlib.import_module("brotli").Decompressor().process)
        if coding == b"zstd":
            return _Foreign(importlib.import_module("zstandard").ZstdDecompressor().decompressobj().decompress)
    except ImportError:
        raise Undecodable(f"content-encoding {coding!r} needs a package that is not installed") from None
    raise Undecodable(f"unknown content-encoding {coding!r}")
