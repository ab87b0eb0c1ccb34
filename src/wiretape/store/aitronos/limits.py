"""What response headers tell: rate limits in both dialects, how long to wait, and who did the work.

Sources: page on debugging (`x-ratelimit-*-requests`, `-tokens`), page on rate limiting (`X-RateLimit-*`), pages on
images, extraction and vision (`X-Provider*`, `X-Cost-CHF`, …).

Contradictions:
    The two dialects of rate limits are each described as the one there is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wiretape.store.aitronos.words import Limit, Limits, Served

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wiretape.store.interaction import Headers

LIMIT_HEADERS: Final[Mapping[bytes, tuple[str, str]]] = {
    b"x-ratelimit-limit-requests": ("requests", "limit"),
    b"x-ratelimit-remaining-requests": ("requests", "remaining"),
    b"x-ratelimit-reset-requests": ("requests", "reset"),
    b"x-ratelimit-limit-tokens": ("tokens", "limit"),
    b"x-ratelimit-remaining-tokens": ("tokens", "remaining"),
    b"x-ratelimit-reset-tokens": ("tokens", "reset"),
    b"x-ratelimit-limit": ("overall", "limit"),
    b"x-ratelimit-remaining": ("overall", "remaining"),
    b"x-ratelimit-reset": ("overall", "reset"),
}
"""Header name in lower case → which limit, which of its numbers."""

RETRY_HEADERS: Final = frozenset({b"retry-after", b"x-ratelimit-retry-after"})

SERVED_HEADERS: Final[Mapping[bytes, str]] = {
    b"x-request-id": "request_id",
    b"aitronos-organization": "organization",
    b"freddy-processing-ms": "processing_ms",
    b"freddy-api-version": "api_version",
    b"x-provider": "provider",
    b"x-provider-request-id": "provider_request_id",
    b"x-provider-credits-consumed": "provider_credits",
    b"x-processing-method": "processing_method",
    b"x-model-used": "model_used",
    b"x-cost-chf": "cost_chf",
}
"""Header name in lower case → field of `Served`."""

_TOLD: Final = frozenset({*LIMIT_HEADERS, *RETRY_HEADERS, *SERVED_HEADERS})


def told(headers: Headers) -> tuple[Limits | None, Served | None]:
    """What *headers* say of limits and of the work; None for what they do not speak of."""
    limits: Limits | None = None
    served: Served | None = None
    for name, value in headers:
        key = name.lower()
        if key not in _TOLD:
            continue
        text = value.decode("latin-1").strip()
        if key in SERVED_HEADERS:
            served = served or Served()
            setattr(served, SERVED_HEADERS[key], text)
        else:
            limits = limits or Limits()
            _limit(limits, key, text)
    return limits, served


def _limit(limits: Limits, key: bytes, text: str) -> None:
    if key in RETRY_HEADERS:
        seconds = _number(text)
        if seconds is None:
            limits.retry_at = text
        elif limits.retry_after is None or key == b"retry-after":
            limits.retry_after = seconds
        return
    which, part = LIMIT_HEADERS[key]
    limit: Limit = getattr(limits, which) or Limit()
    setattr(limits, which, limit)
    if part == "reset":
        limit.reset = text
    else:
        number = _number(text)
        setattr(limit, part, None if number is None else int(number))


def _number(text: str) -> float | None:
    """A plain decimal number, of a length that a wait or a count can have; None for a date and all else."""
    digits = text.replace(".", "", 1)
    return float(text) if digits.isascii() and digits.isdigit() and len(digits) <= 15 else None  # noqa: PLR2004
