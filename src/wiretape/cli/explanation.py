"""What `explain` says: the same facts as lines for people and as JSON for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from rich.text import Text

from wiretape.cli.interactions import facts
from wiretape.cli.output import console, size
from wiretape.proxy.decide.multipart import parts
from wiretape.proxy.decide.shown import named, quoted, visible
from wiretape.proxy.decide.urlform import pairs
from wiretape.store.wording import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wiretape.proxy.decide.canonical import Canonical
    from wiretape.proxy.decide.difference import Difference
    from wiretape.proxy.decide.urlform import Pairs
    from wiretape.proxy.explaining import Asked, Explanation, Near, Session
    from wiretape.store.interaction import Interaction

# More of a body than this belongs into a file.
_SHOWN_CHARACTERS = 4_096
_LABEL = 10


class Told(msgspec.Struct, frozen=True):
    """What is said.

    Attributes:
        lines: for people; one that begins with `#` is a heading.
        facts: for programs.
    """

    lines: list[str]
    facts: dict[str, object]


def write(lines: Iterable[str]) -> None:
    """Print *lines*, headings in bold."""
    printer = console()
    for line in lines:
        text = Text(line.removeprefix("# "), "bold" if line.startswith("# ") else "")
        printer.print(text, soft_wrap=True)


def explanation(found: Explanation, origin: str, session: Session, itself: Interaction | None) -> Told:
    """What is said of one request.

    Args:
        found: all that there is to say.
        origin: where the request comes from.
        session: the session that was looked in.
        itself: the interaction that the request is of, where it is one of the same cassette.
    """
    lines = [*_head(found.asked, origin), "", *_form(found), ""]
    if found.matches:
        times = len(found.matches)
        often, order = ("once", "") if times == 1 else (f"{times} times", ", answered in this order")
        lines.append(f"# matches: recorded {often} in session {session.name!r}{order}")
        lines += [f"  {_interaction(match)}{_mark(match, itself)}" for match in found.matches]
    else:
        lines.append(f"# matches nothing in session {session.name!r} ({count(session.size, 'interaction')})")
        for near in found.nearest:
            lines += ["", *_near(near)]
    return Told(lines, _facts(found, origin, session))


def comparison(near: Near, asked: Asked, origin: str, other: str) -> Told:
    """What is said of one request and one recorded interaction."""
    lines = [*_head(asked, origin), "", f"# compared with {_interaction(near.interaction)}"]
    lines += [f"  score {_score(near)}", *(f"  {text}" for text in _differences(near))]
    if not near.differences:
        lines.append("  the same request: both have the same key")
    return Told(lines, {"request": _request(asked, origin), "with": other, **_near_facts(near)})


def _head(asked: Asked, origin: str) -> list[str]:
    return [f"# {asked.request.method} {asked.url}", f"  {origin}"]


def _form(found: Explanation) -> Iterator[str]:
    form = found.form
    yield "# as it is matched"
    yield _labelled("host", found.asked.known)
    yield _labelled("method", form.method)
    yield _labelled("path", form.path)
    yield from _pairs("query", form.query)
    yield from _pairs("headers", form.headers, none="none count")
    yield from _body(form)
    for place in found.left_out:
        text = f"{place.where}, which was {place.recorded}" if place.asked is None else place.text()
        yield _labelled("by rule", text if place.asked is None else _added(place))
    yield _labelled("key", found.key)


def _added(place: Difference) -> str:
    if place.recorded is None:
        return f"{place.where} counts"
    return f"{place.where}: {place.recorded} became {place.asked}"


def _labelled(label: str, text: str) -> str:
    return f"  {label:<{_LABEL}}{text}"


def _pairs(label: str, found: Pairs, none: str = "none") -> Iterator[str]:
    if not found:
        yield _labelled(label, none)
    for number, (name, value) in enumerate(found):
        yield _labelled("" if number else label, f"{named(name)} = {quoted(value)}")


def _body(form: Canonical) -> Iterator[str]:
    match form.body_kind:
        case "empty":
            yield _labelled("body", "none")
        case "form":
            yield from _pairs("body", tuple(pairs(form.body)), none="a form without fields")
        case "multipart":
            yield from _multipart(form.body)
        case "json":
            yield _labelled("body", f"JSON, {size(len(form.body))} in this spelling:")
            yield from _indented(form.body.decode("utf-8", "surrogateescape"))
        case _:
            yield _labelled("body", f"{size(len(form.body))}, matched byte by byte:")
            yield from _indented(form.body[: 4 * _SHOWN_CHARACTERS].decode("utf-8", "surrogateescape"))


def _indented(text: str) -> Iterator[str]:
    yield _labelled("", visible(text[:_SHOWN_CHARACTERS]))
    if len(text) > _SHOWN_CHARACTERS:
        yield _labelled("", "… --json has all of it")


def _multipart(body: bytes) -> Iterator[str]:
    found = parts(body)
    yield _labelled("body", f"multipart of {count(len(found), 'part')}, in this order:")
    for part in found:
        name = "without a name" if part.name is None else quoted(part.name)
        yield _labelled("", f"{name}: {size(part.size)}, BLAKE2b {part.digest.hex()}")
        for key, value in part.headers:
            yield _labelled("", f"  {key.decode('latin-1')}: {visible(value.decode('utf-8', 'surrogateescape'))}")


def _near(near: Near) -> Iterator[str]:
    yield f"# nearest: {_interaction(near.interaction)}"
    yield f"  score {_score(near)}"
    yield from (f"  {text}" for text in _differences(near))


def _score(near: Near) -> str:
    told = ", ".join(f"{part.name} {part.score:.2f} of {part.most:.2f}" for part in near.parts)
    return f"{near.score:.3f}: {told}"


def _differences(near: Near) -> Iterator[str]:
    if near.interaction.status is None:
        yield f"recorded without an answer: {near.interaction.problem or near.interaction.ended}"
    for difference in near.differences:
        yield difference.text()


def _interaction(found: Interaction) -> str:
    status = "no answer" if found.status is None else f"{found.status} {found.kind or ''}".strip()
    return f"{found.session}/{found.position} {found.method} {found.path} ({status}, {size(found.response_bytes)})"


def _mark(found: Interaction, itself: Interaction | None) -> str:
    return "  this one" if itself is not None and itself.id == found.id else ""


def _request(asked: Asked, origin: str) -> dict[str, object]:
    request = asked.request
    return {
        "origin": origin,
        "method": request.method,
        "url": asked.url,
        "headers": [(n.decode("latin-1"), v.decode("latin-1")) for n, v in request.headers],
        "body_bytes": len(request.body),
    }


def _facts(found: Explanation, origin: str, session: Session) -> dict[str, object]:
    form = found.form
    body: object = form.body.decode("utf-8", "backslashreplace")
    if form.body_kind == "multipart":
        body = [
            {
                "name": part.name,
                "headers": [(n.decode("latin-1"), v.decode("utf-8", "backslashreplace")) for n, v in part.headers],
                "bytes": part.size,
                "blake2b": part.digest.hex(),
            }
            for part in parts(form.body)
        ]
    return {
        "request": _request(found.asked, origin),
        "form": {
            "method": form.method,
            "identity": form.identity,
            "path": form.path,
            "query": _plain(form.query),
            "headers": _plain(form.headers),
            "body_kind": form.body_kind,
            "body": body,
        },
        "by_rule": [msgspec.structs.asdict(place) for place in found.left_out],
        "key": found.key,
        "session": session.name,
        "matches": [facts(match) for match in found.matches],
        "nearest": [_near_facts(near) for near in found.nearest],
    }


def _near_facts(near: Near) -> dict[str, object]:
    return {
        "interaction": facts(near.interaction),
        "score": near.score,
        "parts": {part.name: part.score for part in near.parts},
        "differences": [msgspec.structs.asdict(difference) for difference in near.differences],
    }


def _plain(found: Pairs) -> list[tuple[str, str]]:
    return [(visible(name), visible(value)) for name, value in found]
