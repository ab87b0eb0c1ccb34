"""Secrets in texts of which little is known: exports of other programs, logs, and what is left on a freed page."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from wiretape.proxy.decide.redaction.finds import Find, Secret, merged
from wiretape.proxy.decide.redaction.headers import header_finds
from wiretape.proxy.decide.redaction.jsonfinds import place_finds
from wiretape.proxy.decide.redaction.memory import SHORTEST
from wiretape.proxy.decide.redaction.text import all_finds
from wiretape.proxy.decide.redaction.vocabulary import folded
from wiretape.store.aitronos.secrets import (
    COOKIE_HEADERS,
    SECRET_HEADERS,
    SECRET_REQUEST_FIELDS,
    SECRET_RESPONSE_FIELDS,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wiretape.proxy.decide.redaction.text import Scope

# What stands in examples instead of a secret.
_SAMPLE: Final = re.compile(
    rb"[<>${}]|\.\.\.|\xe2\x80\xa6|\*\*\*|xxxx|your|example|changeme|placeholder|redacted|dummy|[_-]here\b",
    re.IGNORECASE,
)
_PROSE: Final = re.compile(rb"[A-Za-z]+(?:[ _-][A-Za-z]+)*[.,]?")
_CALL: Final = re.compile(rb"[A-Za-z_][A-Za-z0-9_.]*[(\[]")
_SHORT: Final = 8
_QUOTES: Final = rb"\\{0,3}[\"']"
_HEADER_NAMES: Final = b"|".join(map(re.escape, (*SECRET_HEADERS, *COOKIE_HEADERS)))
# A pair of a name and a value, as cassettes have their headers, and exports of them.
_PAIR: Final = re.compile(
    rb"\[\s*\\{0,3}\"(?P<name>" + _HEADER_NAMES + rb")\\{0,3}\"\s*,\s*\\{0,3}\"(?P<value>[^\"\\]{1,8192})",
    re.IGNORECASE,
)
# `Name: value`, in a log, a command line, YAML (there the value may be the only member of a list), or a dict.
_LINE: Final = re.compile(
    rb"(?<![A-Za-z0-9_-])(?P<name>%s)(?:%s)?[ \t]*[:=][ \t]*\[?(?:\r?\n[ \t]*-[ \t]*)?(?P<quote>%s)?"
    rb"(?P<value>[^\r\n\"'\\]{1,8192})" % (_HEADER_NAMES, _QUOTES, _QUOTES),
    re.IGNORECASE,
)


def fragment_finds(text: bytes, scope: Scope) -> list[Find]:
    """What is secret in a piece of a file: places count where the value is long enough to be no word."""
    places = [find for find in place_finds(text, scope) if _is_long(find)] if _holds_json(text, scope) else []
    places += [find for hit in _PAIR.finditer(text) for find in _in_header(hit, scope) if _is_long(find)]
    if not places and not scope.has_values(text):
        return []
    return all_finds(text, scope, merged(places))


def loose_finds(text: bytes, scope: Scope) -> list[Find]:
    """What is secret in a text of any kind: JSON in it, header lines, assignments; what only shows how is left out."""
    places = list(place_finds(text, scope)) if _holds_json(text, scope) else []
    places += [find for hit in _PAIR.finditer(text) for find in _in_header(hit, scope)]
    places += [find for hit in _LINE.finditer(text) if not _is_code(hit) for find in _in_header(hit, scope)]
    places += _assigned(text, scope)
    found = all_finds(text, scope, merged([find for find in places if not is_sample(find.value)]))
    return [find for find in found if not is_sample(find.value)]


def is_sample(value: bytes) -> bool:
    """Whether *value* stands for a secret in an example, or is a word of a sentence."""
    return len(value) < _SHORT or _SAMPLE.search(value) is not None or _PROSE.fullmatch(value) is not None


def _is_code(hit: re.Match[bytes]) -> bool:
    """Whether a value is not written there, but got from somewhere."""
    return hit["quote"] is None and _CALL.match(hit["value"]) is not None


def _is_long(find: Find) -> bool:
    return len(find.value) >= SHORTEST and _PROSE.fullmatch(find.value) is None


def _holds_json(text: bytes, scope: Scope) -> bool:
    words = scope.words
    return words.unfiltered or not words.quoted.isdisjoint(text.split(b'"'))


def _in_header(hit: re.Match[bytes], scope: Scope) -> Iterator[Find]:
    for find in header_finds(hit["name"], hit["value"].rstrip(b" ,]})\t"), scope):
        yield find.moved(hit.start("value"))


@lru_cache(maxsize=1)
def _fields() -> re.Pattern[bytes]:
    names = {name.lower().replace("_", "[_-]?") for name in (*SECRET_REQUEST_FIELDS, *SECRET_RESPONSE_FIELDS)}
    # That is a header's name, too, and read there.
    names.discard("authorization")
    alternatives = "|".join(sorted(names, key=lambda name: (-len(name), name))).encode()
    return re.compile(
        rb"(?<![A-Za-z0-9_-])(?P<name>" + alternatives + rb")(?:[\"'])?[ \t]*[:=][ \t]*(?P<quote>[\"'])?"
        rb"(?P<value>[^\s\"',;&<>\\]{8,8192})",
        re.IGNORECASE,
    )


def _assigned(text: bytes, scope: Scope) -> Iterator[Find]:
    """`name = value`, with names that the API gives to secrets."""
    for hit in _fields().finditer(text):
        secret = scope.words.fields.get(folded(hit["name"].decode())) or Secret("secret")
        value = hit["value"].rstrip(b".)]}")
        if not _is_code(hit) and scope.counts(value, secret):
            yield Find(hit.start("value"), hit.start("value") + len(value), value, secret)
