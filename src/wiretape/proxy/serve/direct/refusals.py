"""What a client reads that we have to send away: what is wrong, and that trying again is of no use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wiretape.proxy.decide import envelope
from wiretape.proxy.decide.admission import refusal

if TYPE_CHECKING:
    from wiretape.store.interaction import Headers

_REASONS = {
    400: "Bad Request",
    413: "Content Too Large",
    431: "Request Header Fields Too Large",
}


class Unreadable(Exception):
    """A request that cannot be read on from here.

    Attributes:
        status: what to answer.
        detail: why, for a person.
    """

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail

    def answer(self) -> bytes:
        """The whole answer, after which the connection closes."""
        reason = _REASONS[self.status]
        told = f"wiretape: {self.detail}"
        title = "wiretape cannot read this request"
        document = envelope.problem("unreadable", title, self.status, told, {"detail": self.detail})
        return _head(self.status, reason, envelope.closing(document)) + document


class TurnedAway(Exception):
    """A request that did not bring the password; nothing of the connection is read any more."""

    def __init__(self, *, as_proxy: bool, asked_head: bool) -> None:
        super().__init__("a request without the password")
        self._refusal = refusal(as_proxy=as_proxy)
        self._asked_head = asked_head

    def answer(self) -> bytes:
        """The whole answer, after which the connection closes."""
        told = self._refusal
        head = _head(told.status, told.reason, told.headers)
        return head if self._asked_head else head + told.document


def _head(status: int, reason: str, headers: Headers) -> bytes:
    lines = [f"HTTP/1.1 {status} {reason}\r\n".encode(), *[b"%b: %b\r\n" % pair for pair in headers], b"\r\n"]
    return b"".join(lines)
