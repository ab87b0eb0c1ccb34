"""Files that are no cassettes, searched for secrets: exports, logs, settings, whatever is text."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from wiretape.proxy.decide.redact import Redactor
from wiretape.proxy.decide.redaction.addresses import field_secret
from wiretape.proxy.decide.redaction.finds import Find
from wiretape.proxy.decide.redaction.headers import header_finds
from wiretape.proxy.scan.cassettes import Scanned
from wiretape.proxy.scan.finding import Unit
from wiretape.proxy.scan.jsonplace import named
from wiretape.proxy.scan.loose import is_sample, loose_finds
from wiretape.proxy.scan.merging import without_function
from wiretape.proxy.scan.messages import json_place, printable
from wiretape.proxy.scan.search import Search
from wiretape.store.aitronos.secrets import COOKIE_HEADERS
from wiretape.store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wiretape.proxy.decide.redact import RedactRules
    from wiretape.proxy.decide.redaction.text import Scope
    from wiretape.proxy.scan.allowing import Allowed
    from wiretape.proxy.scan.finding import Detector

_WINDOW_BYTES: Final = 64 * 1024 * 1024
_OVERLAP_BYTES: Final = 64 * 1024
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")
_BINARY: Final = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_COOKIES: Final = "cookies"
_OBJECTS: Final = ("credentials",)
_DEEPEST: Final = 100


def scan_text(file: str, data: bytes, allowed: Allowed, detectors: Sequence[Detector], rules: RedactRules) -> Scanned:
    """Search a file that is no cassette.

    Args:
        file: what the findings call it.
        data: what it holds.
        allowed: what is passed over.
        detectors: what looks for secrets besides our own.
        rules: what counts as secret besides the API's secrets.

    Raises:
        UsageError: it is no text.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = data.decode("utf-16", "replace").encode()
    if _BINARY.search(data[:8192]):
        raise UsageError(f"{file} is neither a cassette nor a text; name another file")
    search = Search(file, allowed, detectors)
    scope = Redactor(rules=without_function(rules)).scope()
    # All headers of all messages stand under `headers` in an export; those that are secret are known by their names.
    scope.words = scope.words._replace(objects={name: scope.words.objects[name] for name in _OBJECTS})
    units = list(_units(data))
    for unit in units:
        search.look(unit, scope)
    if search.expect({}):
        for unit in units:
            search.look_again(unit)
    return Scanned(search.findings(), [], search.values, search.skipped)


def _units(data: bytes) -> Iterator[Unit]:
    try:
        tree = msgspec.json.decode(data)
    except (ValueError, msgspec.MsgspecError, RecursionError):
        tree = None
    if isinstance(tree, dict | list):
        yield Unit(None, "", data, loose_finds, json_place)
        yield from _leaves(tree, "$", "")
        return
    for start in range(0, len(data), _WINDOW_BYTES - _OVERLAP_BYTES):
        first = 1 + data.count(b"\n", 0, start)
        yield Unit(None, "", data[start : start + _WINDOW_BYTES], loose_finds, _Line(first))
    for number, line in enumerate(data.splitlines(), 1):
        if line[:1] in {b"{", b"["}:
            yield from _json_line(number, line)


def _json_line(number: int, line: bytes) -> Iterator[Unit]:
    try:
        tree = msgspec.json.decode(line)
    except (ValueError, msgspec.MsgspecError, RecursionError):
        return
    yield from _leaves(tree, f"line {number} $", "")


class _Line:
    """Says in which line an offset is."""

    def __init__(self, first: int) -> None:
        self._first = first

    def __call__(self, text: bytes, offset: int) -> str:
        return f"line {self._first + text.count(b'\n', 0, offset)}"


def _leaves(value: Any, path: str, name: str, depth: int = 0) -> Iterator[Unit]:
    """What a decoded text shows and a written one does not: who is named beside what, and what is in base64."""
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        yield from _named_value(members, path, name)
        for key, inner in members.items():
            yield from _leaves(inner, f"{path}{named(key)}", key, depth + 1)
    elif isinstance(value, list):
        for number, inner in enumerate(cast("Sequence[Any]", value)):
            yield from _leaves(inner, f"{path}[{number}]", name, depth + 1)
    elif isinstance(value, str):
        yield from _string(value, path, name)


def _named_value(value: dict[str, Any], path: str, name: str) -> Iterator[Unit]:
    """`{"name": "X-API-Key", "value": "…"}`, as HAR and others write headers, parameters and cookies."""
    told, said = value.get("name"), value.get("value")
    if isinstance(told, str) and isinstance(said, str):
        # Of a cookie the name is anybody's.
        header = "cookie" if name == _COOKIES else told
        text = f"{told}={said}" if name == _COOKIES else said
        place = f"{path} {printable(told.encode('utf-8', 'replace'))}"
        yield Unit(None, place, text.encode("utf-8", "replace"), _Named(header))


def _string(value: str, path: str, name: str) -> Iterator[Unit]:
    if name:
        yield Unit(None, path, value.encode("utf-8", "replace"), _Named(name, field=False))
    if not _BASE64.fullmatch(value):
        return
    try:
        plain = base64.b64decode(value.translate({45: 43, 95: 47}) + "=" * (-len(value) % 4), validate=True)
        plain.decode()
    except (binascii.Error, ValueError):
        return
    if not _BINARY.search(plain):
        yield Unit(None, f"{path} (base64)", plain, loose_finds)


class _Named:
    """What is secret because it bears the name of a header, or of a parameter."""

    def __init__(self, name: str, *, field: bool = True) -> None:
        self._name = name
        self._field = field

    def __call__(self, text: bytes, scope: Scope) -> list[Find]:
        key = self._name.lower().encode("utf-8", "replace")
        found: list[Find] = []
        if key in scope.words.headers or key in COOKIE_HEADERS:
            found = header_finds(key, text, scope)
        elif self._field:
            secret = scope.words.query.get(self._name.lower()) or field_secret(self._name, scope)
            if secret is not None and scope.counts(text, secret):
                found = [Find(0, len(text), text, secret)]
        return [find for find in found if not is_sample(find.value)]
