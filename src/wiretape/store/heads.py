"""The seal of an interaction's heads: a digest by which a changed status or header is seen, as a changed body is.

It is BLAKE2b-128 in hex over the UTF-8 of the columns below, in this order, each as its length in characters, a colon
and its text; NULL is `-`. Bodies have digests of their own, and times do not matter to what is served.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

COLUMNS: Final = (
    "method, scheme, host, port, target, request_http_version, request_headers,"
    " status, reason, response_http_version, response_headers, response_trailers, ended"
)


def seal_of(values: Sequence[str | int | None]) -> str:
    """The digest of *values*, those of `COLUMNS`."""
    text = "".join(["-" if value is None else f"{len(told := str(value))}:{told}" for value in values])
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def seal(connection: sqlite3.Connection, interaction_id: int) -> None:
    """Seal the heads of an interaction as they are now: at its end, and wherever they are changed on purpose."""
    values = connection.execute(f"SELECT {COLUMNS} FROM interaction WHERE id = ?", (interaction_id,)).fetchone()  # noqa: S608 - ours
    connection.execute(
        "INSERT OR REPLACE INTO seal (interaction_id, digest) VALUES (?, ?)", (interaction_id, seal_of(values))
    )
