"""Bytes in, requests out: httptools' callbacks, with limits, and with what it leaves to its users."""

from __future__ import annotations

from itertools import chain
from typing import Final, NamedTuple, Protocol

import httptools

from wiretape.proxy.serve.direct.refusals import Unreadable

HEAD_BYTES: Final = 64 * 1024
HEADERS: Final = 256

_FRAMING = (b"content-length", b"transfer-encoding")


class Head(NamedTuple):
    """The head of a request, as it was sent.

    Attributes:
        length: of its body; None where it comes in chunks.
        old: it is HTTP/1.0.
        expects: the client waits for `100 Continue` before it sends the body.
    """

    method: str
    target: str
    headers: tuple[tuple[bytes, bytes], ...]
    length: int | None
    old: bool
    keep_alive: bool
    expects: bool


class Taker(Protocol):
    """Who takes the requests of an `Intake`. What it raises ends the reading."""

    def head_came(self, head: Head) -> None:
        """A request's head is complete."""

    def body_came(self, data: bytes) -> None:
        """A piece of its body."""

    def request_came(self) -> None:
        """The request is complete."""


class Intake:
    """Reads the requests of one connection.

    Attributes:
        between: no request has begun that is not complete.
        owing: a head is complete and its body is not.
        over: the last request has come: what follows is none.
        tunnel: whom the last request wants to be connected with, where it is a CONNECT.
    """

    def __init__(self, taker: Taker) -> None:
        self.between = True
        self.owing = False
        self.over = False
        self.tunnel: str | None = None
        self._taker = taker
        self._parser = httptools.HttpRequestParser(self)
        self._target = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._waited = 0
        self._ignoring = False
        self._offered: Head | None = None
        self._head: Head | None = None

    def feed(self, data: bytes) -> bytes:
        """Read on.

        Returns:
            What follows a CONNECT and is not for us to read; else nothing.

        Raises:
            Unreadable: this is no request, or more of one than we take.
        """
        if not self.between and not self.owing:
            self._count(len(data))
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            return self._upgraded(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            if not self.over:
                raise self._explained(error) from error
        return b""

    def _upgraded(self, rest: bytes) -> bytes:
        if self.tunnel is not None:
            self.over = True
            return rest
        offered, self._offered = self._offered, None
        if offered is not None:
            self._read_body_of(offered)
        return self.feed(rest) if rest else b""

    def _read_body_of(self, head: Head) -> None:
        """Have the body read that comes with an offer to upgrade: the parser takes it for another protocol's bytes."""
        lines = [b"%b: %b\r\n" % pair for pair in head.headers if pair[0].lower() in _FRAMING]
        self._parser = httptools.HttpRequestParser(self)
        self._ignoring = True
        self._parser.feed_data(b"POST / HTTP/1.1\r\n" + b"".join(lines) + b"\r\n")
        self._ignoring = False

    def _count(self, size: int) -> None:
        self._waited += size
        if self._waited > HEAD_BYTES:
            raise Unreadable(431, f"a head of more than {HEAD_BYTES // 1024} KiB")

    def _explained(self, error: httptools.HttpParserError) -> Unreadable:
        cause = error.__context__
        if isinstance(error, httptools.HttpParserCallbackError) and isinstance(cause, Unreadable):
            return cause
        if isinstance(error, httptools.HttpParserCallbackError) and cause is not None:
            raise cause
        if self._target == b"*":
            return Unreadable(400, "HTTP/2 without TLS is not spoken here; have the client use HTTP/1.1")
        return Unreadable(400, f"this is no HTTP/1.1 request: {error}")

    # -- what httptools calls ------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """A request begins."""
        if self._ignoring:
            return
        self.between = False
        self._target = b""
        self._headers = []
        self._waited = 0
        self._head = None

    def on_url(self, url: bytes) -> None:
        """A piece of the target."""
        if not self._ignoring:
            self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header, or a trailer, which no key and no answer depends on."""
        if self._head is None and not self._ignoring:
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is complete."""
        if self._ignoring:
            return
        size = len(self._target) + sum(map(len, chain.from_iterable(self._headers)))
        if len(self._headers) > HEADERS or size > HEAD_BYTES:
            raise Unreadable(431, f"a head of more than {HEADERS} headers or {HEAD_BYTES // 1024} KiB")
        self._head = head = self._read_head()
        if head.method == "CONNECT":
            self.tunnel = head.target
        self.owing = True
        self._taker.head_came(head)

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._taker.body_came(body)

    def on_message_complete(self) -> None:
        """The request is complete."""
        head = self._head
        assert head is not None
        if self._parser.should_upgrade() and self.tunnel is None and head.length != 0:
            self._offered = head
            return
        self.between = True
        self.owing = False
        self.over = not head.keep_alive
        self._taker.request_came()

    def _read_head(self) -> Head:
        length: int | None = 0
        expects = False
        for name, value in self._headers:
            size = len(name)
            # The length first: lower() for a dozen headers would cost as much as the rest.
            if size == 14 and name.lower() == b"content-length":  # noqa: PLR2004
                length = int(value)
            elif size == 17 and name.lower() == b"transfer-encoding":  # noqa: PLR2004
                length = None
            elif size == 6 and name.lower() == b"expect":  # noqa: PLR2004
                expects = value.strip().lower() == b"100-continue"
        old = self._parser.get_http_version() < "1.1"
        return Head(
            method=self._parser.get_method().decode("latin-1"),
            target=self._target.decode("utf-8", "surrogateescape"),
            headers=tuple(self._headers),
            length=length,
            old=old,
            keep_alive=self._parser.should_keep_alive(),
            expects=expects and not old,
        )
