"""What a person may do about a difference that is no real one: a moment, a random id, a number of this machine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wiretape.store.aitronos.volatile import REQUEST_FIELDS, REQUEST_QUERY, TIME_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wiretape.proxy.decide.difference import Difference

_UUID = r'"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"'
_MOMENT = r'"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*"'
_EPOCH = r'"?1[5-9]\d{8}(?:\d{3}|\d{6}|\.\d+)?"?'
_VOLATILE_VALUE = re.compile(f"{_UUID}|{_MOMENT}|{_EPOCH}")
_NAME = re.compile(r"\.([^\W\d][\w-]*)")
_INDEX = re.compile(r"\[\d+\]")
_QUERY = "query "


def rules_against(differences: Iterable[Difference]) -> tuple[tuple[str, str], ...] | None:
    """The rules that would leave all *differences* out of matching, each as an option and its value.

    None unless every one of them looks as if it differed from one run to the next: by the name of its field, or because
    both values are a UUID or a moment.
    """
    rules: dict[tuple[str, str], None] = {}
    for difference in differences:
        rule = _rule(difference)
        if rule is None:
            return None
        rules[rule] = None
    return tuple(rules) or None


def _rule(difference: Difference) -> tuple[str, str] | None:
    where = difference.where
    looks_so = all(_VOLATILE_VALUE.fullmatch(value or "") for value in (difference.recorded, difference.asked))
    if where.startswith("$"):
        if looks_so or not (REQUEST_FIELDS | TIME_FIELDS).isdisjoint(_NAME.findall(where)):
            return "--ignore", _INDEX.sub("[*]", where)
    elif where.startswith(_QUERY):
        name = where[len(_QUERY) :]
        if (looks_so or name in REQUEST_QUERY) and '"' not in name:
            return "--ignore-query", name
    return None
