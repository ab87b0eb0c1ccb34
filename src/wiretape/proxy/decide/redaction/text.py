"""What is secret in any text: known values, values that look like keys and tokens, and addresses in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

from wiretape.proxy.decide.redaction.finds import Find, Secret, merged
from wiretape.proxy.decide.redaction.memory import BREAK, LONGEST, WORDS, long_words
from wiretape.proxy.decide.redaction.placeholders import MARK, holds_mark, is_placeholder, number_end, numbered
from wiretape.proxy.decide.redaction.vocabulary import folded
from wiretape.store.aitronos.secrets import CALLBACK_SUFFIX

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Mapping

    from wiretape.proxy.decide.redaction.memory import Memory
    from wiretape.proxy.decide.redaction.vocabulary import Vocabulary

REACH: Final = 16 * 1024
"""No find in a text is longer than this; a text that is cut so far before its end is not cut inside of one."""

assert LONGEST * 3 < REACH  # percent-encoded, a value takes three times its bytes

# Texts without a word this long hold no key; that is cheaper to see than the keys themselves.
_WORD: Final = b"a" * 17
_TEXTS: Final = 4096
_TEXT_BYTES: Final = 256
_NONE: Final[Mapping[str, Secret]] = {}
_UNQUOTED: Final = re.compile(rb'(?:[^"\\]++|\\.|\\)++', re.DOTALL)
_BETWEEN_STRINGS: Final = re.compile(rb"[\s:,{}\[\]]*")
_ODD_ESCAPE: Final = re.compile(rb"\\(?:/|u00[0-7])")


class Scope:
    """What is looked for in one message: the vocabulary and the memory, and what its endpoint adds.

    Attributes:
        keyed: it is for a match key, so that placeholders in secret places are found as well.
        extra: more secret fields, folded.
        fired: how often each of the user's rules did something.
    """

    def __init__(
        self,
        words: Vocabulary,
        memory: Memory,
        *,
        keyed: bool = False,
        extra: Mapping[str, Secret] = _NONE,
        fired: Counter[str] | None = None,
    ) -> None:
        self.fired = memory.fired if fired is None else fired
        self.words = words
        self.memory = memory
        self.keyed = keyed
        self.extra = extra
        # No quick look tells anything where the user's rules reach further, or one more name is secret.
        self._always = words.unfiltered or bool(extra)
        self._version = memory.version
        self._plain: set[bytes] = set()

    def without_hook(self) -> Scope:
        """The same, without the user's function."""
        words = self.words._replace(hook=None)
        return Scope(words, self.memory, keyed=self.keyed, extra=self.extra, fired=self.fired)

    def counts(self, value: bytes, secret: Secret) -> bool:
        """Whether *value*, which *secret* makes one, is to be replaced."""
        bare = value.strip()
        if not bare or (not self.keyed and is_placeholder(bare)):
            return False
        exempt = secret.rule if not secret.kind else None
        for pattern, rule in self.words.exempt_values:
            if pattern.fullmatch(bare):
                exempt = rule
        if exempt is not None:
            self.fired[exempt] += 1
        return exempt is None

    def learn(self, find: Find) -> None:
        """Remember a value that stands in a secret place, or looks like a key: it may recur in base64."""
        secret = find.secret
        if not find.place and self.memory.knows(find.value):
            # What is known of it is looked for already.
            return
        # Names and places recur as plain words; an e-mail address does not.
        if secret.by is None and (secret.kind != "personal" or b"@" in find.value):
            self.memory.learn(find.value, secret.kind)

    def suspicious(self, text: bytes) -> bool:
        """Whether *text* may hold anything to be replaced: a quick look, which errs to the safe side."""
        if self._always or (self.keyed and holds_mark(text)):
            return True
        return (
            not self.words.quoted.isdisjoint(text.split(b'"'))
            or self._has_values(text, self.memory)
            or (text.find(b"\\") >= 0 and has_odd_escapes(text))
        )

    def suspicious_whole(self, text: bytes) -> bool:
        """The same of a body: a request's is looked at once to be stored, and once more to be keyed."""
        memory = self.memory
        plain, version = memory.plain, memory.version
        if plain is not None and plain[0] is text and plain[1] == version and plain[2] is self.words:
            # Without a placeholder's mark, both looks are the same.
            return self._always or (self.keyed and holds_mark(text))
        if self.suspicious(text):
            return True
        memory.plain = text, version, self.words
        return False

    def notable(self, text: bytes) -> bool:
        """The same of a short text that is no JSON: a header's value, a target."""
        memory = self.memory
        version = memory.version
        if self._version != version or len(self._plain) >= _TEXTS:
            # Another thread may be in the midst of this: what it adds to the old ones is forgotten with them.
            self._plain = set()
            self._version = version
        plain = self._plain
        if text in plain:
            return False
        if self.words.unfiltered or self.has_values(text) or memory.knows(text) or (self.keyed and holds_mark(text)):
            return True
        # Clients repeat themselves; what comes from outside is not remembered without end.
        if len(text) <= _TEXT_BYTES:
            plain.add(text)
        return False

    def has_values(self, text: bytes) -> bool:
        """Whether *text* may hold keys, tokens or addresses with such."""
        return self._has_values(text, None)

    def _has_values(self, text: bytes, memory: Memory | None) -> bool:
        """The same, or a value that *memory* knows."""
        # `find` is much faster than `in`, and of one character much faster than of several.
        if text.find(b"=") >= 0 and (self.words.addresses.search(text) is not None or _comes_home(text)):
            return True
        if text.find(b"/") >= 0 and self.words.path_hint.search(text) is not None:
            return True
        if text.find(b"@") >= 0 and _USER.search(text) is not None:
            return True
        if text.find(b"J") >= 0 and text.find(b"eyJ") >= 0:
            return True
        # A text without a long word holds no key, and most values are long words; those that are not are looked for.
        spelled = text.translate(WORDS)
        words = long_words(text, spelled, _WORD)
        if words and _has_keys(words):
            return True
        return memory is not None and memory.may_know(words, len(_WORD)) and memory.knows(text, spelled)


def has_odd_escapes(text: bytes) -> bool:
    """Whether a JSON text escapes what needs no escape, so that a value in it may not look like itself."""
    return _ODD_ESCAPE.search(text) is not None


def _has_keys(text: bytes) -> bool:
    if text.find(b"k_") >= 0 and (text.find(b"ak_") >= 0 or text.find(b"sk_") >= 0):
        return True
    return text.find(b"sk-") >= 0 or text.find(b"fl_user_") >= 0


def text_finds(text: bytes, scope: Scope, start: int = 0) -> Iterator[Find]:
    """What is secret in *text* from *start* on, wherever it stands; in no order, and some within others."""
    yield from _known(text, scope, start)
    words = scope.words
    if words.unfiltered or scope.has_values(text):
        yield from address_finds(text, scope, start)
        for pattern, secret, needle in words.values:
            if text.find(needle) >= 0:
                for hit in pattern.finditer(text, start):
                    # A placeholder with something before it may look like a key, and is none.
                    if hit[0] and MARK not in hit[0] and scope.counts(hit[0], secret):
                        yield Find(hit.start(), hit.end(), hit[0], secret, place=False)


def all_finds(text: bytes, scope: Scope, places: list[Find] | None = None, *, json: bool = False) -> list[Find]:
    """Everything secret in *text*, something whole, in order: its *places*, addresses, values; all is remembered.

    In *json*, nothing that is found takes the end of a string with it.
    """
    places = places or []
    for find in places:
        scope.learn(find)
    while True:
        version = scope.memory.version
        found = list(text_finds(text, scope))
        if json:
            found = [part for find in found for part in _between_quotes(text, find)]
        for find in found:
            scope.learn(find)
        if scope.memory.version == version:
            return united(text, scope, places, found)


def _between_quotes(text: bytes, find: Find) -> Iterator[Find]:
    """The parts of *find* that no bare quote parts: where a string ends, the quote is none of a value's."""
    if find.place or text.find(b'"', find.start, find.end) < 0:
        yield find
        return
    for part in _UNQUOTED.finditer(text, find.start, find.end):
        if not _BETWEEN_STRINGS.fullmatch(part[0]):
            yield find._replace(start=part.start(), end=part.end())


def united(text: bytes, scope: Scope, places: list[Find], found: list[Find]) -> list[Find]:
    """*places*, and what else was *found*, in order and apart from each other."""
    finds = merged(places, [f for f in found if f.place], [f for f in found if not f.place])
    if not scope.keyed or not finds:
        return finds
    # A placeholder's number cannot be told from digits behind it, nor from another placeholder that begins with some:
    # a key must not tell a value from them.
    apart: list[Find] = []
    for find in finds:
        last = apart[-1] if apart else None
        if last is not None and not (last.place or find.place) and find.start <= last.end:
            apart[-1] = last._replace(end=max(last.end, number_end(text, find.end)))
        else:
            apart.append(find if find.place else find._replace(end=number_end(text, find.end)))
    return apart


def _known(text: bytes, scope: Scope, start: int) -> Iterator[Find]:
    for begin, end, seen in scope.memory.find(text):
        if begin >= start:
            yield Find(begin, end, seen.value, Secret(seen.kind), place=False)
    if scope.keyed and holds_mark(text):
        for begin, end in numbered(text, start):
            yield Find(begin, end, b"", _PLAIN, place=False)


def address_finds(text: bytes, scope: Scope, start: int = 0) -> Iterator[Find]:
    """Secrets in the addresses that *text* holds."""
    if text.find(b"=", start) >= 0:
        for hit in scope.words.addresses.finditer(text, start):
            name = hit["name"].decode()
            secret = scope.words.query.get(name.lower()) or scope.words.fields.get(folded(name))
            if secret is not None:
                yield from _group(hit, scope, secret)
        for home in _CALLBACK.finditer(text, start) if _comes_home(text) else ():
            for hit in _PARAMETER.finditer(text, home.end(), _end(text, home.end())):
                secret = scope.words.callback.get(hit["name"].decode("ascii", "replace").lower())
                if secret is not None:
                    yield from _group(hit, scope, secret)
    if text.find(b"/", start) >= 0:
        for pattern, secret in scope.words.paths:
            for hit in pattern.finditer(text, start):
                yield from _group(hit, scope, secret)
    yield from user_finds(text, scope, start)


def user_finds(text: bytes, scope: Scope, start: int = 0) -> Iterator[Find]:
    """Passwords in addresses such as `https://user:password@host`."""
    if text.find(b"@", start) >= 0:
        for hit in _USER.finditer(text, start):
            yield from _group(hit, scope, _PASSWORD)


def _comes_home(text: bytes) -> bool:
    return text.find(_HOME) >= 0 and _CALLBACK.search(text) is not None


def _end(text: bytes, start: int) -> int:
    """Where the query that begins at *start* ends."""
    found = _QUERY_END.search(text, start)
    return found.start() if found else len(text)


_PLAIN: Final = Secret("value")
_PASSWORD: Final = Secret("password")
# Up to the last `@` before the path, as browsers have it.
_USER: Final = re.compile(rb"://[^/?#:@" + BREAK + rb"]{0,300}:(?P<secret>[^/?#" + BREAK + rb"]{1,2000})@")
_HOME: Final = CALLBACK_SUFFIX.encode()
_CALLBACK: Final = re.compile(re.escape(_HOME) + rb"/*[?#]")
_PARAMETER: Final = re.compile(rb"(?P<name>[^=&]{1,100})=(?P<secret>[^&]{1,8000})")
_QUERY_END: Final = re.compile(rb"[#" + BREAK + rb"]")

CALLBACK_PARAMETER: Final = re.compile(rb"[?&#](?P<name>code|state)=(?P<secret>[^&#\s\"'<>\\]+)")
"""What an address that begins or ends an OAuth exchange holds besides."""


def callback_finds(text: bytes, scope: Scope) -> Iterator[Find]:
    """Secrets in the address *text*, which begins or ends an OAuth exchange, that are none in other addresses."""
    for hit in CALLBACK_PARAMETER.finditer(text):
        yield from _group(hit, scope, scope.words.callback[hit["name"].decode()])


def _group(hit: re.Match[bytes], scope: Scope, secret: Secret) -> Iterator[Find]:
    meant = unquote_to_bytes(hit["secret"])
    if scope.counts(meant, secret):
        yield Find(hit.start("secret"), hit.end("secret"), meant, secret)
