"""Answers of all other endpoints: ids, cursors, the state of jobs, by what the route table knows of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wiretape.store.aitronos.wire import id_text, whole
from wiretape.store.aitronos.words import Paging

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wiretape.store.aitronos.routes import Route
    from wiretape.store.aitronos.wire import Json
    from wiretape.store.aitronos.words import Reading

CAP: Final = 1000
"""Most ids of listed items that are kept."""

# What to look for where the table knows no type of the answer.
_USUAL_IDS: Final = ("id", "job_id", "thread_id", "data[].id")
_USUAL_PAGING: Final = ("first_id", "last_id", "next_cursor", "has_more", "hasMore", "total", "limit", "offset", "page")
_USUAL_STATUS: Final = ("status", "processing_status")


def tell_answer(node: Json, route: Route | None, reading: Reading) -> None:
    """Puts ids, paging and status of an answer into *reading*."""
    untyped = route is None or route.answer == "any"
    ids = (route.ids if route else ()) or (_USUAL_IDS if untyped else ())
    paging = (route.paging if route else ()) or (_USUAL_PAGING if untyped else ())
    status = (route.status if route else ()) or (_USUAL_STATUS if untyped else ())
    _tell_ids(node, ids, reading)
    _tell_paging(node, paging, reading)
    for path in status:
        for value in _at(node, path.split(".")):
            reading.status = reading.status or id_text(value)


def _tell_ids(node: Json, paths: Iterable[str], reading: Reading) -> None:
    ids = dict(reading.ids)
    for path in paths:
        values = [text for text in map(id_text, _at(node, path.split("."))) if text is not None]
        if "[]" in path:
            reading.listed = [*reading.listed, *values][:CAP]
        elif values:
            ids[path] = values[0]
    reading.ids = ids
    if reading.family == "threads" and "id" in ids:
        ids.setdefault("thread_id", ids["id"])
    reading.thread_id = ids.get("thread_id") or reading.thread_id


def _tell_paging(node: Json, paths: Iterable[str], reading: Reading) -> None:
    paging = Paging()
    for path in paths:
        name = path.rpartition(".")[2]
        for value in _at(node, path.split(".")):
            if isinstance(value, bool):
                paging.has_more = value
            elif (number := whole(value)) is not None:
                paging.counts[name] = number
            elif isinstance(value, str):
                paging.cursors[name] = value
    if paging.cursors or paging.counts or paging.has_more is not None:
        reading.paging = paging


def _at(node: Json, steps: list[str]) -> Iterable[Json]:
    """The values that a path leads to: one, or with `[]` one for each item of a list."""
    if not steps:
        yield node
        return
    step = steps[0]
    name = step.removesuffix("[]")
    if name:
        node = node.get(name) if isinstance(node, dict) else None
    if not step.endswith("[]"):
        if node is not None:
            yield from _at(node, steps[1:])
    elif isinstance(node, list):
        for item in node:
            yield from _at(item, steps[1:])
