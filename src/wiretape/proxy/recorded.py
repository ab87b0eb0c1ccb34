"""A recorded answer as it comes out of a cassette, before anybody makes bytes for a client of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from wiretape.store.bodies import cut

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wiretape.store.interaction import Chunk, ResponseHead


class Recorded(msgspec.Struct, frozen=True):
    """A recorded answer, ready to be served.

    Attributes:
        head: its head.
        pieces: its body, in pieces of at most 1 MiB.
        chunks: how the body was cut when it arrived.
        whole: False where it broke off, so that it must break off again.
        first_byte_us: when its head came, in microseconds since the request did.
        duration_us: when its end came; None where nobody saw one.
    """

    head: ResponseHead
    pieces: Iterator[bytes]
    chunks: list[Chunk]
    whole: bool
    first_byte_us: int = 0
    duration_us: int | None = None

    def cut(self) -> Iterator[bytes]:
        """The body in its chunks."""
        return cut(self.pieces, (chunk.size for chunk in self.chunks))

    def timed(self) -> Iterator[tuple[int, bytes]]:
        """The body in its chunks, each with when it came, in microseconds since the request did."""
        return ((chunk.at_us, data) for chunk, data in zip(self.chunks, self.cut(), strict=True))
