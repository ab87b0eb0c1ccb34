"""In what the proxy speaks for itself: problem documents (RFC 9457) that also wear the API's own error envelope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wiretape.store.interaction import Headers

HEADERS: Final[Headers] = ((b"Content-Type", b"application/problem+json"), (b"x-should-retry", b"false"))
"""What goes with every such document: clients of the API do not ask again."""


def closing(document: bytes) -> Headers:
    """What goes with *document* where the connection ends with it."""
    return (*HEADERS, (b"Connection", b"close"), (b"Content-Length", b"%d" % len(document)))


def problem(kind: str, title: str, status: int, message: str, facts: Mapping[str, object]) -> bytes:
    """A document.

    Args:
        kind: what it is about, such as `miss:spent`; the first word is the code's in the envelope.
        title: the same in words, whatever the request.
        status: of the answer.
        message: for whoever reads the client's error.
        facts: what else there is to know.
    """
    code = f"WIRETAPE_{kind.partition(':')[0].upper()}"
    error = {"code": code, "message": message, "type": "client_error", "status": status}
    return msgspec.json.encode(
        {"type": f"urn:wiretape:{kind}", "title": title, "status": status, **facts, "success": False, "error": error}
    )
