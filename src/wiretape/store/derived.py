"""The derived rows of an interaction: its reading, its tool calls, its words for the full-text search."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from wiretape.store import reading

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from wiretape.store.interaction import Ended, Request, ResponseHead
    from wiretape.store.reading import Reading

_COLUMNS = (
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
_USAGE = ("input", "output", "reasoning", "total", "cache_read", "cache_creation", "unit")


def write(
    connection: sqlite3.Connection,
    interaction_id: int,
    request: Request,
    asked: bytes | None,
    head: ResponseHead | None,
    answered: bytes | None,
    ended: Ended | None,
) -> None:
    """Read an answer and replace its derived rows; None as a body is one too long to be read."""
    request = msgspec.structs.replace(request, body=asked or b"")
    found = reading.read(request, head, answered or b"", ended=ended)
    if asked is None or answered is None:
        found.problem = "too long to be read"
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
    if head is not None and found.kind:
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
