"""Looks that are not repeated: what was harmless counts as harmless only as long as nothing was learnt since."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wiretape.proxy.decide.redact import Memory, Redactor, RedactRules
from wiretape.proxy.decide.redaction.rules import NO_REDACT_RULES, Where
from wiretape.proxy.decide.redaction.text import Scope
from wiretape.proxy.decide.redaction.vocabulary import vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable

VALUE = b"s0me-1ong-and-secret-va1ue"
TEXT = b"see " + VALUE


class Meanwhile(Memory):
    """A memory that learns something just after it was asked for the first time, as from another thread."""

    def __init__(self) -> None:
        super().__init__()
        self.scope = Scope(vocabulary(NO_REDACT_RULES), self)
        self._asked = False

    def knows(self, text: bytes, spelled: bytes | None = None) -> bool:
        """What was known when it was asked."""
        found = super().knows(text, spelled)
        self._meanwhile()
        return found

    def may_know(self, words: bytes, least: int) -> bool:
        """The same."""
        found = super().may_know(words, least)
        self._meanwhile()
        return found

    def _meanwhile(self) -> None:
        if not self._asked:
            self._asked = True
            self.learn(VALUE, "key")
            self.scope.notable(b"another text")


@pytest.mark.parametrize("look", [Scope.notable, Scope.suspicious_whole], ids=["short", "whole"])
def test_what_is_learnt_meanwhile(look: Callable[[Scope, bytes], bool]) -> None:
    """A text that was looked at without it is looked at again: a miss is explained in a thread of its own."""
    scope = Meanwhile().scope
    assert not look(scope, TEXT)
    assert look(scope, TEXT)


@pytest.mark.parametrize("look", [Scope.notable, Scope.suspicious_whole], ids=["short", "whole"])
def test_what_is_learnt_later(look: Callable[[Scope, bytes], bool]) -> None:
    """The same in one thread; what another session learns does not count."""
    mine, other = (Scope(vocabulary(NO_REDACT_RULES), Memory()) for _ in range(2))
    assert not look(mine, TEXT)
    other.memory.learn(VALUE, "key")
    assert not look(mine, TEXT)
    mine.memory.learn(VALUE, "key")
    assert look(mine, TEXT)


def test_rules_that_change() -> None:
    """A text is looked at again by the new ones."""
    redactor = Redactor()
    assert redactor.target("/v1/x?hue=red") == "/v1/x?hue=red"
    redactor.rules = RedactRules(add=Where(regex=("red",), query=("size",)))
    assert redactor.target("/v1/x?hue=red") == "/v1/x?hue=REDACTED-secret-1"
    redactor.rules = NO_REDACT_RULES
    assert redactor.target("/v1/y?hue=red") == "/v1/y?hue=red"


def test_many_texts() -> None:
    """What comes from outside is not remembered without end."""
    scope = Scope(vocabulary(NO_REDACT_RULES), Memory())
    for number in range(10_000):
        assert not scope.notable(b"/v1/files/%d" % number)
    assert len(scope._plain) <= 4096  # pyright: ignore[reportPrivateUsage] - nothing else shows it
