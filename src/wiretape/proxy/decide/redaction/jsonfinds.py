"""Secrets by their place in JSON texts: what stands under which name. The texts are read, never written anew.

The reader takes any bytes. Where they are no JSON it finds less, and fails nowhere; a text may hold several values one
after the other.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wiretape.proxy.decide.redaction.escapes import Meant, from_json
from wiretape.proxy.decide.redaction.finds import Find, Secret
from wiretape.proxy.decide.redaction.headers import after_scheme, learn_bare
from wiretape.proxy.decide.redaction.text import Scope, all_finds, callback_finds, has_odd_escapes, text_finds, united
from wiretape.proxy.decide.redaction.vocabulary import folded
from wiretape.store.aitronos.plain import LOGPROBS_FIELDS, PLAIN_MEMBERS, SCHEMA_FIELD
from wiretape.store.aitronos.secrets import OAUTH_ADDRESS_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wiretape.proxy.decide.jsonpath import Path, Step

# A string that the text breaks off in is one too.
_TOKEN: Final = re.compile(
    rb'"(?P<text>(?:[^"\\]++|\\.)*+)(?:"(?P<colon>\s*+:)?|\\?\Z)|(?P<other>[{}\[\],]|[^\s{}\[\],:"]++)', re.DOTALL
)
_NUMBER: Final = re.compile(rb"-?[0-9][0-9.eE+-]*")
_INNER: Final = re.compile(rb'(?:[ \t\r\n]|\\[nrt])*+[{\[].*\\"', re.DOTALL)
# Numbers are secret only where codes are; elsewhere a number under a secret name counts something.
_NUMBERS: Final = frozenset({"code", "password"})
_OAUTH_ADDRESSES: Final = frozenset(map(folded, OAUTH_ADDRESS_FIELDS))
_DEEPEST: Final = 500


class _Level:
    """An object or array that is open."""

    __slots__ = ("array", "everything", "index", "key", "name", "plain_token", "rule", "schema")

    def __init__(self, *, array: bool, name: str) -> None:
        self.array = array
        self.name = name
        self.key = ""
        self.index = 0
        self.everything: Secret | None = None
        self.rule: Secret | None = None
        self.schema = False
        self.plain_token = False

    def inside(self, *, array: bool) -> _Level:
        """A level that opens in this one."""
        level = _Level(array=array, name=self.name if self.array else self.key)
        level.everything, level.rule = self.everything, self.rule
        level.plain_token = self.plain_token
        return level


def json_finds(text: bytes, scope: Scope) -> list[Find]:
    """All secrets in the JSON *text*, in order; what is learnt on the way is remembered."""
    found = all_finds(text, scope, list(place_finds(text, scope)), json=True)
    if text.find(b"\\") >= 0 and has_odd_escapes(text):
        return united(text, scope, found, list(_escaped_values(text, scope)))
    return found


def place_finds(text: bytes, scope: Scope, depth: int = 0) -> Iterator[Find]:
    """The secrets that stand in secret places of the JSON *text*, in order."""
    reader = _Reader(scope)
    for token in _TOKEN.finditer(text):
        written = token["text"]
        if written is None:
            yield from reader.other(token)
        elif token["colon"] is not None:
            reader.name(written)
        else:
            yield from reader.string(written, token.start("text"), depth)


class _Reader:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._top = _Level(array=True, name="")
        self._levels: list[_Level] = [self._top]
        self._paths = scope.words.json

    def name(self, written: bytes) -> None:
        self._levels[-1].key = _plain(written)

    def other(self, token: re.Match[bytes]) -> Iterator[Find]:
        what = token["other"]
        if what in b"{[":
            self._open(array=what == b"[")
        elif what in b"}]":
            if len(self._levels) > 1:
                self._levels.pop()
        elif what == b",":
            self._levels[-1].index += 1
            if not self._levels[-1].array:
                self._levels[-1].key = ""
        else:
            yield from self._number(what, token.start())

    def string(self, written: bytes, at: int, depth: int) -> Iterator[Find]:
        secret = self._secret()
        if secret is None:
            if depth < 2 and written.find(b"\\") >= 0 and _INNER.match(written):  # noqa: PLR2004 - JSON in JSON in JSON
                yield from _nested(from_json(written), at, self._scope, depth)
            elif self._callback():
                yield from self._in_address(written, at)
            return
        skipped = after_scheme(written) if self._name() == "authorization" else 0
        value = written[skipped:]
        value = from_json(value).text if value.find(b"\\") >= 0 else value
        if self._scope.counts(value, secret):
            if self._name() == "authorization":
                learn_bare(value, secret, self._scope)
            yield Find(at + skipped, at + len(written), value, secret)

    def _number(self, written: bytes, at: int) -> Iterator[Find]:
        secret = self._secret()
        if secret is None or not _NUMBER.fullmatch(written):
            return
        if secret.kind == "personal":
            secret = secret._replace(by=b"0")
        if (secret.rule or secret.by or secret.kind in _NUMBERS) and self._scope.counts(written, secret):
            quote = b"" if secret.by is not None and _NUMBER.fullmatch(secret.by) else b'"'
            yield Find(at, at + len(written), written, secret, quote=quote)

    def _open(self, *, array: bool) -> None:
        here = self._levels[-1]
        level = here.inside(array=array)
        if not here.array:
            level.schema = here.key == SCHEMA_FIELD
            level.plain_token |= here.key in LOGPROBS_FIELDS
            secret = self._scope.words.objects.get(folded(here.key))
            if secret is not None and not here.schema:
                level.everything = secret
        level.rule = self._ruled() or level.rule
        if len(self._levels) < _DEEPEST:
            self._levels.append(level)
        else:
            # What nests deeper than that is told apart no more: all of it counts as one object.
            level.array = False
            self._levels.append(level if here.array else here)

    def _secret(self) -> Secret | None:
        """What makes the value at hand secret by its place, or exempts it."""
        level = self._levels[-1]
        rule = self._ruled() or level.rule
        if rule is not None:
            return rule
        name = self._name()
        secret = self._scope.extra.get(name) or self._scope.words.fields.get(name)
        if secret is not None:
            return None if level.plain_token and name == "token" else secret
        if level.everything is not None and (not level.array or level.name != "headers" or name == "value"):
            return None if name in PLAIN_MEMBERS else level.everything
        return self._scope.words.objects[name] if name == "credentials" else None

    def _ruled(self) -> Secret | None:
        """What the user's paths say of the value at hand; an exemption goes before all else."""
        if not self._paths:
            return None
        where: list[str | int] = [one.index if one.array else one.key for one in self._levels[1:]]
        return next((secret for path, secret in self._paths if _leads(path, where)), None)

    def _name(self) -> str:
        level = self._levels[-1]
        return folded(level.name if level.array else level.key)

    def _callback(self) -> bool:
        return self._name() in _OAUTH_ADDRESSES

    def _in_address(self, written: bytes, at: int) -> Iterator[Find]:
        meant = from_json(written)
        for find in callback_finds(meant.text, self._scope):
            yield find._replace(start=at + meant.at(find.start), end=at + meant.at(find.end))


def _plain(written: bytes) -> str:
    text = from_json(written).text if written.find(b"\\") >= 0 else written
    return text.decode("utf-8", "replace")


def _leads(path: Path, where: list[str | int]) -> bool:
    """Whether *path* names the value at *where*, or something around it."""
    if not path:
        return True
    step, rest = path[0], path[1:]
    reach = range(len(where)) if step.deep else range(min(1, len(where)))
    return any(_fits(step, where[n]) and _leads(rest, where[n + 1 :]) for n in reach)


def _fits(step: Step, key: str | int) -> bool:
    return step.name is None or (type(step.name) is type(key) and step.name == key)


def _nested(meant: Meant, at: int, scope: Scope, depth: int) -> Iterator[Find]:
    """The places in JSON that stands in a string."""
    for find in place_finds(meant.text, scope, depth + 1):
        # Quotes around what was a number must be escaped once for each string around it.
        quote = b"\\" * (2 ** (depth + 1) - 1) + b'"' if find.quote and depth == 0 else find.quote
        yield find._replace(start=at + meant.at(find.start), end=at + meant.at(find.end), quote=quote)


def _escaped_values(text: bytes, scope: Scope) -> Iterator[Find]:
    """Values in strings that escape what needs none."""
    for token in _TOKEN.finditer(text):
        written = token["text"]
        if written is not None and written.find(b"\\") >= 0:
            meant, at = from_json(written), token.start("text")
            for find in text_finds(meant.text, scope):
                yield find._replace(start=at + meant.at(find.start), end=at + meant.at(find.end))
