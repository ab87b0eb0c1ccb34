"""A secret found in a text, and a text with what was found replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

type Segment = tuple[int, bytes]
"""So many bytes of a text, and what is written for them: the same bytes, or a placeholder."""


class Secret(NamedTuple):
    """What makes a place or a value secret.

    Attributes:
        kind: its class; empty for what a rule of the user's exempts.
        rule: the user's rule, in the words of `RedactRules.names`; None where the API's facts say so.
        by: what replaces it instead of a placeholder.
    """

    kind: str
    rule: str | None = None
    by: bytes | None = None


class Find(NamedTuple):
    """One secret in a text.

    Attributes:
        start: offset of its first byte.
        end: offset behind its last one.
        value: the secret itself, decoded.
        secret: what makes it one.
        place: its place is secret; else its value is.
        quote: what must stand around its placeholder: quotes, where a number is replaced by a text.
    """

    start: int
    end: int
    value: bytes
    secret: Secret
    place: bool = True
    quote: bytes = b""

    def moved(self, by: int) -> Find:
        """The same in a text in which this one begins at *by*."""
        return self._replace(start=self.start + by, end=self.end + by)


class Spell:
    """Says what is written for a find.

    Attributes:
        count: how often something else was written than what came.
        style: spells of one style write the same for the same find.
    """

    style = ""

    def __init__(self) -> None:
        self.count = 0

    def written(self, find: Find) -> bytes:
        """What is written for *find*."""
        self.count += 1
        return find.quote + self.text(find) + find.quote

    def text(self, find: Find) -> bytes:
        """What stands for *find*, without quotes."""
        raise NotImplementedError


def merged(*tiers: Iterable[Find]) -> list[Find]:
    """All finds in order and apart from each other.

    Args:
        tiers: the finds of an earlier one keep out what overlaps with them in a later one. Within a tier, those that
            overlap become one.
    """
    kept: list[Find] = []
    for tier in tiers:
        kept = sorted(kept + _clear(_united(tier), kept)) if kept else _united(tier)
    return kept


def _united(tier: Iterable[Find]) -> list[Find]:
    found: list[Find] = []
    for find in sorted(tier, key=lambda one: (one.start, -one.end)):
        if found and find.start < found[-1].end:
            if find.end > found[-1].end:
                found[-1] = found[-1]._replace(end=find.end)
        else:
            found.append(find)
    return found


def _clear(finds: list[Find], taken: list[Find]) -> list[Find]:
    """Those of *finds* that overlap with none of *taken*; both are in order."""
    found: list[Find] = []
    at = 0
    for find in finds:
        while at < len(taken) and taken[at].end <= find.start:
            at += 1
        if at == len(taken) or taken[at].start >= find.end:
            found.append(find)
    return found


def segments(text: bytes, finds: list[Find], spell: Spell) -> list[Segment]:
    """*text* with its *finds*, in order, replaced."""
    found: list[Segment] = []
    at = 0
    for find in finds:
        if find.start > at:
            found.append((find.start - at, text[at : find.start]))
        found.append((find.end - find.start, spell.written(find)))
        at = find.end
    if at < len(text):
        found.append((len(text) - at, text[at:]))
    return found


def joined(pieces: Iterable[Segment]) -> bytes:
    """What is written, in one piece."""
    return b"".join([text for _, text in pieces])
