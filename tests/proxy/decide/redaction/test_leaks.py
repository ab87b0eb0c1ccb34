"""What once got through, and does not any more: large parts of secrets count as much as the whole."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import msgspec
import pytest

from wiretape.proxy.decide.redact import Redactor
from wiretape.proxy.decide.redaction.bodies import Body, redacted
from wiretape.proxy.decide.redaction.finds import joined
from wiretape.proxy.decide.redaction.redactor import Numbered
from wiretape.store.interaction import ResponseHead

ODD = "aB3/dE+g h\"i&j=k?l#m;n%o\\p<q'r\x7fé9Z"


def clean(redactor: Redactor, body: bytes, kind: bytes = b"application/json") -> bytes:
    """A whole body as it is stored."""
    return redacted(body, kind, redactor.scope(), Numbered(redactor, answer=True))


@pytest.mark.parametrize(
    ("before", "behind"),
    [("/v1/files/s/", "/a%20name.txt"), ("/gw/v1/files/s/", "/x?y=1"), ("/v1/%66iles/s/", "/x")],
)
def test_what_is_encoded_ends_no_segment(before: str, behind: str) -> None:
    """A token with a slash or a blank in it is one segment, and is known in its other spellings from then on."""
    redactor = Redactor()
    assert redactor.target(before + quote(ODD, safe="") + behind) == f"{before}REDACTED-token-1{behind}"
    assert clean(redactor, json.dumps({"said": ODD}).encode()).startswith(b'{"said": "REDACTED-token-1-x')
    assert redactor.count == 1


@pytest.mark.parametrize("name", ["said", "download_url"])
def test_an_addresses_secret_is_known_as_it_is_meant(name: str) -> None:
    """In an address it is encoded; elsewhere it may not be."""
    redactor = Redactor()
    address = f"https://h/x?token={quote(ODD, safe='')}&y=1"
    assert b"/x?token=REDACTED-token-1-" in clean(redactor, json.dumps({name: address}).encode())
    written = clean(redactor, json.dumps({"said": ODD}).encode())
    assert written.startswith(b'{"said": "REDACTED-token-1-x')


def test_what_looks_like_a_key_is_known_in_base64() -> None:
    """Wherever it stood."""
    redactor = Redactor()
    key = b"sk-abcdefghijklmnopqrstuvwx"
    written = clean(redactor, b'{"say": "%s"}' % key + b'{"packed": "%s"}' % base64.b64encode(b"x" + key))
    assert b'{"packed": "eREDACTED-key-1-x' in written


def test_a_reason_holds_no_secret() -> None:
    """Servers put texts there."""
    redactor = Redactor()
    redactor.memory.learn(b"this-value-was-seen", "key")
    head = ResponseHead(status=401, reason="this-value-was-seen is no key", headers=())
    assert redactor.response(head) == (msgspec.structs.replace(head, reason="REDACTED-key-1 is no key"), True)


FORM = b"application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("form", "written"),
    [
        (b"password=hunter2", b"password=REDACTED-password-1"),
        (b"password=hunter2&x=1", b"password=REDACTED-password-1&x=1"),
        (b"x=1&pass%77ord=hunter2", b"x=1&pass%77ord=REDACTED-password-1"),
        (b"user[password]=hunter2&token[]=ab&a[b][api_key]=c&x[0]=d", None),
        (
            b"next=https%3A%2F%2Fh%2F%3Ftoken%3Dhunter2%26b%3D1",
            b"next=https%3A%2F%2Fh%2F%3Ftoken%3DREDACTED-token-1%26b%3D1",
        ),
        (b"to=%2Fv1%2Ffiles%2Fs%2Fsegment%2Fname", b"to=%2Fv1%2Ffiles%2Fs%2FREDACTED-token-1%2Fname"),
        (
            b"filter=%7B%22password%22%3A%22hunter2%22%2C%22a%22%3A1%7D",
            b"filter=%7B%22password%22%3A%22REDACTED-password-1%22%2C%22a%22%3A1%7D",
        ),
        (b"f=%7B%22password%22%3A1234%7D", b"f=%7B%22password%22%3A%22REDACTED-password-1%22%7D"),
        (b'f={"password":"hunter2"}', b'f={"password":"REDACTED-password-1"}'),
    ],
)
def test_forms_and_queries(form: bytes, written: bytes | None) -> None:
    """A secret first among the fields, in a field of fields, in an address or JSON within a field."""
    if written is None:
        written = b"user[password]=REDACTED-password-1&token[]=REDACTED-token-2&a[b][api_key]=REDACTED-key-3&x[0]=d"
    for kind in (FORM, b""):
        redactor = Redactor()
        assert redacted(form, kind, redactor.scope(), Numbered(redactor)) == written
    assert Redactor().target("/v1/x?" + form.decode()) == "/v1/x?" + written.decode()
    body = Body(FORM, Redactor().scope(), Numbered(Redactor()))
    assert joined(body.feed(form[:5]) + body.feed(form[5:]) + body.end()) == written


@pytest.mark.parametrize("form", [b"a=b&c=%20&d", b"q=%3F&tokens=5&max_tokens=%7B", b"x=%7B%22a%22%3A1%7D", b"%"])
def test_forms_without_secrets(form: bytes) -> None:
    """No byte changes."""
    assert clean(Redactor(), form, FORM) == form
    assert clean(Redactor(), form, b"") == form


@pytest.mark.parametrize("name", ["code", "state", "error_description"])
def test_an_oauth_answers_address_in_a_text(name: str) -> None:
    """A message may quote it, and so may a body; where it is no such address, these are plain words."""
    redactor = Redactor()
    text = f"GET https://h/v1/auth/google/callback?x=1&{name}=not-for-you&y=2 failed; https://h/a?{name}=fine"
    kind = {"error_description": "secret"}.get(name, name)
    expected = text.replace("not-for-you", f"REDACTED-{kind}-1")
    assert redactor.clean(text) == expected
    assert f"callback?x=1&{name}=REDACTED-".encode() in clean(redactor, json.dumps({"said": text}).encode())
