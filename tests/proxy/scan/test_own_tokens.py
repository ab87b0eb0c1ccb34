"""What redaction puts in the place of a JWT is a JWT, and no finding."""

from __future__ import annotations

import base64
import json

from wiretape.proxy.decide.redaction.placeholders import placeholder
from wiretape.proxy.scan.shapes import random_texts


def part(claims: dict[str, object]) -> bytes:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=")


def test_a_placeholder_that_is_a_jwt() -> None:
    """Behind a name that says it is secret, a real one is found and ours is not."""
    head = part({"alg": "HS256", "typ": "JWT", "kid": "4f3c9a17b2d8"})
    real = b".".join([head, part({"sub": "someone", "exp": 1700000000}), b"Qx7-Zp2_Lm9vTt4KkR8sWw3yBn6HhJ1d"])
    ours = placeholder("token", 3, real, len(real))
    assert ours.startswith(head + b".")
    assert b"REDACTED-token-3" in ours
    text = b'{"access_token": "%b"}'
    assert list(random_texts(text % real))
    assert list(random_texts(text % ours)) == []
