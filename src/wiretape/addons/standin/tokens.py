"""Secrets that look like the API's and are worth nothing: JWT-shaped tokens, keys, cookies."""

from __future__ import annotations

import base64
import hashlib

from wiretape.addons.standin.jsontext import dumps

_LIFETIME_S = 3600


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def digest(kind: str, n: int) -> str:
    """Sixty-four hexadecimal digits, other ones for each kind of secret and each answer."""
    return hashlib.sha256(f"{kind} {n}".encode()).hexdigest()


def jwt(kind: str, n: int, now: float) -> str:
    """A token of three parts that decodes like a JWT and expires in an hour."""
    header = _base64url(dumps({"alg": "HS256", "typ": "JWT"}))
    claims = {"sub": "usr_1", "type": kind, "jti": n, "iat": int(now), "exp": int(now) + _LIFETIME_S}
    signed = f"{header}.{_base64url(dumps(claims))}"
    return f"{signed}.{_base64url(hashlib.sha256(signed.encode()).digest())}"


def api_key(n: int) -> str:
    """A key of the documented form."""
    return "ak_" + digest("key", n)[:39]


def cookies(n: int) -> list[tuple[str, str]]:
    """Two cookies, under a header name that is repeated in another case, as proxies in front of servers do."""
    return [
        ("Set-Cookie", f"session={digest('session', n)[:32]}; Path=/; HttpOnly; SameSite=Lax"),
        ("set-cookie", f"csrf={digest('csrf', n)[:16]}; Path=/; Max-Age={_LIFETIME_S}"),
    ]
