"""JSON as this API writes it: compact, raw UTF-8; and read as tolerantly as a stand-in should."""

from __future__ import annotations

import json
from typing import Any, TypeGuard, cast

type Json = dict[str, Any]
"""A JSON object."""


def dumps(value: Any) -> bytes:
    """Compact UTF-8, or ASCII escapes where the text holds a lone surrogate, which UTF-8 cannot carry."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def loads(body: bytes) -> Any:
    """The value that a body holds, or None where it is no JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def as_object(value: Any) -> Json:
    """The value if it is an object, else an empty one."""
    return cast("Json", value) if isinstance(value, dict) else {}


def _is_array(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def as_list(value: Any) -> list[Any]:
    """The value if it is an array, else an empty one."""
    return value if _is_array(value) else []


def strings(value: Any) -> list[str]:
    """Every string value inside a JSON value, keys left out, in document order."""
    if isinstance(value, str):
        return [value]
    children = [*as_object(value).values(), *as_list(value)]
    return [found for child in children for found in strings(child)]
