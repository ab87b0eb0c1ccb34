"""The other spellings in which a secret may stand somewhere: percent-encoded, escaped in JSON, in base64."""

from __future__ import annotations

import base64
import json
import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, quote_plus

_PLAIN = re.compile(rb"[A-Za-z0-9_.~-]+")
_LOWER_HEX = re.compile(rb"%[0-9A-F]{2}")


class Form(NamedTuple):
    """A spelling.

    Attributes:
        text: how it is spelled.
        before: whether the character before it holds some of the value, too, if it is one of base64.
        after: the same of the one behind it.
    """

    text: bytes
    before: bool = False
    after: bool = False


@lru_cache(maxsize=1024)
def forms(value: bytes) -> tuple[Form, ...]:
    """All spellings of *value*, itself first, each once.

    In base64 a text has three spellings, by how many bytes stand before it.
    """
    found = [Form(value)]
    if not _PLAIN.fullmatch(value):
        found += [Form(text) for text in (*_quoted(value), *_escaped(value))]
    for shift in range(3):
        core = _in_base64(value, shift)
        for text in (core, core.replace(b"+", b"-").replace(b"/", b"_")):
            found.append(Form(text, before=shift > 0, after=(shift + len(value)) % 3 > 0))
    return tuple({form.text: form for form in reversed(found)}.values())[::-1]


def _quoted(value: bytes) -> list[bytes]:
    found = [quote(value, safe="").encode(), quote(value, safe="/").encode(), quote_plus(value).encode()]
    found.append(quote(value, safe="/:@!$&'()*+,;=").encode())
    return found + [_LOWER_HEX.sub(lambda hit: hit[0].lower(), one) for one in found]


def _escaped(value: bytes) -> list[bytes]:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return []
    once = [json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]]
    once += [one.replace("/", "\\/") for one in once]
    twice = [json.dumps(one)[1:-1] for one in once]
    return [one.encode() for one in once + twice]


def _in_base64(value: bytes, shift: int) -> bytes:
    """The characters that *value* alone decides, where *shift* bytes of a group stand before it."""
    whole = base64.b64encode(b"\0" * shift + value)
    return whole[(0, 2, 3)[shift] : (shift + len(value)) * 8 // 6]
