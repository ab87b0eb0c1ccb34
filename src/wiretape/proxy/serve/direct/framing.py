"""Recorded answers as HTTP/1.1 bytes: the head, how the end of the body is told, the body in its recorded frames."""

from __future__ import annotations

import enum
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wiretape.proxy.recorded import Recorded
    from wiretape.store.interaction import Headers, ResponseHead

type Frame = tuple[int, bytes]
"""Bytes to be written together, and when they came: microseconds since the request."""

LAST_CHUNK: Final = b"0\r\n\r\n"
# A chunk longer than this goes out in slices, for it may be as long as a download.
_SLICE_BYTES = 256 * 1024
_BODYLESS = (204, 304)
_FIRST_FINAL = 200


class Framing(enum.Enum):
    """How a client knows where a body ends."""

    NONE = enum.auto()  # there is no body
    LENGTH = enum.auto()
    CHUNKED = enum.auto()
    CLOSE = enum.auto()  # the connection ends with it


class Shape(msgspec.Struct, frozen=True):
    """A recorded answer's head as a certain client gets it.

    Attributes:
        head: status line, headers, empty line.
        framing: how the end of the body is told.
        close: the connection ends after the answer.
    """

    head: bytes
    framing: Framing
    close: bool


def shaped(recorded: Recorded, headers: Headers, *, asked_head: bool, old: bool) -> Shape:
    """How *recorded* is told.

    Args:
        recorded: the answer.
        headers: its headers as the client may see them.
        asked_head: the request was HEAD.
        old: the client speaks HTTP/1.0, which knows no chunks.
    """
    head = recorded.head
    total = sum(chunk.size for chunk in recorded.chunks)
    fields = _Fields(headers)
    framing = Framing.NONE if asked_head or _bodyless(head.status) else fields.framing()
    multiplexed = not head.http_version.startswith("HTTP/1")
    if framing is Framing.CLOSE and multiplexed and not old:
        # HTTP/2 needs neither; without one of them the client could not tell an answer that broke off.
        single = recorded.whole and len(recorded.chunks) <= 1
        framing = Framing.LENGTH if single else Framing.CHUNKED
        added = (b"content-length", str(total).encode()) if single else (b"transfer-encoding", b"chunked")
        headers = (*headers, added)
        fields = _Fields(headers)
    if framing is Framing.CHUNKED and old:
        framing = Framing.CLOSE
        headers = tuple(pair for pair in headers if pair[0].lower() != b"transfer-encoding")
    short = framing is Framing.LENGTH and fields.length() != total
    stays = fields.keeps() if old or head.http_version == "HTTP/1.0" else not fields.closes()
    close = framing is Framing.CLOSE or short or not recorded.whole or not stays
    return Shape(_head(head, headers, multiplexed=multiplexed), framing, close)


def frames(recorded: Recorded, *, chunked: bool) -> Iterator[Frame]:
    """The body in its recorded chunks, framed where they are told as chunks.

    Raises:
        ValueError: the recording's bytes are fewer than its chunks.
    """
    source = _Source(recorded.pieces)
    at_us = recorded.first_byte_us
    for chunk in recorded.chunks:
        at_us = chunk.at_us
        yield from _frame(source, at_us, chunk.size, chunked=chunked)
    while rest := source.rest():
        yield from _frame(_Source(iter([rest])), at_us, len(rest), chunked=chunked)


def told(shape: Shape, recorded: Recorded, body: Iterable[Frame], *, together: bool) -> Iterator[Frame]:
    """All that is to be written, in its order.

    Args:
        shape: how the answer is told.
        recorded: the answer.
        body: its frames.
        together: the head may go out with the first frame and the end with the last one, since nothing waits.
    """
    end = LAST_CHUNK if shape.framing is Framing.CHUNKED and recorded.whole else b""
    if shape.framing is Framing.NONE:
        body = ()
    if not together:
        yield recorded.first_byte_us, shape.head
        yield from body
        # A Content-Length tells the end with its last byte; any other end came when it came.
        if recorded.duration_us is not None and (end or shape.close) and shape.framing is not Framing.NONE:
            yield recorded.duration_us, end
        elif end:
            yield 0, end
        return
    held = shape.head
    first = True
    for _, data in body:
        if first:
            held += data
            first = False
            continue
        yield 0, held
        held = data
    yield 0, held + end


def _frame(source: _Source, at_us: int, size: int, *, chunked: bool) -> Iterator[Frame]:
    opening = b"%x\r\n" % size if chunked else b""
    while size:
        data = source.take(min(size, _SLICE_BYTES))
        size -= len(data)
        yield at_us, opening + data + (b"\r\n" if chunked and not size else b"")
        opening = b""


class _Source:
    """Bytes that come in pieces of one size and are taken in pieces of another."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held = b""
        self._at = 0

    def take(self, size: int) -> bytes:
        while len(self._held) - self._at < size:
            piece = next(self._pieces, None)
            if piece is None:
                raise ValueError("the recording has fewer bytes than its chunks")
            self._held, self._at = self._held[self._at :] + piece, 0
        taken = self._held[self._at : self._at + size]
        self._at += size
        return taken

    def rest(self) -> bytes:
        """What is left of the present piece, or the next one; nothing at the end."""
        left, self._held, self._at = self._held[self._at :], b"", 0
        return left or next(self._pieces, b"")


class _Fields:
    """What the headers say of the answer's end and of the connection's."""

    def __init__(self, headers: Headers) -> None:
        self._lengths: set[bytes] = set()
        self._codings = b""
        self._tokens: set[bytes] = set()
        for name, value in headers:
            match name.lower():
                case b"content-length":
                    self._lengths.add(value.strip())
                case b"transfer-encoding":
                    self._codings += b"," + value.lower()
                case b"connection":
                    self._tokens.update(token.strip() for token in value.lower().split(b","))
                case _:
                    pass

    def framing(self) -> Framing:
        if self._codings:
            return Framing.CHUNKED if b"chunked" in self._codings else Framing.CLOSE
        return Framing.LENGTH if self._lengths else Framing.CLOSE

    def length(self) -> int | None:
        first = min(self._lengths, default=b"")
        return int(first) if len(self._lengths) == 1 and first.isdigit() else None

    def closes(self) -> bool:
        return b"close" in self._tokens

    def keeps(self) -> bool:
        return b"keep-alive" in self._tokens and not self.closes()


def _bodyless(status: int) -> bool:
    return status in _BODYLESS or status < _FIRST_FINAL


def _head(head: ResponseHead, headers: Headers, *, multiplexed: bool) -> bytes:
    version, reason = head.http_version, head.reason
    if multiplexed:
        version, reason = "HTTP/1.1", _reason(head.status)
    line = f"{version} {head.status} ".encode("latin-1", "replace") + reason.encode("latin-1", "replace")
    return b"".join([line, b"\r\n", *[b"%b: %b\r\n" % pair for pair in headers], b"\r\n"])


def _reason(status: int) -> str:
    """The usual words for a status: HTTP/2 sends none."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
