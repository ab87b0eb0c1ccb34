"""What differs between the request that was asked and one that was recorded, for a person to read."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING

import msgspec

from wiretape.proxy.decide.jsondiff import json_differences
from wiretape.proxy.decide.multipart import parts
from wiretape.proxy.decide.pairdiff import multipart_differences, pair_differences
from wiretape.proxy.decide.shown import BEFORE, WIDTH, first_difference, quoted, text, texts
from wiretape.proxy.decide.urlform import pairs
from wiretape.store.wording import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wiretape.proxy.decide.canonical import Canonical
    from wiretape.proxy.decide.shown import Spot


class Difference(msgspec.Struct, frozen=True):
    """One place in which two requests differ.

    Attributes:
        where: a JSON path, or words such as `path`, `query limit`, `part "file" content`.
        recorded: what the recording has there, shortened; None for nothing.
        asked: what the request has there, shortened; None for nothing.
    """

    where: str
    recorded: str | None
    asked: str | None

    def text(self) -> str:
        """The difference in one line: `$.inputs[0].content: recorded "Grüezi", asked "Hallo"`."""
        recorded = "nothing" if self.recorded is None else self.recorded
        asked = "nothing" if self.asked is None else self.asked
        return f"{self.where}: recorded {recorded}, asked {asked}"

    def __str__(self) -> str:
        return self.text()


def differences(recorded: Canonical, asked: Canonical, limit: int = 20) -> list[Difference]:
    """What differs between two requests, no more than *limit*; empty if and only if they are the same request.

    The order is: host, method, path, query by name, headers by name, body. In a JSON body what is nearer to the root
    comes first, then by name and index; form fields come by name, parts in recorded order.
    """
    spots = chain(
        _text_difference("host", recorded.identity, asked.identity),
        _text_difference("method", recorded.method, asked.method),
        _text_difference("path", recorded.path, asked.path),
        pair_differences("query", recorded.query, asked.query),
        pair_differences("header", recorded.headers, asked.headers),
        _body_differences(recorded, asked),
    )
    return [Difference(*spot) for spot in islice(spots, max(limit, 0))]


def _text_difference(where: str, recorded: str, asked: str) -> Iterator[Spot]:
    if recorded != asked:
        yield where, *texts(recorded, asked)


def _body_differences(recorded: Canonical, asked: Canonical) -> Iterator[Spot]:
    ours, theirs = recorded.body, asked.body
    if recorded.body_kind != asked.body_kind:
        yield "body", described(recorded), described(asked)
    elif ours == theirs:
        return
    elif recorded.body_kind == "json":
        yield from json_differences(ours, theirs)
    elif recorded.body_kind == "form":
        yield from pair_differences("form field", pairs(ours), pairs(theirs))
    elif recorded.body_kind == "multipart":
        yield from multipart_differences(ours, theirs)
    else:
        offset = first_difference(ours, theirs)
        yield f"body at byte {offset}", _excerpt(ours, offset), _excerpt(theirs, offset)


def described(form: Canonical) -> str | None:
    """The body of *form* in one short line; None for none."""
    match form.body_kind:
        case "empty":
            return None
        case "multipart":
            return f"multipart of {count(len(parts(form.body)), 'part')}"
        case "bytes":
            return _excerpt(form.body, 0)
        case kind:
            return f"{kind} {text(_readable(form.body[: 4 * WIDTH]))}"


def _excerpt(body: bytes, offset: int) -> str:
    start, end = max(offset - BEFORE, 0), offset + WIDTH - BEFORE
    before, after = "…" if start else "", "…" if end < len(body) else ""
    return f"{len(body)} bytes: {before}{quoted(_readable(body[start:end]))}{after}"


def _readable(body: bytes) -> str:
    return body.decode("utf-8", "surrogateescape")
