"""Where the bytes of one exchange are recorded while they pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wiretape.store.interaction import header

if TYPE_CHECKING:
    from concurrent.futures import Future

    from wiretape.proxy.decide.recorder import Take
    from wiretape.proxy.serve.clock import Clock
    from wiretape.store.interaction import Ended, Headers, ResponseHead


class Tee:
    """Passes bytes on and records them, all but the last one of a body whose length was promised.

    Attributes:
        held: the byte held back, to be sent once the whole answer is in the cassette.
    """

    def __init__(self, take: Take, clock: Clock, began_us: int) -> None:
        self.held = b""
        self._take = take
        self._clock = clock
        self._began_us = began_us
        self._streamed = False
        self._promised: int | None = None
        self._seen = 0

    def request(self, data: bytes) -> bytes:
        """A piece of an upload that is not held; empty at its end."""
        self._streamed = True
        self._take.request_data(data)
        return data

    def request_end(self, content: bytes | None) -> None:
        """The request is over; *content* is its body where it was held."""
        if content and not self._streamed:
            self._take.request_data(content)
        self._take.request_end()

    def response_head(self, head: ResponseHead) -> None:
        """The answer's head."""
        length = header(head.headers, b"content-length")
        self._promised = int(length) if length is not None and length.isdigit() else None
        self._take.response_head(head, self._now())

    def response(self, data: bytes) -> bytes:
        """A piece of the answer; empty at its end."""
        self._take.response_data(data, self._now())
        self._seen += len(data)
        if data and self._promised is not None and self._seen >= self._promised:
            self.held = data[-1:]
            return data[:-1]
        return data

    def end(self, ended: Ended, *, problem: str | None = None, trailers: Headers = ()) -> Future[None]:
        """The exchange is over; the future resolves when it is in the cassette."""
        return self._take.end(ended, self._now(), problem=problem, trailers=trailers)

    def _now(self) -> int:
        return self._clock.microseconds() - self._began_us
