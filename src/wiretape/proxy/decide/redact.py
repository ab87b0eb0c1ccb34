"""What must not reach the disk: credentials in headers and cookies, taken out on the one way to the cassette.

A placeholder is ASCII and fits a header, an address and JSON: `REDACTED-token-3`. Its number tells the values of one
session apart; it is no part of any match key, and which value it stands for is never written down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from wiretape.store.aitronos.secrets import COOKIE_HEADERS, SECRET_HEADERS

if TYPE_CHECKING:
    from wiretape.store.interaction import Headers, Request, ResponseHead

MARK = b"REDACTED-"
# From this length on, a placeholder in a response has the length of what it stands for.
_SAME_LENGTH_FROM = 16
# `Authorization` begins with one of these, or is a bare key.
_SCHEMES = frozenset({b"bearer", b"basic", b"digest", b"token", b"apikey", b"negotiate", b"hmac"})


class Redactor:
    """Replaces the secrets of one session. The same value gets the same placeholder.

    Attributes:
        count: the highest number handed out.
    """

    def __init__(self, count: int = 0) -> None:
        self.count = count
        self._numbers: dict[tuple[str, bytes], int] = {}

    def request(self, request: Request) -> tuple[Request, bool]:
        """*request* without its secrets, and whether there were any."""
        headers = tuple((name, self._value(name, value, same_length=False)) for name, value in request.headers)
        return msgspec.structs.replace(request, headers=headers), headers != request.headers

    def response(self, head: ResponseHead) -> tuple[ResponseHead, bool]:
        """*head* without its secrets, and whether there were any."""
        headers: Headers = tuple((name, self._value(name, value, same_length=True)) for name, value in head.headers)
        return msgspec.structs.replace(head, headers=headers), headers != head.headers

    def _value(self, name: bytes, value: bytes, *, same_length: bool) -> bytes:
        key = name.lower()
        if key in COOKIE_HEADERS:
            return self._cookies(value, whole=key == b"cookie", same_length=same_length)
        if key not in SECRET_HEADERS:
            return value
        scheme, space, secret = value.partition(b" ")
        if space and scheme.lower() in _SCHEMES:
            return scheme + space + self._placeholder(SECRET_HEADERS[key], secret, same_length=same_length)
        if scheme.lower() in _SCHEMES:
            return value
        return self._placeholder(SECRET_HEADERS[key], value, same_length=same_length)

    def _cookies(self, value: bytes, *, whole: bool, same_length: bool) -> bytes:
        """Replace values only: `Cookie` is all of them (*whole*), in `Set-Cookie` attributes follow the first."""
        first, *rest = value.split(b";")
        pairs = [first, *rest] if whole else [first]
        replaced = [self._cookie(pair, same_length=same_length) for pair in pairs]
        return b";".join(replaced + ([] if whole else rest))

    def _cookie(self, pair: bytes, *, same_length: bool) -> bytes:
        name, equals, secret = pair.partition(b"=")
        if not equals:
            return self._placeholder("cookie", pair, same_length=same_length) if pair.strip() else pair
        return name + equals + self._placeholder("cookie", secret, same_length=same_length)

    def _placeholder(self, kind: str, secret: bytes, *, same_length: bool) -> bytes:
        bare = secret.strip()
        if not bare or bare.startswith(MARK):
            return secret
        number = self._numbers.get((kind, bare))
        if number is None:
            self.count += 1
            number = self._numbers[kind, bare] = self.count
        placeholder = MARK + f"{kind}-{number}".encode()
        if same_length and len(bare) >= _SAME_LENGTH_FROM:
            placeholder = placeholder.ljust(len(placeholder) + 1, b"-") if len(bare) > len(placeholder) else placeholder
            placeholder = placeholder.ljust(len(bare), b"x")
        return secret.replace(bare, placeholder)
