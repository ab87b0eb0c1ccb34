"""What the user wants left out of matching, and which headers are let in."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import msgspec

from wiretape.proxy.decide.jsonpath import Path, compile_path
from wiretape.proxy.decide.places import Place, compile_place
from wiretape.proxy.decide.redaction.rules import NO_REDACT_RULES, RedactRules
from wiretape.proxy.decide.redaction.vocabulary import Vocabulary, vocabulary
from wiretape.proxy.decide.userhook import check_name


class Rules(msgspec.Struct, frozen=True):
    """The part of the canonical form that a user may change; stored with the session whose keys it made.

    Attributes:
        ignored_paths: JSON paths taken out of JSON bodies, such as `$.metadata.trace` or `$.inputs[*].id`.
        ignored_query: names of query parameters that do not count.
        headers: names of headers that count, lower case; no header counts without being named.
        echo: places whose values the answer repeats, see `places`; they do not count.
        canonicaliser: the user's function that has the last say, as `package.module:function`, see `userhook`.
        redact: what is secret besides the API's secrets, or is not; keys hold the classes of secrets.

    Raises:
        ValueError: a path, a place or the function's name is malformed; the message names it.
    """

    ignored_paths: tuple[str, ...] = ()
    ignored_query: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    echo: tuple[str, ...] = ()
    canonicaliser: str | None = None
    redact: RedactRules = NO_REDACT_RULES

    def __post_init__(self) -> None:
        """Refuses what is malformed here, so that the canonical form can never fail on it."""
        for path in self.ignored_paths:
            compile_path(path)
        for place in self.echo:
            compile_place(place)
        if self.canonicaliser is not None:
            check_name(self.canonicaliser)


NO_RULES = Rules()


class Compiled(NamedTuple):
    """Rules made ready for use; what is echoed is among what does not count."""

    paths: tuple[Path, ...]
    query: frozenset[str]
    headers: frozenset[bytes]
    echo: tuple[Place, ...]
    canonicaliser: str | None
    words: Vocabulary


@lru_cache(maxsize=128)
def compiled(rules: Rules) -> Compiled:
    """*rules* made ready, once for each set of them."""
    echo = tuple(compile_place(place) for place in rules.echo)
    paths = [compile_path(path) for path in rules.ignored_paths] + [place.path for place in echo if place.path]
    echoed = {place.name for place in echo if place.part == "header"}
    return Compiled(
        paths=tuple(paths),
        query=frozenset(rules.ignored_query) | {place.name for place in echo if place.part == "query"},
        headers=frozenset(
            name.lower().encode("utf-8", "replace") for name in rules.headers if name.lower() not in echoed
        ),
        echo=echo,
        canonicaliser=rules.canonicaliser,
        words=vocabulary(rules.redact),
    )
