"""What is secret: the API's facts and the user's rules, made ready for use."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from wiretape.proxy.decide.jsonpath import Path, compile_path
from wiretape.proxy.decide.redaction.finds import Secret
from wiretape.proxy.decide.redaction.memory import BREAK
from wiretape.store.aitronos import secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wiretape.proxy.decide.redaction.rules import RedactRules, Where

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ACRONYMS = {"api": "API", "id": "ID", "otp": "OTP", "totp": "TOTP"}
_FOLDED = {ord("_"): None, ord("-"): None}
# Where a key pattern's text must be, for the pattern to be tried at all.
_NEEDLE = re.compile(r"eyJ|oak_|ak_|fl_user_|sk")


@lru_cache(maxsize=4096)
def folded(name: str) -> str:
    """*name* as all its spellings share it: `api_key`, `apiKey` and `API-Key` are `apikey`."""
    return name.lower().translate(_FOLDED)


class ValuePattern(NamedTuple):
    """A pattern of values that are secret wherever they stand."""

    pattern: re.Pattern[bytes]
    secret: Secret
    needle: bytes = b""


class PathRule(NamedTuple):
    """A JSON path of the user's, and what it makes of what it names."""

    path: Path
    secret: Secret


class Vocabulary(NamedTuple):
    """All places and patterns.

    Attributes:
        headers: lower-case name → secret; cookies are apart.
        query: lower-case name → secret.
        callback: the same, where an OAuth answer comes home.
        fields: folded name → secret, of JSON and forms.
        objects: folded name → secret, of all strings in it.
        paths: patterns of addresses' paths, the secret segment is the group `secret`.
        addresses: the pattern of a secret query parameter within any text.
        values: patterns of values.
        json: the user's JSON paths.
        exempt_values: patterns of whole values that are no secrets.
        quoted: what may stand between quotes where a JSON text has a secret field.
        unfiltered: the user's rules reach where no quick look would.
        hook: the name of the user's function.
        path_hint: what stands in every path of `paths`.
        headers_seen: what the headers met so far are; see `classes`.
        names_seen: names of headers met so far, and whether they are secret places.
    """

    headers: Mapping[bytes, Secret]
    query: Mapping[str, Secret]
    callback: Mapping[str, Secret]
    fields: Mapping[str, Secret]
    objects: Mapping[str, Secret]
    paths: tuple[tuple[re.Pattern[bytes], Secret], ...]
    addresses: re.Pattern[bytes]
    values: tuple[ValuePattern, ...]
    json: tuple[PathRule, ...]
    exempt_values: tuple[tuple[re.Pattern[bytes], str], ...]
    quoted: frozenset[bytes]
    unfiltered: bool
    hook: str | None
    path_hint: re.Pattern[bytes]
    headers_seen: dict[bytes, int]
    names_seen: dict[bytes, bool]


_PERSONAL: Final = Secret("personal")


@lru_cache(maxsize=64)
def vocabulary(rules: RedactRules) -> Vocabulary:
    """What is secret under *rules*."""
    headers = {name: Secret(kind) for name, kind in secrets.SECRET_HEADERS.items()}
    query = {name: Secret(kind) for name, kind in secrets.SECRET_QUERY.items()}
    callback = {name: Secret(kind) for name, kind in secrets.CALLBACK_QUERY.items()}
    tables = {**secrets.SECRET_REQUEST_FIELDS, **secrets.SECRET_RESPONSE_FIELDS}
    fields = {folded(name): Secret(kind) for name, kind in tables.items()}
    if rules.personal:
        fields |= {folded(name): _PERSONAL for name in secrets.PERSONAL_FIELDS}
    values = [ValuePattern(_bytes(text), Secret(kind), _needle(text)) for kind, text in secrets.VALUE_PATTERNS]
    for where, verb, by in _additions(rules):
        kind = "secret"
        headers |= {name.lower().encode(): Secret(kind, f"{verb} header {name}", by) for name in where.header}
        query |= {name.lower(): Secret(kind, f"{verb} query {name}", by) for name in where.query}
        fields |= {folded(name): Secret(kind, f"{verb} form {name}", by) for name in where.form}
        values[:0] = [ValuePattern(_bytes(text), Secret(kind, f"{verb} regex {text}", by)) for text in where.regex]
    exempt = rules.exempt
    headers |= {name.lower().encode(): Secret("", f"exempt header {name}") for name in exempt.header}
    query |= {name.lower(): Secret("", f"exempt query {name}") for name in exempt.query}
    callback |= {name: secret for name, secret in query.items() if not secret.kind}
    fields |= {folded(name): Secret("", f"exempt form {name}") for name in exempt.form}
    return Vocabulary(
        headers=headers,
        query=query,
        callback=callback,
        fields=fields,
        objects={folded(name): Secret(kind) for name, kind in secrets.SECRET_OBJECTS.items()},
        paths=tuple(_paths(personal=rules.personal)),
        addresses=_addresses([*query, *_spelled(tables)]),
        values=tuple(values),
        json=tuple(_path_rules(rules)),
        exempt_values=tuple((_bytes(text), f"exempt regex {text}") for text in exempt.regex),
        quoted=_quoted([*tables, *secrets.SECRET_OBJECTS, *secrets.ADDRESS_FIELDS, *_names(rules)]),
        unfiltered=bool(list(_path_rules(rules)) or any(where.regex for where, _, _ in _additions(rules))),
        hook=rules.callable,
        path_hint=re.compile(b"|".join([_before(template, next(iter(names))) for template, names in _templates])),
        headers_seen={},
        names_seen={},
    )


def _additions(rules: RedactRules) -> Iterable[tuple[Where, str, bytes | None]]:
    yield rules.add, "add", None
    for replacement in rules.replace:
        yield replacement, "replace", replacement.by.encode()


def _names(rules: RedactRules) -> Iterable[str]:
    if rules.personal:
        yield from secrets.PERSONAL_FIELDS
    for where, _, _ in _additions(rules):
        yield from where.form


def _bytes(text: str) -> re.Pattern[bytes]:
    return re.compile(text.encode())


def _needle(text: str) -> bytes:
    found = _NEEDLE.search(text)
    return found[0].encode() if found else b""


def _path_rules(rules: RedactRules) -> Iterable[PathRule]:
    for text in rules.exempt.json:
        yield PathRule(compile_path(text), Secret("", f"exempt json {text}"))
    for where, verb, by in _additions(rules):
        for text in where.json:
            yield PathRule(compile_path(text), Secret("secret", f"{verb} json {text}", by))


def _paths(*, personal: bool) -> Iterable[tuple[re.Pattern[bytes], Secret]]:
    for template, segments in secrets.SECRET_PATHS.items():
        for name, kind in segments.items():
            yield _segment(template, name), Secret(kind)
    for template, names in secrets.PERSONAL_PATHS.items() if personal else ():
        for name in names:
            yield _segment(template, name), _PERSONAL


def _segment(template: str, name: str) -> re.Pattern[bytes]:
    """A pattern for the secret segment of a path, wherever the path stands: it may have a prefix."""
    return re.compile(_before(template, name) + rb"(?P<secret>[^/?#&" + BREAK + rb"]{1,2000})")


def _before(template: str, name: str) -> bytes:
    """A pattern for what stands before a segment of a path."""
    before = template.partition("{" + name + "}")[0]
    fixed = re.split(r"\{[^}]*\}", before)
    return (rb"[^/?#" + BREAK + rb"]{1,300}").join(re.escape(part).encode() for part in fixed)


_templates: Final = [*secrets.SECRET_PATHS.items(), *secrets.PERSONAL_PATHS.items()]


def _addresses(names: Iterable[str]) -> re.Pattern[bytes]:
    alternatives = "|".join(sorted({re.escape(name) for name in names}, key=lambda name: (-len(name), name)))
    return re.compile(
        rb"[?&;#](?P<name>" + alternatives.encode() + rb")=(?P<secret>[^&#;" + BREAK + rb"]{1,8000})", re.IGNORECASE
    )


def _spelled(names: Iterable[str]) -> set[str]:
    """Each name in the spellings that are usual: of words joined by `_`, by `-`, by nothing, or by humps."""
    found: set[str] = set()
    for name in names:
        words = [word for part in re.split(r"[_-]", name) for word in _HUMP.split(part)]
        lower, title = [word.lower() for word in words], [word.capitalize() for word in words]
        found |= {name, "_".join(lower), "-".join(lower), "".join(lower), "".join([lower[0], *title[1:]])}
        found |= {"".join(title), "_".join(lower).upper(), "-".join(title), "_".join(title)}
        found |= {"-".join(lower).upper(), "-".join([_ACRONYMS.get(word, word.capitalize()) for word in lower])}
    return found


def _quoted(names: Iterable[str]) -> frozenset[bytes]:
    """The same between quotes, up to JSON within a string within a JSON text."""
    return frozenset(name.encode() + b"\\" * depth for name in _spelled(names) for depth in (0, 1, 3))
