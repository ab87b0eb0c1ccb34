"""The derived rows of an interaction: its reading, its tool calls, its words for the full-text search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from wiretape.store import queries, reading
from wiretape.store.bodies import read_pieces
from wiretape.store.interaction import header
from wiretape.store.kinds import kind_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from wiretape.store.interaction import Request, ResponseHead
    from wiretape.store.reading import Reading

# A longer body is kept like any other, but not read: it would have to be held in memory whole.
READING_BYTES: Final = 8 * 1024 * 1024

_COLUMNS: Final = (
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
    "problem",
)
_USAGE: Final = ("input", "output", "reasoning", "total", "cache_read", "cache_creation", "unit")


class Exchange(msgspec.Struct, frozen=True):
    """What is read: a request, and what came back. A body that is None is one too long to be read."""

    request: Request
    asked: bytes | None
    head: ResponseHead | None
    answered: bytes | None
    ended: str | None


def read(exchange: Exchange) -> Reading:
    """What was said in an exchange."""
    request = msgspec.structs.replace(exchange.request, body=exchange.asked or b"")
    found = reading.read(request, exchange.head, exchange.answered or b"", ended=exchange.ended)
    if exchange.asked is None or exchange.answered is None:
        found.problem = f"too long to be read: more than {READING_BYTES} bytes"
        found.kind = kind_of(header(exchange.head.headers, b"content-type") if exchange.head else None, b"\0")
    return found


def stored(connection: sqlite3.Connection, interaction_id: int) -> Exchange:
    """The exchange of an interaction, as it is stored."""
    request = queries.request(connection, interaction_id)
    response = queries.response(connection, interaction_id)
    asked, answered = (_short(connection, body_id) for body_id in (request.body_id, response.body_id))
    return Exchange(request.head, asked, response.head, answered, response.ended)


def _short(connection: sqlite3.Connection, body_id: int | None) -> bytes | None:
    _, size = queries.digest_and_size(connection, body_id)
    return b"".join(read_pieces(connection, body_id)) if size <= READING_BYTES else None


def write(connection: sqlite3.Connection, interaction_id: int, found: Reading) -> None:
    """Replace the derived rows of an interaction."""
    values: dict[str, object] = {"interaction_id": interaction_id}
    values |= {name: getattr(found, name) for name in _COLUMNS}
    if found.usage is not None:
        values |= {f"usage_{name}": getattr(found.usage, name) for name in _USAGE}
    if found.error is not None:
        values |= {"error_code": found.error.code, "error_message": found.error.message}
    values["details"] = msgspec.json.encode(found).decode()
    _insert(connection, "reading", values)
    connection.execute("DELETE FROM tool_call WHERE interaction_id = ?", (interaction_id,))
    for position, call in enumerate(found.tool_calls):
        row = {"interaction_id": interaction_id, "position": position, "call_id": call.id, "name": call.name}
        _insert(connection, "tool_call", row | {"arguments": call.arguments, "result": call.result})
    _index(connection, interaction_id, found)
    connection.execute("UPDATE interaction SET kind = ? WHERE id = ?", (found.kind, interaction_id))


def _index(connection: sqlite3.Connection, interaction_id: int, found: Reading) -> None:
    calls = "\n".join(f"{call.name} {call.arguments} {call.result or ''}" for call in found.tool_calls)
    words = (found.prompt, found.text or found.refusal, found.reasoning, calls or None)
    connection.execute("DELETE FROM said WHERE rowid = ?", (interaction_id,))
    if any(words):
        connection.execute(
            "INSERT INTO said (rowid, prompt, text, reasoning, tool_calls) VALUES (?, ?, ?, ?, ?)",
            (interaction_id, *words),
        )


def _insert(connection: sqlite3.Connection, table: str, values: Mapping[str, object]) -> None:
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    connection.execute(f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({marks})", tuple(values.values()))  # noqa: S608 - names are ours
