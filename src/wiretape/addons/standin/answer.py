"""An answer before it becomes bytes on a connection."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wiretape.addons.standin.jsontext import dumps

if TYPE_CHECKING:
    from collections.abc import Iterator


def _no_headers() -> list[tuple[str, str]]:
    return []


@dataclass(slots=True)
class Answer:
    """One answer.

    Attributes:
        status: of the status line.
        headers: what is particular to this answer; the API's usual ones are added to all.
        content: the body, or its pieces in turn.
        length: the length to promise for pieces; without it they go out chunked.
        paced: the pieces come with the stand-in's usual delay between them, not only with one that was asked for.
    """

    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=_no_headers)
    content: bytes | Iterator[bytes] = b""
    length: int | None = None
    paced: bool = False


def json_answer(value: Any, status: int = 200, *headers: tuple[str, str]) -> Answer:
    """An answer with a JSON body."""
    return Answer(status, [("Content-Type", "application/json"), *headers], dumps(value))


def no_content() -> Answer:
    """The empty answer that most deletions get."""
    return Answer(204)
