"""Bodies redacted the way a recorder does it, whole and in pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wiretape.proxy.decide.redaction.bodies import Body
from wiretape.proxy.decide.redaction.redactor import Numbered, Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wiretape.proxy.decide.redaction.finds import Segment
    from wiretape.store.interaction import Request


def in_segments(
    pieces: Iterable[bytes],
    kind: bytes = b"application/json",
    *,
    redactor: Redactor | None = None,
    answer: bool = True,
    asked: Request | None = None,
) -> list[Segment]:
    """A body that comes in *pieces*."""
    redactor = Redactor() if redactor is None else redactor
    body = Body(kind, redactor.scope(asked=asked), Numbered(redactor, answer=answer))
    return [segment for piece in pieces for segment in body.feed(piece)] + body.end()


def in_pieces(
    pieces: Iterable[bytes],
    kind: bytes = b"application/json",
    *,
    redactor: Redactor | None = None,
    answer: bool = True,
    asked: Request | None = None,
) -> bytes:
    """What is written of it."""
    found = in_segments(pieces, kind, redactor=redactor, answer=answer, asked=asked)
    return b"".join(text for _, text in found)


@pytest.fixture(scope="session")
def segments_of() -> Callable[..., list[Segment]]:
    """Gives the segments of a body that comes in pieces."""
    return in_segments


@pytest.fixture(scope="session")
def redact() -> Callable[..., bytes]:
    """Gives what is written of a body that comes in pieces."""
    return in_pieces
