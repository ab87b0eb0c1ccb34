"""What a scan finds: where something secret stands and what it looks like, never the secret itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wiretape.proxy.decide.redaction.finds import Find
    from wiretape.proxy.decide.redaction.text import Scope

    type Finder = Callable[[bytes, Scope], list[Find]]
    """Finds the secrets that redaction knows in a text."""

    type Locator = Callable[[bytes, int], str]
    """Says where in a text an offset is, in words that go behind those of the text's place."""

    type Detector = Callable[[bytes], Iterable[Hit]]
    """Finds secrets in a text by what they look like."""

_SHOWN: Final = 4
# Of a shorter secret four characters would be too much of it.
_SHOWN_FROM: Final = 16

HIDDEN: Final = "…"
"""What stands in a place's words for something secret in them."""


class Hit(NamedTuple):
    """Something secret in a text.

    Attributes:
        start: offset of its first byte.
        end: offset behind its last one.
        value: the secret.
        kind: what kind of secret.
        by: what found it: `place`, `value`, `entropy`, `detect-secrets`.
    """

    start: int
    end: int
    value: bytes
    kind: str
    by: str


class Unit(NamedTuple):
    """A text to be looked at as a whole.

    Attributes:
        where: the interaction it belongs to, as SESSION/POSITION, or the session; None for the file.
        place: where in it, in words.
        text: its bytes.
        finder: what redaction looks for in it; None: nothing but what looks secret anywhere.
        locate: tells places within it apart.
        cut: it is no whole text, so that what stands before something says nothing.
    """

    where: str | None
    place: str
    text: bytes
    finder: Finder | None
    locate: Locator | None = None
    cut: bool = False


class Finding(msgspec.Struct, kw_only=True):
    """A secret that slipped through.

    Attributes:
        file: where it was found.
        interaction: SESSION/POSITION, or the session's name; None where it belongs to no interaction.
        place: where in it, such as `response body $.token`.
        kind: what kind of secret.
        by: what found it.
        start: its first characters, four at most, none of a short one.
        length: its bytes.
        times: how often it stands there.
        fingerprint: by which a baseline knows it; None without one.
    """

    file: str
    interaction: str | None
    place: str
    kind: str
    by: str
    start: str
    length: int
    times: int = 1
    fingerprint: str | None = None


def beginning(value: bytes) -> str:
    """As much of a secret as may be shown."""
    if len(value) < _SHOWN_FROM:
        return ""
    text = value[:_SHOWN].decode("ascii", "replace")
    return "".join(char if char.isprintable() and char.isascii() else HIDDEN for char in text)
