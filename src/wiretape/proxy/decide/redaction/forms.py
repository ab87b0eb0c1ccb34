"""The other spellings in which a secret may stand somewhere: percent-encoded, escaped in JSON, in base64."""

from __future__ import annotations

import base64
import json
import re
from functools import lru_cache
from urllib.parse import quote, quote_plus

_PLAIN = re.compile(rb"[A-Za-z0-9_.~-]+")
_LOWER_HEX = re.compile(rb"%[0-9A-F]{2}")


@lru_cache(maxsize=1024)
def forms(value: bytes) -> list[bytes]:
    """All spellings of *value*, itself first, each once.

    In base64 a text has three spellings, by how many bytes stand before it; only what does not depend on its
    neighbours counts.
    """
    found = [value]
    if not _PLAIN.fullmatch(value):
        found += _quoted(value)
        found += _escaped(value)
    for shift in range(3):
        core = _in_base64(value, shift)
        found += [core, core.replace(b"+", b"-").replace(b"/", b"_")]
    return list(dict.fromkeys(found))


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
