"""Secrets by what they look like: private keys, and random texts behind a name that says they are secret."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from wiretape.proxy.decide.redaction.placeholders import MARK
from wiretape.proxy.decide.redaction.vocabulary import folded
from wiretape.proxy.scan.finding import Hit
from wiretape.store.aitronos.plain import PLAIN_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORTEST: Final = 20
"""A shorter text is not random enough to be told from a word."""

_LONGEST: Final = 4096
_WORDS: Final = bytes(
    ord("a") if chr(code).isascii() and (chr(code).isalnum() or chr(code) in "_-+/") else ord(" ")
    for code in range(256)
)
_RUN: Final = re.compile(rb"a{%d,}" % SHORTEST)
_BEFORE: Final = 96
_NAME: Final = re.compile(
    rb"(?P<name>[A-Za-z][A-Za-z0-9_.-]{1,63})\\{0,3}[\"']?[ \t]{0,3}(?::|=>?)[ \t]{0,3}\\{0,3}[\"']?"
    rb"(?:[A-Za-z]{3,10} )?\Z"
)
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SAYING: Final = frozenset(
    {
        "apikey",
        "authkey",
        "authtoken",
        "authorization",
        "credential",
        "credentials",
        "jwt",
        "passphrase",
        "passwd",
        "password",
        "pwd",
        "secret",
        "token",
    }
)
# A key is a secret where something before it says which one; else it is a place in a table.
_KEYS: Final = frozenset(
    {
        "access",
        "account",
        "admin",
        "api",
        "auth",
        "client",
        "encryption",
        "hmac",
        "license",
        "master",
        "private",
        "secret",
        "service",
        "signing",
        "ssh",
        "webhook",
    }
)
# What pages and retries are told by is called a token, too.
_HARMLESS: Final = frozenset(
    {
        "continuation",
        "cursor",
        "end",
        "fingerprint",
        "idempotency",
        "next",
        "page",
        "pagination",
        "prev",
        "previous",
        "public",
        "start",
        "stop",
        "sync",
    }
)
_PLAIN: Final = frozenset(folded(name) for name in PLAIN_FIELDS)
_UUID: Final = re.compile(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ID: Final = re.compile(
    rb"(?:resp|thrd|thread|msg|message|org|user|usr|asst|assistant|call|file|img|vs|run|step|evt|event|req|space|skill"
    rb"|slice|tool|fp|sess|batch|job|wf|rule|ak)_[A-Za-z0-9_-]+"
)
_HEX: Final = re.compile(rb"[0-9a-f]+|[0-9A-F]+")
_LEAST_BITS: Final = 3.6
_LEAST_HEX_BITS: Final = 3.0
_LEAST_BITS_OF_LETTERS: Final = 4.3
_LEAST_DIGITS: Final = 2

_PRIVATE_KEY: Final = re.compile(
    rb"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?P<text>[A-Za-z0-9+/=:,. \t\r\n\\-]{32,16000}?)"
    rb"-----END (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
)
# A JWT that stands for one that was taken out keeps the first of its three parts.
_OURS: Final = re.compile(rb"eyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\." + MARK)


def private_keys(text: bytes) -> Iterator[Hit]:
    """Keys in PEM, whole."""
    if b"PRIVATE KEY" in text:
        for hit in _PRIVATE_KEY.finditer(text):
            if MARK not in hit[0]:
                yield Hit(hit.start(), hit.end(), hit[0], "private key", "value")


def random_texts(text: bytes) -> Iterator[Hit]:
    """Random texts behind a name that says they are secret, such as `hook_secret: 4f3c…`."""
    words = text.translate(_WORDS)
    for run in _RUN.finditer(words):
        start, end = run.span()
        named = _NAME.search(text[max(0, start - _BEFORE) : start])
        if named is None or not says_secret(named["name"].decode()) or _OURS.match(text, start):
            continue
        padding = len(text[end : end + 2]) - len(text[end : end + 2].lstrip(b"="))
        value = text[start : end + padding]
        if looks_random(value):
            yield Hit(start, end + padding, value, "random text", "entropy")


def says_secret(name: str) -> bool:
    """Whether a field, parameter or variable of that *name* holds a secret, as far as a name can say it."""
    if folded(name) in _PLAIN:
        return False
    words = [word.lower() for part in re.split(r"[_.-]", name) for word in _HUMP.split(part) if word]
    if not words or not _HARMLESS.isdisjoint(words):
        return False
    return words[-1] in _SAYING or (words[-1] == "key" and not _KEYS.isdisjoint(words[:-1]))


def looks_random(value: bytes) -> bool:
    """Whether *value* is a text that nobody would write, and no id."""
    bare = value.rstrip(b"=")
    if not SHORTEST <= len(bare) <= _LONGEST or MARK in value or _UUID.fullmatch(bare) or _ID.fullmatch(bare):
        return False
    digits = sum(code in b"0123456789" for code in bare)
    if digits == len(bare):
        return False
    bits = -sum(n / len(bare) * math.log2(n / len(bare)) for n in Counter(bare).values())
    if digits < _LEAST_DIGITS:
        # Words joined by humps repeat their letters more often.
        return bits >= _LEAST_BITS_OF_LETTERS and bare not in (bare.lower(), bare.upper())
    return bits >= (_LEAST_HEX_BITS if _HEX.fullmatch(bare) else _LEAST_BITS)
