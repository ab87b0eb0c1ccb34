"""Bytes in, whole requests out: httptools' callbacks turned into `Received`."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import httptools

from wiretape.addons.standin.multipart import PartReader, boundary_in
from wiretape.addons.standin.received import Received

if TYPE_CHECKING:
    from collections.abc import Callable

KEPT_BODY = 16 * 1024 * 1024
"""How much of a body is kept; the rest is counted, digested and read for its parts only."""


class Malformed(ValueError):
    """The bytes are no HTTP/1.x request."""


class Intake:
    """Parses the requests of one connection.

    Args:
        on_request: called with each request once its body is complete.
        on_expect: called when a client waits for `100 Continue` before it sends its body.
    """

    def __init__(self, on_request: Callable[[Received], None], on_expect: Callable[[], None]) -> None:
        self._on_request = on_request
        self._on_expect = on_expect
        self._parser = httptools.HttpRequestParser(self)
        self._begin()

    def feed(self, data: bytes) -> bool:
        """Read on. False once the rest of the connection is no HTTP: after CONNECT or an upgrade.

        Raises:
            Malformed: when the bytes are no HTTP request.
        """
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            return False
        except httptools.HttpParserError as error:
            raise Malformed(str(error)) from error
        return True

    def _begin(self) -> None:
        self._target = b""
        self._headers: list[tuple[str, str]] = []
        self._kept: list[bytes] = []
        self._size = 0
        self._digest = hashlib.sha256()
        self._reader: PartReader | None = None

    # The names below are httptools' own.

    def on_message_begin(self) -> None:
        """A request begins."""
        self._begin()

    def on_url(self, url: bytes) -> None:
        """A piece of the target."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        """The head is complete."""
        fields = {name.lower(): value for name, value in self._headers}
        content_type = fields.get("content-type", "")
        if content_type.lower().startswith("multipart/"):
            self._reader = PartReader(boundary_in(content_type))
        if fields.get("expect", "").lower() == "100-continue":
            self._on_expect()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        if self._size == 0 and self._reader is None and body.startswith(b"--"):
            self._reader = PartReader()
        if self._size < KEPT_BODY:
            self._kept.append(body[: KEPT_BODY - self._size])
        self._size += len(body)
        self._digest.update(body)
        if self._reader is not None:
            self._reader.feed(body)

    def on_message_complete(self) -> None:
        """The request is complete."""
        self._on_request(
            Received(
                method=self._parser.get_method().decode("latin-1"),
                target=self._target.decode("latin-1"),
                headers=tuple(self._headers),
                body=b"".join(self._kept),
                size=self._size,
                sha256=self._digest.hexdigest(),
                parts=tuple(self._reader.parts) if self._reader else (),
                version=self._parser.get_http_version(),
                keep_alive=self._parser.should_keep_alive(),
            )
        )
