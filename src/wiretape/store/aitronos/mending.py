"""A body that breaks its shape in one place is read without that place, instead of not at all."""

from __future__ import annotations

import re

import msgspec

from wiretape.store.aitronos.wire import Json, decoder, tree

_MOST = 32
_WHERE = re.compile(r" - at `(?:key` in `)?(\$[^`]*)`\Z")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")


def mended[T](body: bytes, type_: type[T]) -> tuple[T | None, list[str]]:
    """*body* as *type_* without what does not fit, and what that was; None where the whole does not fit.

    Raises:
        msgspec.DecodeError: it is no JSON.
    """
    node = tree(body)
    complaints: list[str] = []
    while len(complaints) < _MOST:
        try:
            return decoder(type_).decode(msgspec.json.encode(node)), complaints
        except msgspec.ValidationError as error:
            complaints.append(str(error))
            if not _dropped(node, str(error)):
                break
    return None, complaints


def _dropped(node: Json, complaint: str) -> bool:
    """Whether the place that *complaint* names could be taken out of *node*."""
    where = _WHERE.search(complaint)
    if where is None:
        return False
    steps: list[str | int] = []
    for name, index in _STEP.findall(where[1]):
        if index == "...":
            # Some value of a map, which one is not said: the map goes.
            break
        steps.append(name or int(index))
    return bool(steps) and _drop(node, steps)


def _drop(node: Json, steps: list[str | int]) -> bool:
    for step in steps[:-1]:
        node = _below(node, step)
    last = steps[-1]
    if (isinstance(node, dict) and isinstance(last, str) and last in node) or (
        isinstance(node, list) and isinstance(last, int) and last < len(node)
    ):
        del node[last]  # type: ignore[arg-type]
        return True
    return False


def _below(node: Json, step: str | int) -> Json:
    if isinstance(node, dict) and isinstance(step, str):
        return node.get(step)
    if isinstance(node, list) and isinstance(step, int) and step < len(node):
        return node[step]
    return None
