"""Credentials in headers and cookies never get past the redactor; what only looks like one stays."""

from __future__ import annotations

import msgspec
import pytest

from wiretape.proxy.decide.redact import Redactor
from wiretape.proxy.decide.redaction.placeholders import is_placeholder
from wiretape.store.aitronos.secrets import SECRET_HEADERS
from wiretape.store.interaction import Request, ResponseHead


def asked(*headers: tuple[bytes, bytes], redactor: Redactor | None = None) -> tuple[tuple[bytes, bytes], ...]:
    request = Request(method="GET", scheme="https", host="api", port=443, target="/", headers=headers)
    return (redactor or Redactor()).request(request)[0].headers


def answered(*headers: tuple[bytes, bytes]) -> tuple[tuple[bytes, bytes], ...]:
    return Redactor().response(ResponseHead(status=200, reason="OK", headers=headers))[0].headers


@pytest.mark.parametrize("name", sorted(SECRET_HEADERS))
@pytest.mark.parametrize("case", [bytes.lower, bytes.upper, bytes.title])
def test_every_credential_header(name: bytes, case: type) -> None:
    """In whatever case it is spelled, in both directions."""
    secret = b"s3cr3t-value-of-some-length"
    for headers in (asked((case(name), secret)), answered((case(name), secret))):
        assert secret not in headers[0][1]
        assert headers[0][1].startswith(b"REDACTED-")
        assert headers[0][0] == case(name)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        (b"Authorization", b"Bearer abc.def", b"Bearer REDACTED-token-1"),
        (b"authorization", b"bearer  abc", b"bearer  REDACTED-token-1"),
        (b"Authorization", b"Basic dTpw", b"Basic REDACTED-token-1"),
        (b"Authorization", b"rawkey", b"REDACTED-token-1"),
        (b"Authorization", b"raw key of words", b"REDACTED-token-1"),
        (b"Authorization", b"Bearer ", b"Bearer "),
        (b"Authorization", b"Bearer", b"Bearer"),
        (b"x-api-key", b"ak_123", b"REDACTED-key-1"),
        (b"x-api-key", b"", b""),
        (b"x-api-key", b"REDACTED-key-9", b"REDACTED-key-9"),
        (b"Cookie", b"a=1; b=two; c", b"a=REDACTED-cookie-1; b=REDACTED-cookie-2; REDACTED-cookie-3"),
        (b"Set-Cookie", b"sid=abc; Path=/; HttpOnly", b"sid=REDACTED-cookie-1; Path=/; HttpOnly"),
        (b"Set-Cookie", b"sid=; Max-Age=0", b"sid=; Max-Age=0"),
        (b"X-Request-Id", b"req_123", b"req_123"),
        (b"Idempotency-Key", b"uuid", b"uuid"),
    ],
)
def test_shapes(name: bytes, value: bytes, expected: bytes) -> None:
    """A scheme stays, a cookie keeps its name and attributes, our own placeholders pass."""
    assert asked((name, value)) == ((name, expected),)


@pytest.mark.parametrize("length", [1, 15, 16, 17, 18, 19, 40, 300])
def test_an_answers_placeholder_has_the_secrets_length(length: int) -> None:
    """From sixteen bytes on; a shorter secret gets the fixed form."""
    secret = b"s" * length
    ((_, value),) = answered((b"Set-Cookie", b"sid=" + secret))
    placeholder = value.removeprefix(b"sid=")
    assert secret not in value or length == 1
    assert len(placeholder) == (length if length >= 16 else len(b"REDACTED-cookie-1"))
    assert is_placeholder(placeholder)
    # Where there is no room for it, the class is cut short.
    assert placeholder.startswith(b"REDACTED-cooki-1" if length == 16 else b"REDACTED-cookie-1")


def test_one_value_one_placeholder() -> None:
    """Within a session; another value gets another number, and numbers go on above those of before."""
    redactor = Redactor(7)
    values = [asked((b"x-api-key", v), redactor=redactor)[0][1] for v in (b"one", b"two", b"one")]
    assert values == [b"REDACTED-key-8", b"REDACTED-key-9", b"REDACTED-key-8"]
    assert redactor.count == 9


def test_what_has_no_secret_is_the_same_object_in_value() -> None:
    """And says so."""
    request = Request(method="GET", scheme="https", host="api", port=443, target="/", headers=((b"Accept", b"*/*"),))
    redacted, changed = Redactor().request(request)
    assert not changed
    assert msgspec.json.encode(redacted.headers) == msgspec.json.encode(request.headers)
