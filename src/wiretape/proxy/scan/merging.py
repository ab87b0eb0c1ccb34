"""Two sets of redaction rules as one: what the settings say, and what a session was recorded by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from wiretape.proxy.decide.redaction import hook
from wiretape.proxy.decide.redaction.rules import RedactRules, Where

if TYPE_CHECKING:
    from collections.abc import Iterable


def both(one: RedactRules, other: RedactRules) -> RedactRules:
    """What either of the two says; of two functions, the one of *one* that is there, else that of *other*."""
    if one == other:
        return one
    functions = [name for name in (one.callable, other.callable) if name is not None and hook.installed(name)]
    return RedactRules(
        add=_joined(one.add, other.add),
        exempt=_joined(one.exempt, other.exempt),
        replace=tuple(dict.fromkeys((*one.replace, *other.replace))),
        personal=one.personal or other.personal,
        callable=functions[0] if functions else None,
    )


def without_function(rules: RedactRules) -> RedactRules:
    """*rules* without the user's function, which gives other bytes and says nothing of what was secret."""
    return rules if rules.callable is None else msgspec.structs.replace(rules, callable=None)


def _joined(one: Where, other: Where) -> Where:
    def parts(names: Iterable[str], more: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*names, *more)))

    return Where(
        header=parts(one.header, other.header),
        query=parts(one.query, other.query),
        json=parts(one.json, other.json),
        form=parts(one.form, other.form),
        regex=parts(one.regex, other.regex),
    )
