"""What a client reads that we have to send away: what is wrong, and that trying again is of no use."""

from __future__ import annotations

import msgspec

from wiretape.proxy.decide.admission import refusal

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
        document = msgspec.json.encode(
            {
                "type": "urn:wiretape:unreadable",
                "title": "wiretape cannot read this request",
                "status": self.status,
                "detail": self.detail,
                "success": False,
                "error": {
                    "code": "WIRETAPE_UNREADABLE",
                    "message": f"wiretape: {self.detail}",
                    "type": "client_error",
                    "status": self.status,
                },
            }
        )
        head = (
            f"HTTP/1.1 {self.status} {reason}\r\n"
            "Content-Type: application/problem+json\r\n"
            "x-should-retry: false\r\n"
            "Connection: close\r\n"
            f"Content-Length: {len(document)}\r\n\r\n"
        )
        return head.encode() + document


class TurnedAway(Exception):
    """A request that did not bring the password; nothing of the connection is read any more."""

    def __init__(self, *, as_proxy: bool, asked_head: bool) -> None:
        super().__init__("a request without the password")
        self._refusal = refusal(as_proxy=as_proxy)
        self._asked_head = asked_head

    def answer(self) -> bytes:
        """The whole answer, after which the connection closes."""
        told = self._refusal
        lines = [f"HTTP/1.1 {told.status} {told.reason}\r\n".encode(), *[b"%b: %b\r\n" % pair for pair in told.headers]]
        return b"".join(lines) + b"\r\n" + (b"" if self._asked_head else told.document)
