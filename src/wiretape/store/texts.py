"""The texts of a cassette beside heads and bodies: what was understood, what is indexed, what sessions say."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_READING: Final = (
    "generation",
    "family",
    "operation",
    "model",
    "thread_id",
    "response_id",
    "stop_reason",
    "text",
    "reasoning",
    "refusal",
    "error_code",
    "error_message",
    "problem",
    "details",
)
_CALL: Final = ("call_id", "name", "arguments", "result")
_SAID: Final = ("prompt", "text", "reasoning", "tool_calls")
_INTERACTION: Final = ("host", "reason", "problem", "identity")
_SESSION: Final = ("name", "replaces", "problem", "upstream", "rules", "recorder", "owner")


class StoredText(NamedTuple):
    """A text that is no head and no body.

    Attributes:
        interaction_id: whose it is; None: the session's.
        place: where it stands, in words.
        text: itself.
    """

    interaction_id: int | None
    place: str
    text: str


def session_texts(connection: sqlite3.Connection, session_id: int) -> Iterator[StoredText]:
    """What a session says of itself."""
    for row in connection.execute(f"SELECT {', '.join(_SESSION)} FROM session WHERE id = ?", (session_id,)):  # noqa: S608 - ours
        yield from _told(None, "session", _SESSION, row)


def interaction_texts(connection: sqlite3.Connection, interaction_id: int) -> Iterator[StoredText]:
    """What is stored of an interaction beside its heads and bodies."""
    for names, place, source in (
        (_INTERACTION, "interaction", "interaction WHERE id"),
        (_READING, "reading", "reading WHERE interaction_id"),
        (_CALL, "tool call", "tool_call WHERE interaction_id"),
        (_SAID, "full text", "said WHERE rowid"),
    ):
        rows = connection.execute(f"SELECT {', '.join(names)} FROM {source} = ?", (interaction_id,))  # noqa: S608 - ours
        for row in rows:
            yield from _told(interaction_id, place, names, row)


def indexed_words(connection: sqlite3.Connection) -> Iterator[str]:
    """The words that the full-text index holds, those of deleted texts too that it has not given up yet."""
    try:
        connection.execute("CREATE VIRTUAL TABLE IF NOT EXISTS temp.words USING fts5vocab(main, said, 'row')")
    except sqlite3.OperationalError:
        # The copy that an older cassette is read in cannot be added to, and was indexed just now.
        return
    for (word,) in connection.execute("SELECT term FROM temp.words"):
        yield word


def body_size(connection: sqlite3.Connection, body_id: int | None) -> int:
    """The bytes of a body, as far as they came."""
    (size,) = connection.execute(
        "SELECT coalesce(sum(length(bytes)), 0) FROM piece WHERE body_id = ?", (body_id,)
    ).fetchone()
    return int(size)


def bodies_size(connection: sqlite3.Connection) -> int:
    """The bytes of all bodies together."""
    return int(connection.execute("SELECT coalesce(sum(size_bytes), 0) FROM body").fetchone()[0])


def _told(
    interaction_id: int | None, place: str, names: tuple[str, ...], row: tuple[object, ...]
) -> Iterator[StoredText]:
    for name, text in zip(names, row, strict=True):
        if isinstance(text, str) and text:
            yield StoredText(interaction_id, f"{place} {name}", text)
