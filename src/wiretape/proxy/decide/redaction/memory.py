"""The values that were seen in secret places: whatever else they stand in, they are secret there too.

One memory serves one session, in recording and in replay alike.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from wiretape.proxy.decide.redaction.forms import Form, forms
from wiretape.proxy.decide.redaction.placeholders import MARK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wiretape.proxy.decide.redaction.text import Scope
    from wiretape.proxy.decide.redaction.vocabulary import Vocabulary

SHORTEST: Final = 12
"""A shorter value may be a word like any other, and is not looked for elsewhere."""

LONGEST: Final = 4096
"""A longer one is no secret that anybody repeats."""

BREAK: Final = rb"\s\"'<>\\"
"""What stands in no key and no token (inside a character class)."""

WORDS: Final = bytes(
    ord("a") if chr(code).isascii() and (chr(code).isalnum() or chr(code) in "_-.+/=") else ord(" ")
    for code in range(256)
)
"""Translates a text to its words: to `a` what may stand in a key, a token or base64, to a blank what may not."""

_WORD = re.compile(rb"[A-Za-z0-9_.+/=-]+")
_BREAK = re.compile(rb"[" + BREAK + rb"]")
_BASE64 = frozenset(b"%c" % code for code in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_")
# To begin to look for a spelling takes as long as to look through so many bytes for it; to look up what may begin at a
# byte takes as long as to look through so many.
_SEARCH = 70
_LOOKUP = 110
# What spellings that are no words may hold, and most texts do not.
_SIGNS = (b"%", b"\\", b'"')


class Seen(NamedTuple):
    """A value that was seen in a secret place, and its class there."""

    value: bytes
    kind: str


class Memory:
    """What one session has seen.

    Attributes:
        fired: how often the user's rules did something while keys were made.
        version: grows whenever something is learnt, so that what was decided without it can be told to be old.
        plain: the text that was last found to hold nothing, by which version, and by which vocabulary.
        keying: the scope in which the last match key was made.
        odd: spellings with a blank or a quote in them: texts must not be cut inside of one.
    """

    def __init__(self) -> None:
        self.version = 0
        self.plain: tuple[bytes, int, Vocabulary] | None = None
        self.keying: Scope | None = None
        self.fired: Counter[str] = Counter()
        self.odd: list[bytes] = []
        self._values: dict[bytes, str] = {}
        self._forms: dict[bytes, tuple[Seen, Form]] = {}
        self._headers: set[bytes] = set()
        # Spellings that are words are looked for in long words alone.
        self._words = _Spellings()
        self._shortest = LONGEST * 4
        self._word = b"a" * self._shortest
        # The others by what must be in the text for them.
        self._others: dict[bytes, _Spellings] = {}

    def learn(self, value: bytes, kind: str) -> bool:
        """Remember *value*, of the class *kind*, if it is too long to be a word; says whether it is news."""
        value = value.strip()
        if value in self._values or not SHORTEST <= len(value) <= LONGEST or MARK in value:
            return False
        self._values[value] = kind
        seen = Seen(value, kind)
        for spelled in forms(value):
            form = spelled.text
            if form in self._forms:
                continue
            self._forms[form] = seen, spelled
            if _BREAK.search(form):
                self.odd.append(form)
            if _WORD.fullmatch(form):
                self._words.add(form)
                self._shortest = min(self._shortest, len(form))
            else:
                sign = next((sign for sign in _SIGNS if sign in form), b"")
                self._others.setdefault(sign, _Spellings()).add(form)
        self._word = b"a" * self._shortest
        self.version += 1
        return True

    def news(self, header: bytes) -> bool:
        """Whether the header's value *header* was never asked about before."""
        if header in self._headers:
            return False
        self._headers.add(header)
        return True

    def values(self) -> list[Seen]:
        """All that was seen, in that order."""
        return [Seen(value, kind) for value, kind in self._values.items()]

    def may_know(self, words: bytes, least: int) -> bool:
        """Whether a text may hold a spelling of which all *words* of *least* bytes or more are these: a quick look."""
        return len(words) >= self._shortest or bool(self._others) or self._shortest < least

    def knows(self, text: bytes, spelled: bytes | None = None) -> bool:
        """Whether some spelling of some value stands in *text*, which translated with `WORDS` is *spelled*."""
        if not self._others and (len(text) < self._shortest or (spelled is not None and spelled.find(self._word) < 0)):
            # As it is nearly always, and made to cost nearly nothing.
            return False
        return any(True for _ in self._found(text, spelled))

    def find(self, text: bytes) -> list[tuple[int, int, Seen]]:
        """Where in *text* values stand, in order; overlapping ones too."""
        found: list[tuple[int, int, Seen]] = []
        for form in {form for _, form in self._found(text)}:
            at = text.find(form)
            while at >= 0:
                seen, spelled = self._forms[form]
                start, end = at, at + len(form)
                if spelled.before and text[start - 1 : start] in _BASE64:
                    start -= 1
                if spelled.after and text[end : end + 1] in _BASE64:
                    end += 1
                found.append((start, end, seen))
                at = text.find(form, at + 1)
        return sorted(found, key=lambda hit: (hit[0], -hit[1]))

    def _found(self, text: bytes, spelled: bytes | None = None) -> Iterator[tuple[int, bytes]]:
        """The spellings that stand in *text*, some of them more than once."""
        if len(text) >= self._shortest:
            words = long_words(text, text.translate(WORDS) if spelled is None else spelled, self._word)
            if words:
                yield from self._words.within(words)
        for sign, others in self._others.items():
            if text.find(sign) >= 0:
                yield from others.within(text)


class _Spellings:
    """Spellings to be looked for together."""

    def __init__(self) -> None:
        self._all: list[bytes] = []
        self._beginnings: dict[bytes, list[bytes]] = {}

    def add(self, form: bytes) -> None:
        self._all.append(form)
        self._beginnings.setdefault(form[:SHORTEST], []).append(form)

    def within(self, text: bytes) -> Iterator[tuple[int, bytes]]:
        """Those that stand in *text*; how they are looked for depends on what there is more of."""
        if len(self._all) * (_SEARCH + len(text)) <= _LOOKUP * len(text):
            for form in self._all:
                if (at := text.find(form)) >= 0:
                    yield at, form
            return
        beginnings = self._beginnings
        for at in range(len(text) - SHORTEST + 1):
            for form in beginnings.get(text[at : at + SHORTEST], ()):
                if text.startswith(form, at):
                    yield at, form


def long_words(text: bytes, spelled: bytes, word: bytes) -> bytes:
    """The words of *text*, which translated with `WORDS` is *spelled*, that are as long as *word* at least."""
    at = spelled.find(word)
    found: list[bytes] = []
    while at >= 0:
        end = spelled.find(b" ", at)
        end = len(spelled) if end < 0 else end
        found.append(text[at:end])
        at = spelled.find(word, end)
    return b" ".join(found)
