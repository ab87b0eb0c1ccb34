"""The values that were seen in secret places: whatever else they stand in, they are secret there too.

One memory serves one session, in recording and in replay alike.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final, NamedTuple

from wiretape.proxy.decide.redaction.forms import Form, forms
from wiretape.proxy.decide.redaction.placeholders import MARK

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
# Up to so many spellings are looked for one by one; of more, the beginnings are looked up.
_FEW = 64


class Seen(NamedTuple):
    """A value that was seen in a secret place, and its class there."""

    value: bytes
    kind: str


class Memory:
    """What one session has seen.

    Attributes:
        fired: how often the user's rules did something while keys were made.
        version: grows whenever something is learnt, so that what was decided without it can be told to be old.
        odd: spellings with a blank or a quote in them: texts must not be cut inside of one.
    """

    def __init__(self) -> None:
        self.version = 0
        self.fired: Counter[str] = Counter()
        self.odd: list[bytes] = []
        self._values: dict[bytes, str] = {}
        self._forms: dict[bytes, tuple[Seen, Form]] = {}
        self._headers: set[bytes] = set()
        # All spellings are words, none shorter than that; then a text without such a word needs no search.
        self._wordy = True
        self._shortest = LONGEST * 4
        self._word = b"a" * self._shortest
        self._few: tuple[bytes, ...] = ()
        self._beginnings: dict[bytes, list[bytes]] = {}

    def learn(self, value: bytes, kind: str) -> bool:
        """Remember *value*, of the class *kind*, if it is too long to be a word; says whether it is news."""
        value = value.strip()
        if value in self._values or not SHORTEST <= len(value) <= LONGEST or MARK in value:
            return False
        self._values[value] = kind
        seen = Seen(value, kind)
        for spelled in forms(value):
            form = spelled.text
            if form not in self._forms:
                self._forms[form] = seen, spelled
                self._beginnings.setdefault(form[:SHORTEST], []).append(form)
                if _BREAK.search(form):
                    self.odd.append(form)
            if not _WORD.fullmatch(form):
                self._wordy = False
            self._shortest = min(self._shortest, len(form))
        self._word = b"a" * self._shortest if self._wordy else b""
        self._few = tuple(self._forms) if len(self._forms) <= _FEW else ()
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

    def knows(self, text: bytes, spelled: bytes | None = None) -> bool:
        """Whether some spelling of some value stands in *text*, which translated with `WORDS` is *spelled*."""
        if len(text) < self._shortest or (spelled is not None and self._word not in spelled):
            return False
        if self._few:
            for form in self._few:  # noqa: SIM110 - a generator would cost more than the search
                if form in text:
                    return True
            return False
        return bool(self._forms) and next(iter(self._hits(text)), None) is not None

    def find(self, text: bytes) -> list[tuple[int, int, Seen]]:
        """Where in *text* values stand, in order; overlapping ones too."""
        if not self.knows(text):
            return []
        found: list[tuple[int, int, Seen]] = []
        for form in {form for _, form in self._hits(text)} if not self._few else self._few:
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

    def _hits(self, text: bytes) -> list[tuple[int, bytes]]:
        beginnings = self._beginnings
        found: list[tuple[int, bytes]] = []
        for at in range(len(text) - SHORTEST + 1):
            forms_here = beginnings.get(text[at : at + SHORTEST], ())
            found += [(at, form) for form in forms_here if text.startswith(form, at)]
        return found
