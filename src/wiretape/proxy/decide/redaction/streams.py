"""Bodies as they come: pieces in, the same bytes without their secrets out. How they are cut does not matter.

Every stream takes `feed` for each piece and `end` once; both give what is ready, in order, as segments: so many bytes
of what came, and what is written for them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Protocol

from wiretape.proxy.decide.redaction.finds import Find, Secret, Segment, Spell, segments
from wiretape.proxy.decide.redaction.memory import BREAK
from wiretape.proxy.decide.redaction.text import REACH, Scope, text_finds, united

if TYPE_CHECKING:
    from collections.abc import Callable

    type Finder = Callable[[bytes, Scope], list[Find]]

HELD_BYTES: Final = 8 * 1024 * 1024
"""What must be understood as a whole is held up to this size; of longer texts only values are looked for."""

_NO_BREAKS: Final = re.sub(rb"[" + BREAK + rb"]", b"", bytes(range(256)))


class Stream(Protocol):
    """A body, or a part of one, on its way."""

    def feed(self, data: bytes) -> list[Segment]:
        """The next piece."""
        ...

    def end(self) -> list[Segment]:
        """All has come."""
        ...


class Text:
    """Text of which nothing is known: values are found in it, wherever they stand."""

    def __init__(self, scope: Scope, spell: Spell) -> None:
        self._scope = scope
        self._spell = spell
        # Two bytes more than what is still to be written: what stands before a value decides whether it is one.
        self._held = b""
        self._done = 0
        self._from = 0
        self._break = 0

    def feed(self, data: bytes) -> list[Segment]:
        """The next piece."""
        last = len(data.rstrip(_NO_BREAKS))
        if last:
            self._break = len(self._held) + last
        self._held += data
        held = self._held
        cut = self._cut(held)
        if cut <= self._done:
            return []
        within = cut > self._break
        finds = self._finds(held)
        for find in finds:
            if find.start < cut < find.end:
                cut = find.start
        written = self._write(cut, finds)
        # Of a word that is cut all is kept that may stand before a secret, such as the address that it is in.
        keep = max(cut - (REACH if within else 2), 0)
        self._held, self._done = held[keep:], cut - keep
        self._from = 0 if within else self._done
        self._break -= keep
        return written

    def end(self) -> list[Segment]:
        """All has come."""
        return self._write(len(self._held), self._finds(self._held))

    def _cut(self, held: bytes) -> int:
        """Up to where *held* can be written: behind the last blank, or so far before its end that no value reaches."""
        cut = self._break
        if len(held) - self._done > 2 * REACH:
            cut = max(cut, len(held) - REACH)
        if cut <= self._done:
            return 0
        for form in self._scope.memory.odd:
            # A value with a blank in it may have begun.
            for size in range(min(len(form) - 1, len(held)), 0, -1):
                if held.endswith(form[:size]):
                    cut = min(cut, len(held) - size)
                    break
        return cut

    def _finds(self, held: bytes) -> list[Find]:
        if not self._scope.suspicious(held):
            return []
        found = [find for find in text_finds(held, self._scope, self._from) if find.start >= self._done]
        # What an address in plain text holds is not remembered: it would matter how the text was cut.
        return united(held, self._scope, [], found)

    def _write(self, cut: int, finds: list[Find]) -> list[Segment]:
        done = self._done
        ready = [find.moved(-done) for find in finds if find.end <= cut]
        return segments(self._held[done:cut], ready, self._spell)


class Units:
    """A row of things that each must be understood as a whole, and are held for it; from one too long on, all is text.

    A subclass says where one ends.
    """

    def __init__(self, finder: Finder, scope: Scope, spell: Spell, *, always: bool = False) -> None:
        """Begin a row.

        Args:
            finder: finds what is secret in one of them.
            scope: what is looked for.
            spell: what is written for it.
            always: a quick look does not tell whether there is anything to find.
        """
        self._always = always
        self._finder = finder
        self._scope = scope
        self._spell = spell
        self._held = bytearray()
        self._text: Text | None = None
        self._hooked = scope.words.hook is not None

    def feed(self, data: bytes) -> list[Segment]:
        """The next piece."""
        if self._text is not None:
            return self._text.feed(data)
        self._held += data
        found: list[Segment] = []
        at = 0
        ends = self._ends()
        if len(ends) > 1 and not self._hooked and not self._suspicious(ready := bytes(self._held[: ends[-1]])):
            found, at = [(len(ready), ready)], ends[-1]
            ends = []
        for end in ends:
            found += self._unit(bytes(self._held[at:end]))
            at = end
        del self._held[:at]
        if len(self._held) > HELD_BYTES:
            self._text = Text(self._scope, self._spell)
            found += self._text.feed(bytes(self._held))
            self._held.clear()
        return found

    def end(self) -> list[Segment]:
        """All has come."""
        return self._unit(bytes(self._held)) if self._text is None else self._text.end()

    def _ends(self) -> list[int]:
        """Where in what is held something whole ends."""
        return []

    def _unit(self, data: bytes) -> list[Segment]:
        if not data:
            return []
        if not self._suspicious(data):
            return [(len(data), data)]
        return segments(data, self._finder(data, self._scope), self._spell)

    def _suspicious(self, data: bytes) -> bool:
        return self._always or self._scope.suspicious(data)


class Hidden:
    """Something that is secret as a whole."""

    def __init__(self, secret: Secret, scope: Scope, spell: Spell) -> None:
        self._secret = secret
        self._scope = scope
        self._spell = spell
        self._held = bytearray()
        self._size = 0

    def feed(self, data: bytes) -> list[Segment]:
        """The next piece."""
        self._size += len(data)
        self._held += data[: HELD_BYTES - len(self._held)]
        return []

    def end(self) -> list[Segment]:
        """All has come."""
        value = bytes(self._held)
        if not self._scope.counts(value, self._secret):
            return [(self._size, value)] if value else []
        find = Find(0, self._size, value.strip(), self._secret)
        self._scope.learn(find)
        return [(self._size, self._spell.written(find))]
