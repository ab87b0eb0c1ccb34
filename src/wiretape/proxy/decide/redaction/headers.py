"""Secrets in headers: credentials, cookies, addresses, and whatever else is known."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Final

from wiretape.proxy.decide.redaction.finds import Find, Secret
from wiretape.proxy.decide.redaction.text import Scope, all_finds, callback_finds
from wiretape.store.aitronos.secrets import COOKIE_HEADERS, LOCATION_HEADERS

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMES: Final = 4096
_COOKIE: Final = Secret("cookie")
# `Authorization` begins with one of these, or is a bare key.
_SCHEMES: Final = frozenset({b"bearer", b"basic", b"digest", b"token", b"apikey", b"negotiate", b"hmac"})


def header_finds(name: bytes, value: bytes, scope: Scope) -> list[Find]:
    """All secrets in one header's value, in order; what is learnt on the way is remembered."""
    seen = scope.words.names_seen
    special = seen.get(name)
    if special is None:
        special = _is_special(name.lower(), scope)
        # What comes from outside is not remembered without end.
        if len(seen) < _NAMES:
            seen[name] = special
    if not special and not scope.notable(value):
        return []
    places = list(_places(name.lower(), value, scope))
    for find in places:
        if b" " not in find.value and value[: find.start].lower().strip() == b"basic":
            _learn_password(find.value, scope)
    if not (places or scope.notable(value)):
        return []
    return all_finds(value, scope, places)


def _is_special(key: bytes, scope: Scope) -> bool:
    return key in scope.words.headers or key in COOKIE_HEADERS or key in LOCATION_HEADERS


def after_scheme(value: bytes) -> int:
    """How many bytes of a credential are its scheme: `Bearer ` or nothing."""
    scheme, space, _ = value.partition(b" ")
    if scheme.lower() in _SCHEMES:
        return len(scheme) + len(space)
    return 0


def _places(key: bytes, value: bytes, scope: Scope) -> Iterator[Find]:
    if key in COOKIE_HEADERS and key not in scope.words.headers:
        yield from _cookies(value, whole=key == b"cookie", scope=scope)
        return
    if key in LOCATION_HEADERS:
        yield from callback_finds(value, scope)
    secret = scope.words.headers.get(key)
    if secret is not None:
        yield from _trimmed(value, after_scheme(value), len(value), secret, scope)


def _cookies(value: bytes, *, whole: bool, scope: Scope) -> Iterator[Find]:
    """Values only: `Cookie` is all of them (*whole*), in `Set-Cookie` attributes follow the first."""
    at = 0
    for pair in value.split(b";") if whole else value.split(b";")[:1]:
        equals = pair.find(b"=")
        yield from _trimmed(value, at + equals + 1, at + len(pair), _COOKIE, scope)
        at += len(pair) + 1


def _trimmed(value: bytes, start: int, end: int, secret: Secret, scope: Scope) -> Iterator[Find]:
    text = value[start:end]
    bare = text.strip()
    if scope.counts(bare, secret):
        start += len(text) - len(text.lstrip())
        yield Find(start, start + len(bare), bare, secret)


def _learn_password(encoded: bytes, scope: Scope) -> None:
    try:
        plain = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return
    scope.memory.learn(plain.partition(b":")[2], "password")
