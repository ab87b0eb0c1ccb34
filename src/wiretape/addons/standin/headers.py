"""The headers that the API puts on its answers, in the mixed case of a real server."""

from __future__ import annotations

from email.utils import formatdate
from typing import TYPE_CHECKING

from wiretape.addons.standin.counter import tag

if TYPE_CHECKING:
    from wiretape.addons.standin.call import Call

_LIMIT = 1000
_TOKENS = 200_000
_WINDOW_S = 60
_LIMITED = ("/v1/model/response", "/v1/messages/run")
_FIRST_ERROR = 400


def usual(call: Call, status: int) -> list[tuple[str, str]]:
    """The headers of every answer, with the rate limits where the API tells them."""
    told = [
        ("date", formatdate(call.now, usegmt=True)),
        ("server", "uvicorn"),
        ("x-request-id", tag("req", call.n)),
        ("aitronos-organization", call.organization),
        ("freddy-processing-ms", str(10 + call.n % 90)),
        ("freddy-api-version", "2025-01-01"),
    ]
    # The official SDK sleeps until X-RateLimit-Reset on any error that it retries, so errors do not carry it.
    if status < _FIRST_ERROR and call.request.path.startswith(_LIMITED):
        told += _limits(call)
    return told


def _limits(call: Call) -> list[tuple[str, str]]:
    """Both of the documented dialects."""
    left = _LIMIT - call.n % _LIMIT
    return [
        ("x-ratelimit-limit-requests", str(_LIMIT)),
        ("x-ratelimit-remaining-requests", str(left)),
        ("x-ratelimit-reset-requests", f"{_WINDOW_S}s"),
        ("x-ratelimit-limit-tokens", str(_TOKENS)),
        ("x-ratelimit-remaining-tokens", str(_TOKENS - call.n % _TOKENS)),
        ("x-ratelimit-reset-tokens", f"{_WINDOW_S}s"),
        ("X-RateLimit-Limit", str(_LIMIT)),
        ("X-RateLimit-Remaining", str(left)),
        ("X-RateLimit-Reset", str(int(call.now) + _WINDOW_S)),
    ]
