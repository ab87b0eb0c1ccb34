"""Every form of error, both dialects of rate limits, and how long to wait."""

from __future__ import annotations

import pytest

from wiretape.store.interaction import Headers, Request, ResponseHead
from wiretape.store.reading import ErrorReading, FieldError, Limit, Limits, Reading, Served, read

ENVELOPE = (
    b'{"success":false,"error":{"code":"VALIDATION_ERROR","message":"user text","system_message":"dev text",'
    b'"type":"client_error","status":422,"details":{"field":"inputs"},"trace_id":"2fbbf3b6","timestamp":'
    b'"2025-01-15T10:30:00Z"}}'
)


def failed(
    body: bytes, status: int = 422, *, headers: Headers = (), reason: str = "", target: str = "/v1/model/response"
) -> Reading:
    """The reading of an answer with this body and status."""
    request = Request(method="POST", scheme="https", host="api.aitronos.com", port=443, target=target)
    headers = headers or ((b"Content-Type", b"application/json"),)
    return read(request, ResponseHead(status=status, reason=reason, headers=headers), body)


def test_todays_envelope() -> None:
    """Each field of the page on error codes has its place, and what `details` holds stays JSON."""
    reading = failed(ENVELOPE)
    assert reading.error == ErrorReading(
        code="VALIDATION_ERROR",
        message="user text",
        system_message="dev text",
        type="client_error",
        status=422,
        trace_id="2fbbf3b6",
        details='{"field":"inputs"}',
        timestamp="2025-01-15T10:30:00Z",
    )
    assert (reading.problem, reading.unknown, reading.generation) == (None, [], None)


def test_the_envelope_is_the_same_at_every_endpoint() -> None:
    """Errors do not depend on the route, not even on a known one."""
    assert failed(ENVELOPE, target="/v1/threads").error == failed(ENVELOPE).error
    assert failed(ENVELOPE, target="/nowhere").error == failed(ENVELOPE).error


def test_fastapis_findings() -> None:
    """The types of the SDKs say 422 looks like this, the documentation says otherwise; both are read."""
    body = b'{"detail":[{"loc":["body","inputs",0,"role"],"msg":"Field required","type":"missing"}]}'
    reading = failed(body, reason="Unprocessable Entity")
    assert reading.error is not None
    assert reading.error.fields == [FieldError(where="body.inputs.0.role", message="Field required", type="missing")]
    assert (reading.error.code, reading.error.status) == ("VALIDATION_ERROR", 422)
    assert (reading.error.message, reading.unknown) == ("Field required", [])
    other = failed(body, 401).error
    assert other is not None
    assert (other.code, other.status) == (None, 401)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error":"no credit"}', "no credit"),
        (b'{"message":"no credit"}', "no credit"),
        (b'{"detail":"no credit"}', "no credit"),
        (b'{"success":false,"error":{"message":"no credit"}}', "no credit"),
        (b'{"success":false}', "Payment Required"),
        (b"", "Payment Required"),
        (b"[1]", "Payment Required"),
    ],
)
def test_plain_words_of_old(body: bytes, message: str) -> None:
    """`error` was a string once; where a body has no words, the status line has."""
    reading = failed(body, 402, reason="Payment Required")
    assert reading.error is not None
    assert (reading.error.message, reading.error.status) == (message, 402)


def test_a_page_of_html_is_an_error_with_the_reason() -> None:
    """A gateway in front of the API answers in its own way."""
    reading = failed(
        b"<html><h1>502</h1></html>", 502, headers=((b"content-type", b"text/html"),), reason="Bad Gateway"
    )
    assert (reading.kind, reading.error, reading.problem) == (
        "text",
        ErrorReading(message="Bad Gateway", status=502),
        None,
    )


def test_an_answer_of_200_may_say_it_failed() -> None:
    """`success: false` is an error with any status; fields of such an answer's own are no news."""
    reading = failed(ENVELOPE, 200)
    assert reading.error is not None
    assert (reading.error.code, reading.problem) == ("VALIDATION_ERROR", None)
    other = failed(
        b'{"success":false,"message":"cannot connect","latency":3}', 200, target="/v1/mcp-configurations/c/test"
    )
    assert other.error == ErrorReading(message="cannot connect")
    assert other.unknown == []


def test_news_in_an_envelope_is_reported() -> None:
    """A new field and a new kind of error are seen, and the rest is read."""
    reading = failed(ENVELOPE.replace(b'"client_error"', b'"cosmic_error"').replace(b'"code"', b'"mood":1,"code"'))
    assert reading.unknown == ["$.error.mood", '$.error.type = "cosmic_error"']


def test_an_envelope_with_one_odd_field_keeps_the_rest() -> None:
    """The code is worth having when the message is not text."""
    reading = failed(ENVELOPE.replace(b'"user text"', b"[1]"))
    assert reading.error is not None
    assert (reading.error.code, reading.error.message) == ("VALIDATION_ERROR", None)
    assert reading.problem is not None


@pytest.mark.parametrize(
    ("value", "after", "at"),
    [
        (b"7", 7.0, None),
        (b"0.5", 0.5, None),
        (b"Wed, 21 Oct 2026 07:28:00 GMT", None, "Wed, 21 Oct 2026 07:28:00 GMT"),
        (b"-1", None, "-1"),
        (b"nan", None, "nan"),
    ],
)
def test_retry_after_is_a_number_or_a_date(value: bytes, after: float | None, at: str | None) -> None:
    """The standard allows both; what is neither is kept as it was sent."""
    reading = failed(b"{}", 429, headers=((b"Retry-After", value),), reason="Too Many Requests")
    assert reading.limits == Limits(retry_after=after, retry_at=at)
    assert reading.error is not None
    assert reading.error.retry_after == after


def test_the_dialect_of_the_page_on_debugging() -> None:
    """Requests and tokens have limits of their own; a reset may be a span."""
    headers = (
        (b"x-ratelimit-limit-requests", b"100"),
        (b"x-ratelimit-remaining-requests", b"99"),
        (b"x-ratelimit-reset-requests", b"6m0s"),
        (b"x-ratelimit-limit-tokens", b"40000"),
        (b"x-ratelimit-remaining-tokens", b"39000"),
        (b"x-ratelimit-reset-tokens", b"1s"),
    )
    assert failed(b"{}", 200, headers=headers).limits == Limits(
        requests=Limit(limit=100, remaining=99, reset="6m0s"),
        tokens=Limit(limit=40000, remaining=39000, reset="1s"),
    )


def test_the_dialect_of_the_page_on_rate_limits() -> None:
    """One limit, with a reset in unix seconds and a wait of its own."""
    headers = (
        (b"X-RateLimit-Limit", b"1000"),
        (b"X-RateLimit-Remaining", b"0"),
        (b"X-RateLimit-Reset", b"1728057600"),
        (b"X-RateLimit-Retry-After", b"30"),
    )
    assert failed(b"{}", 429, headers=headers).limits == Limits(
        overall=Limit(limit=1000, remaining=0, reset="1728057600"), retry_after=30.0
    )


def test_the_standard_header_wins_over_the_dialects() -> None:
    """Whichever of the two comes first."""
    for headers in (
        ((b"retry-after", b"5"), (b"x-ratelimit-retry-after", b"30")),
        ((b"x-ratelimit-retry-after", b"30"), (b"retry-after", b"5")),
    ):
        limits = failed(b"{}", 429, headers=headers).limits
        assert limits is not None
        assert limits.retry_after == 5.0


def test_who_did_the_work() -> None:
    """Headers of pictures, extraction and vision; the model they name is the reading's."""
    headers = (
        (b"X-Request-Id", b"req_1"),
        (b"Aitronos-Organization", b"org_1"),
        (b"Freddy-Processing-Ms", b"123"),
        (b"Freddy-Api-Version", b"2025-01-01"),
        (b"X-Provider", b"clipdrop"),
        (b"X-Provider-Request-Id", b"p1"),
        (b"X-Provider-Credits-Consumed", b"2"),
        (b"X-Processing-Method", b"vision"),
        (b"X-Model-Used", b"gpt-4o"),
        (b"X-Cost-CHF", b"0.0123"),
    )
    reading = failed(b"{}", 200, headers=headers, target="/v1/vision/analyze-image")
    assert reading.served == Served(
        request_id="req_1",
        organization="org_1",
        processing_ms="123",
        api_version="2025-01-01",
        provider="clipdrop",
        provider_request_id="p1",
        provider_credits="2",
        processing_method="vision",
        model_used="gpt-4o",
        cost_chf="0.0123",
    )
    assert reading.model == "gpt-4o"


def test_no_word_of_limits_is_none() -> None:
    """An answer that speaks of no limits has none, not empty ones."""
    reading = failed(b"{}", 200)
    assert (reading.limits, reading.served) == (None, None)
