"""Secrets in headers: credentials, cookies, addresses, and whatever else is known."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Final

from wiretape.proxy.decide.redaction.finds import Find, Secret
from wiretape.proxy.decide.redaction.text import Scope, all_finds, callback_finds
from wiretape.proxy.decide.redaction.vocabulary import folded
from wiretape.store.aitronos.secrets import COOKIE_HEADERS, LOCATION_HEADERS

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMES: Final = 4096
_COOKIE: Final = Secret("cookie")
# `Authorization` begins with one of these, or is a bare key.
_SCHEMES: Final = frozenset({b"bearer", b"basic", b"digest", b"token", b"apikey", b"negotiate", b"hmac"})

_PARAMETER: Final = re.compile(rb'(?P<name>[A-Za-z][\w.-]{0,63})=(?P<value>"[^"]*"|[^\s,;"]+)')
_PARAMETER_ONLY: Final = re.compile(rb"(?:[A-Za-z][\w-]{0,31} +)?" + _PARAMETER.pattern)
_UNKNOWN_SCHEME: Final = re.compile(rb"[A-Za-z][\w-]{0,31} +(?P<value>[^\s=,;]+=*)")


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
        learn_bare(find.value, find.secret, scope)
        if b" " not in find.value and value[: find.start].lower().strip() == b"basic":
            _learn_password(find.value, scope)
    if not (places or scope.notable(value)):
        return []
    return all_finds(value, scope, places)


def learn_bare(value: bytes, secret: Secret, scope: Scope) -> None:
    """Remember what of a credential is the key itself, without a scheme, a name or quotes: it recurs without them."""
    if secret.by is not None:
        return
    whole = _UNKNOWN_SCHEME.fullmatch(value) or _PARAMETER_ONLY.fullmatch(value)
    if whole is not None:
        scope.memory.learn(whole["value"].strip(b'"'), secret.kind)
        return
    if value[:1] == b'"':
        scope.memory.learn(value.strip(b'"'), secret.kind)
    if b"=" in value:
        for hit in _PARAMETER.finditer(value):
            # The others are realms, addresses and names of users, which recur everywhere.
            name = hit["name"].decode()
            if name.lower() in scope.words.query or folded(name) in scope.words.fields:
                scope.memory.learn(hit["value"].strip(b'"'), secret.kind)


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
