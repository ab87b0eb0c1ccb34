"""What the user wants left out of matching, and which headers are let in."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import msgspec

from wiretape.proxy.decide.jsonpath import Path, compile_path


class Rules(msgspec.Struct, frozen=True):
    """The part of the canonical form that a user may change; stored with the session whose keys it made.

    Attributes:
        ignored_paths: JSON paths taken out of JSON bodies, such as `$.metadata.trace` or `$.inputs[*].id`.
        ignored_query: names of query parameters that do not count.
        headers: names of headers that count, lower case; no header counts without being named.

    Raises:
        ValueError: a path is malformed; the message names it and the position.
    """

    ignored_paths: tuple[str, ...] = ()
    ignored_query: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuses malformed paths here, so that the canonical form can never fail on them."""
        for path in self.ignored_paths:
            compile_path(path)


NO_RULES = Rules()


class Compiled(NamedTuple):
    """Rules made ready for use."""

    paths: tuple[Path, ...]
    query: frozenset[str]
    headers: frozenset[bytes]


@lru_cache(maxsize=128)
def compiled(rules: Rules) -> Compiled:
    """*rules* made ready, once for each set of them."""
    return Compiled(
        paths=tuple(compile_path(path) for path in rules.ignored_paths),
        query=frozenset(rules.ignored_query),
        headers=frozenset(name.lower().encode("utf-8", "replace") for name in rules.headers),
    )
