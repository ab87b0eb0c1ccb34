"""One interaction as a person reads it: what was asked, what was understood of the answer, how it came."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from rich.console import Group
from rich.markup import escape
from rich.syntax import Syntax
from rich.text import Text

from wiretape.cli.output import duration, size
from wiretape.store.encoding import Undecodable, decoded
from wiretape.store.interaction import header
from wiretape.store.wording import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from wiretape.store.cassette import Cassette
    from wiretape.store.interaction import Chunk, Headers, Interaction

# More of a body than this belongs into a pager: `show ID --body response | less`.
_SHOWN_BYTES = 8_192
_TIMELINE = 60
_NAMES = ("text", "reasoning", "refusal", "stop_reason", "model", "thread_id", "response_id")


def portrait(opened: Cassette, found: Interaction) -> Group:
    """Everything about *found*, top to bottom."""
    return Group(*_parts(opened, found))


def _parts(opened: Cassette, found: Interaction) -> Iterator[RenderableType]:
    request = opened.request(found.id)
    yield Text.from_markup(f"[bold]{escape(found.method)} {escape(found.url)}[/]")
    yield Text(f"interaction {found.id}, {found.session}/{found.position}, {found.started_at}", style="dim")
    yield Text()
    yield from _message(f"{found.method} {found.target} {request.http_version}", request.headers, request.body)
    response = opened.response(found.id)
    yield Text()
    if response is None:
        yield Text(f"no answer: {found.problem or found.ended}", style="red")
        return
    head = response.head
    yield from _message(f"{head.http_version} {head.status} {head.reason}", head.headers, response.body)
    yield Text()
    yield from _timing(found, opened.chunks(found.id))
    yield from _reading(msgspec.json.decode(opened.reading_details(found.id)))


def _message(start: str, headers: Headers, body: bytes) -> Iterator[RenderableType]:
    yield Text(start, style="bold cyan")
    for name, value in headers:
        yield Text.assemble((name.decode("latin-1"), "cyan"), ": ", value.decode("latin-1"))
    if body:
        yield Text()
        yield _body(headers, body)


def _body(headers: Headers, body: bytes) -> RenderableType:
    try:
        plain = decoded(body, header(headers, b"content-encoding"))
        text = plain[: 2 * _SHOWN_BYTES].decode("utf-8", "strict" if len(plain) <= _SHOWN_BYTES else "ignore")
    except (Undecodable, UnicodeDecodeError):
        return Text(f"({size(len(body))} of binary data)", style="dim")
    if len(plain) > _SHOWN_BYTES:
        rest = Text(f"\n… {size(len(plain) - _SHOWN_BYTES)} more; --body prints all", style="dim")
        return Text(text[:_SHOWN_BYTES]) + rest
    try:
        pretty = msgspec.json.format(plain, indent=2).decode()
    except msgspec.DecodeError:
        return Text(text)
    return Syntax(pretty, "json", background_color="default", word_wrap=True)


def _timing(found: Interaction, chunks: list[Chunk]) -> Iterator[RenderableType]:
    how = found.ended or "going on"
    facts = f"{found.kind}, {size(found.response_bytes)} in {count(found.chunk_count, 'chunk')}, {how}"
    facts += f", first byte after {duration(found.first_byte_us)}, end after {duration(found.duration_us)}"
    yield Text(facts, style="red" if how != "complete" else "green")
    if found.problem:
        yield Text(found.problem, style="red")
    if len(chunks) > 1:
        yield Text(_timeline(chunks), style="dim")


def _timeline(chunks: list[Chunk]) -> str:
    """Where on the way from the first chunk to the last bytes came: more bytes, a taller mark."""
    first, last = chunks[0].at_us, chunks[-1].at_us
    sums = [0] * _TIMELINE
    for chunk in chunks:
        sums[(chunk.at_us - first) * (_TIMELINE - 1) // max(last - first, 1)] += chunk.size
    tallest = max(sums)
    marks = "▁▂▃▄▅▆▇█"
    line = "".join(marks[(value * (len(marks) - 1)) // tallest] if value else "·" for value in sums)
    return f"{duration(first)} {line} {duration(last)}"


def _reading(reading: dict[str, object]) -> Iterator[RenderableType]:
    rows = [(name, reading[name]) for name in _NAMES if reading.get(name)]
    others = ("tool_calls", "usage", "error", "problem")
    rows += [(name, msgspec.json.encode(reading[name]).decode()) for name in others if reading.get(name)]
    if rows:
        yield Text()
        yield Text("understood", style="bold")
    for name, value in rows:
        yield Text.assemble((name, "cyan"), ": ", str(value))
