"""What differs from one run to the next although nothing changed, as data: for matching, for diffs, for telling drift.

Names of headers are lower case; names of fields hold at any depth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

REQUEST_HEADERS: Final = frozenset(
    {
        b"host",  # follows the base address
        b"user-agent",  # `aitronos/4.5.8` for both SDK 5.0.0 and 0.8.178, else the HTTP library's
        b"x-fern-runtime",  # Python's patch version
        b"x-fern-platform",  # the kernel's release
        b"x-fern-language",
        b"accept-encoding",  # gains br and zstd with packages installed
        b"content-length",  # spacing and escaping of JSON differ by library
        b"connection",
        b"last-event-id",
        b"idempotency-key",  # `POST /v1/dictation/transcribe` only
        b"if-none-match",
        b"range",
    }
)
"""Headers that depend on machine, library or moment. Their order and case vary as well."""

REQUEST_FIELDS: Final = frozenset(
    {
        "device_information",
        "device_info",  # the CLI puts the kernel's release in
        "verification_code",
        "state",
        "code",
        "email_key",
        "metadata",  # often holds ids made by the client
        "last_event_id",
    }
)
"""JSON fields of requests that differ by machine or moment."""

ECHOED_FIELDS: Final = frozenset(
    {
        "thread_id",
        "threadId",
        "thread_key",
        "run_key",
        "previous_response_id",
        "previous_message_id",
        "edit_message_id",
        "tool_call_id",
    }
)
"""JSON fields of requests that repeat what an earlier answer said: links between recordings."""

REQUEST_QUERY: Final = frozenset(
    {"since", "date", "year", "month", "token", "expires", "last_event_id", "from_seq", "state", "code"}
)
"""Query names whose values depend on the moment."""

RESPONSE_HEADERS: Final = frozenset(
    {
        b"date",
        b"x-request-id",
        b"freddy-processing-ms",
        b"x-ratelimit-limit",
        b"x-ratelimit-remaining",
        b"x-ratelimit-reset",
        b"x-ratelimit-retry-after",
        b"x-ratelimit-limit-requests",
        b"x-ratelimit-remaining-requests",
        b"x-ratelimit-reset-requests",
        b"x-ratelimit-limit-tokens",
        b"x-ratelimit-remaining-tokens",
        b"x-ratelimit-reset-tokens",
        b"retry-after",
        b"x-provider-request-id",
        b"x-cost-chf",
        b"etag",
        b"set-cookie",
    }
)
"""Headers of answers that differ from call to call."""

TIME_FIELDS: Final = frozenset(
    {
        "created",
        "createdAt",
        "created_at",
        "updatedAt",
        "updated_at",
        "startedAt",
        "started_at",
        "completedAt",
        "completed_at",
        "cancelledAt",
        "cancelled_at",
        "last_message_at",
        "last_used_at",
        "timestamp",
        "uploaded_at",
        "logged_out_at",
        "expires_at",
        "pinned_at",
        "elapsed_seconds",
        "execution_time_ms",
        "processing_time",
        "duration_ms",
    }
)
"""JSON fields of answers that are a moment or a span: integers (G2, assistants) or ISO 8601 text (threads, keys)."""

RESPONSE_FIELDS: Final = TIME_FIELDS | {
    "trace_id",
    "systemFingerprint",
    "partial_content_length",
    "download_url",
    "signed_url",
    "stream_url",
    "authorization_url",
    "message_count",
    "percentage",
    "access_token",
    "refresh_token",
    "token",
}
"""JSON fields of answers that differ from call to call; ids besides, see `ID_PREFIXES`."""

ID_PREFIXES: Final[Mapping[str, str]] = {
    "resp_": "response",
    "thrd_": "thread",  # G4
    "thread_": "thread",  # G2, G3
    "msg_": "message",
    "call_": "tool call",
    "file_": "file",
    "org_": "organization",
    "usr_": "user",
    "asst_": "assistant",
    "ak_": "API key object; with 38 and more characters behind it, the key itself",
    "vs_": "vector store",
    "req_": "request",
    "skill_": "skill",
    "stool_": "system tool",
    "fp_": "system fingerprint",
}
"""How ids begin → what they name. Ids of G1 are integers."""

VOLATILE_EVENTS: Final = frozenset({"response.heartbeat", "response.context", "response.processing"})
"""Events that come by the clock, by the caller's place, or before the work: no sign of another answer.

The number and the size of the deltas, and the cut of a stream into chunks, vary as well.
"""
