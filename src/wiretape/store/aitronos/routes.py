"""Which endpoint a request goes to: all operations of the SDKs 5.0.0 and 0.8.178, and the paths of older clients.

The table is `operations.tsv` beside this file, one operation a line: family, method, path template, operation, what the
answer is (json, any, text, binary, sse, none), the paths in the answer to ids, to paging words, to a status, and who
names it. Paths and words come from the SDKs' clients and response types; a row of another source is named by it.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import unquote

# A path parameter that takes the rest of the path, slashes included.
_REST: Final = "{file_path}"
_ANY: Final = "{}"
_REMEMBERED: Final = 1024


class _Node:
    """One place in the table's tree: what may follow, and the lines that end here, by method."""

    __slots__ = ("below", "lines")

    def __init__(self) -> None:
        self.below: dict[str, _Node] = {}
        self.lines: dict[str, str] = {}


class Route(NamedTuple):
    """One operation of the API.

    Attributes:
        family: group of operations, by the SDK's module; `responses` are those a model answers at.
        method: upper case.
        template: the path, `{name}` for what varies.
        operation: the method's name in the SDK.
        answer: what the body of a good answer is.
        ids: paths to ids, `data[].id` for each item of a list.
        paging: paths to cursors and counts.
        status: paths to the state of a job.
        source: `5.0`, `0.8`, or where else it is named.
    """

    family: str
    method: str
    template: str
    operation: str
    answer: str
    ids: tuple[str, ...]
    paging: tuple[str, ...]
    status: tuple[str, ...]
    source: str


class Match(NamedTuple):
    """A route, and what its template's names stand for in one path."""

    route: Route
    params: dict[str, str]


@functools.lru_cache(maxsize=_REMEMBERED)
def match(method: str, path: str) -> Match | None:
    """The route of a request, or None. The result is shared: do not change it.

    A prefix before `/v1/` (a base address may have one) is passed over where the whole path is no route.
    """
    method = method.upper()
    found = _found(method, path)
    start = path.find("/v1/", 1)
    while found is None and start > 0:
        found = _found(method, path[start:])
        start = path.find("/v1/", start + 1)
    return found


@functools.cache
def operations() -> tuple[Route, ...]:
    """The whole table, in its order."""
    return tuple(_route(line) for line in _lines())


def _lines() -> list[str]:
    table = Path(__file__).with_name("operations.tsv").read_text(encoding="utf-8")
    return table.splitlines()[1:]


def _route(line: str) -> Route:
    family, method, template, operation, answer, ids, paging, status, source = line.split("\t")
    paths = (tuple(ids.split()), tuple(paging.split()), tuple(status.split()))
    return Route(family, method, template, operation, answer, *paths, source)


@functools.cache
def _root() -> _Node:
    """The table by path segment. Its lines are taken apart only when asked for."""
    root = _Node()
    for line in _lines():
        _, method, template, _ = line.split("\t", 3)
        node = root
        for segment in _segments(template):
            key = _ANY if segment.startswith("{") and segment != _REST else segment
            below = node.below.get(key)
            if below is None:
                below = node.below[key] = _Node()
            node = below
        node.lines[method] = line
    return root


def _found(method: str, path: str) -> Match | None:
    segments = _segments(path)
    line = _walk(_root(), segments, 0, method)
    if line is None and method == "HEAD":
        line = _walk(_root(), segments, 0, "GET")
    return None if line is None else _match(_route(line), segments)


def _walk(node: _Node, segments: list[str], at: int, method: str) -> str | None:
    """The line of a path, a literal segment before one that varies; a dead end steps back."""
    if at == len(segments):
        return node.lines.get(method)
    for key in (segments[at], _ANY):
        below = node.below.get(key)
        line = _walk(below, segments, at + 1, method) if below else None
        if line is not None:
            return line
    rest = node.below.get(_REST)
    return rest.lines.get(method) if rest else None


def _match(route: Route, segments: list[str]) -> Match:
    params: dict[str, str] = {}
    for index, name in enumerate(_segments(route.template)):
        if name == _REST:
            params[name[1:-1]] = _plain("/".join(segments[index:]))
        elif name.startswith("{"):
            params[name[1:-1].rstrip("_")] = _plain(segments[index])
    return Match(route, params)


def _plain(segment: str) -> str:
    """Without percent-encoding, and without what no database could store."""
    return unquote(segment).encode("utf-8", "replace").decode()


def _segments(path: str) -> list[str]:
    """The parts between slashes; one slash at the end makes no difference."""
    return path.removesuffix("/").split("/")[1:]
