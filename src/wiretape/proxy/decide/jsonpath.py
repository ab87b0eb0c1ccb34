r"""Ignored JSON paths: a small dialect, compiled when settings are read and applied to decoded JSON.

The dialect, after RFC 9535:

    $.a.b            member `b` of member `a`
    $.a[0]  $.a[-1]  an element, counted from the front or from the back
    $.a[*].b  $.a.*  every element of an array, every member of an object
    $..name          `name` at any depth
    $['odd key']     a member whose name is no plain word; `\` before a quote or a backslash

A path always begins with `$` and names something below it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_WORD = re.compile(r"[^\W\d][\w-]*")
_BRACKET = re.compile(
    r"""\[\s*+(?:(\*)|(-?(?:0|[1-9][0-9]{0,17}))|'((?:[^'\\]|\\['"\\])*+)'|"((?:[^"\\]|\\['"\\])*+)")\s*+\]"""
)
_ESCAPE = re.compile(r"\\(.)")

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None
"""A decoded JSON value."""

type Name = str | int | None
"""A member's name, an element's index, or None for every child."""


class Step(NamedTuple):
    """One step of a path.

    Attributes:
        name: what to look for among the children.
        deep: look at every depth, not only among the direct children.
    """

    name: Name
    deep: bool


type Path = tuple[Step, ...]
type Container = list[Json] | dict[str, Json]
type Child = tuple[Container, str | int, Json]
"""A container, the key or index of one of its children, and that child."""


def compile_path(text: str) -> Path:
    """The steps of the path *text*.

    Raises:
        ValueError: the text is no path of the dialect; the message names the path and the position.
    """
    if not text.startswith("$"):
        raise _malformed(text, 0, "a path begins with $")
    steps: list[Step] = []
    at = 1
    while at < len(text):
        step, at = _step(text, at)
        steps.append(step)
    if not steps:
        raise _malformed(text, at, "$ alone names the whole body")
    return tuple(steps)


def _step(text: str, at: int) -> tuple[Step, int]:
    deep = text.startswith("..", at)
    dot = at + 2 if deep else at + 1
    if text.startswith("[", at) or (deep and text.startswith("[", dot)):
        start = dot if deep else at
        found = _BRACKET.match(text, start)
        if not found:
            raise _malformed(text, start, "expected [*], [number] or ['name']")
        return Step(_bracketed(found), deep), found.end()
    if not text.startswith(".", at):
        raise _malformed(text, at, "expected . or [")
    if text.startswith("*", dot):
        return Step(None, deep), dot + 1
    word = _WORD.match(text, dot)
    if not word:
        raise _malformed(text, dot, "expected a name (an odd one goes into ['…'])")
    return Step(word.group(), deep), word.end()


def _bracketed(found: re.Match[str]) -> Name:
    star, number, single, double = found.groups()
    if star:
        return None
    if number is not None:
        return int(number)
    return _ESCAPE.sub(r"\1", single if single is not None else double)


def _malformed(text: str, at: int, why: str) -> ValueError:
    return ValueError(f"path {text!r} is malformed at position {at}: {why}")


def remove(value: Json, paths: tuple[Path, ...]) -> None:
    """Takes away everything that *paths* name from the decoded JSON *value*, in place.

    All paths are looked up before anything goes, so that the index in one path does not move because of another.
    """
    doomed: dict[int, tuple[Container, set[str | int]]] = {}
    for path in paths:
        for container, key, _ in _targets(value, path):
            doomed.setdefault(id(container), (container, set()))[1].add(key)
    for container, keys in doomed.values():
        if isinstance(container, dict):
            kept = {key: item for key, item in container.items() if key not in keys}
            container.clear()
            container.update(kept)
        else:
            container[:] = [item for index, item in enumerate(container) if index not in keys]


def values(value: Json, path: Path) -> list[Json]:
    """Everything that *path* names in the decoded JSON *value*, in the order in which it stands there."""
    return [child for _, _, child in _targets(value, path)]


def _targets(value: Json, path: Path) -> list[Child]:
    nodes = [value]
    found: list[Child] = []
    for step in path:
        found = [child for container in _reached(nodes, step) for child in _children(container, step.name)]
        nodes = [child for _, _, child in found]
    return found


def _reached(nodes: list[Json], step: Step) -> Iterable[Container]:
    return _containers(nodes) if step.deep else (node for node in nodes if isinstance(node, dict | list))


def _children(container: Container, name: Name) -> Iterator[Child]:
    if isinstance(container, dict):
        if name is None:
            yield from ((container, key, item) for key, item in container.items())
        elif isinstance(name, str) and name in container:
            yield container, name, container[name]
    elif name is None:
        yield from ((container, index, item) for index, item in enumerate(container))
    elif isinstance(name, int) and -len(container) <= name < len(container):
        yield container, name % len(container), container[name]


def _containers(nodes: list[Json]) -> list[Container]:
    # Each one once: several `..` in one path would otherwise visit a deep tree again from every level.
    seen: set[int] = set()
    found: list[Container] = []
    waiting = nodes[::-1]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict | list) and id(node) not in seen:
            seen.add(id(node))
            found.append(node)
            waiting.extend(reversed(node.values()) if isinstance(node, dict) else reversed(node))
    return found
