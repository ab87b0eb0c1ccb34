"""What once got through, and does not any more: large parts of secrets count as much as the whole."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import msgspec
import pytest

from wiretape.proxy.decide.redact import Redactor
from wiretape.proxy.decide.redaction.bodies import redacted
from wiretape.proxy.decide.redaction.redactor import Numbered
from wiretape.store.interaction import ResponseHead

ODD = 'aB3/dE+g h"i&j=k?l#m;n%o\\p<q\'r\x7fé9Z'


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
