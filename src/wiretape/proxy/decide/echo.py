"""Values that a client makes anew for every request and that the answer repeats: replayed as the live request has them.

A request id, a nonce, a client's own message id: they differ in every run, so they do not count in matching, and a
client that looks for its own in the answer finds it.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import parse_qsl

import msgspec

from wiretape.proxy.decide.codings import undone
from wiretape.proxy.decide.jsonform import canonical_json
from wiretape.proxy.decide.jsonpath import values
from wiretape.proxy.decide.rules import compiled
from wiretape.proxy.decide.spelling import Exchange, exchangeable
from wiretape.proxy.decide.unpacking import unpacked
from wiretape.store.interaction import Chunk, header

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wiretape.proxy.decide.jsonpath import Json
    from wiretape.proxy.decide.places import Place
    from wiretape.proxy.decide.rules import Rules
    from wiretape.store.interaction import Headers, Request, ResponseHead

type Values = tuple[tuple[str | None, ...], ...]
"""What stands at each declared place, in the order of the rules; None for what is no text. Hashable."""

# A shorter value may stand in an answer by chance.
LEAST_CHARACTERS: Final = 6
# A longer body is not searched.
LIMIT_BYTES: Final = 8 * 1024 * 1024

# How every placeholder of a secret begins: it stands for no value of the client's.
_PLACEHOLDER = "REDACTED-"
_FRAMING = frozenset({b"content-length", b"content-encoding", b"transfer-encoding", b"connection", b"trailer"})
# What is true of the recorded bytes alone.
_DIGESTS = frozenset({b"content-md5", b"digest", b"content-digest", b"repr-digest"})
_CONTROLS = bytes([*range(32), 127])

_decode = msgspec.json.Decoder().decode


class Served(NamedTuple):
    """An answer as it is to be told: the fields of `Recorded` that an echo may change."""

    head: ResponseHead
    chunks: list[Chunk]
    pieces: Iterable[bytes]


def declared(request: Request, rules: Rules) -> Values:
    """What *request* has at the places that *rules* declare; nothing where they declare none."""
    places = compiled(rules).echo
    if not places:
        return ()
    body = _json(request) if any(place.part == "json" for place in places) else None
    return tuple(tuple(_at(place, request, body)) for place in places)


def _json(request: Request) -> Json:
    """The body as decoded JSON, members sorted, so that values come in the same order from every spelling."""
    coding = b",".join(value for name, value in request.headers if name.lower() == b"content-encoding")
    body = undone(request.body, coding) if coding else request.body
    form = canonical_json(body) if body else None
    return None if form is None else _decode(form)


def _at(place: Place, request: Request, body: Json) -> Iterable[str | None]:
    match place.part:
        case "json":
            return (value if isinstance(value, str) else None for value in values(body, place.path))
        case "query":
            query = request.target.partition("?")[2]
            pairs = parse_qsl(query, keep_blank_values=True, errors="surrogateescape")
            return (_text(value.encode("utf-8", "surrogateescape")) for name, value in pairs if name == place.name)
        case "header":
            name = place.name.encode("utf-8", "replace")
            return (_text(value.strip(b" \t")) for key, value in request.headers if key.lower() == name)


def _text(value: bytes) -> str | None:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None


class Echo:
    """What has to change in one recorded answer for one live request."""

    def __init__(self, recorded: Values, live: Values) -> None:
        """Compare what the recorded request and the live one have at the declared places.

        Values of one place pair in their order. Strings of at least `LEAST_CHARACTERS` characters count; where one
        recorded value stands at several places, the first place decides.
        """
        chosen: dict[str, str] = {}
        for old, new in _pairs(recorded, live):
            chosen.setdefault(old, new)
        self._values: Mapping[str, str] = {old: new for old, new in chosen.items() if old != new}

    @property
    def silent(self) -> bool:
        """Whether nothing has to change, whatever the answer is."""
        return not self._values

    def served(self, head: ResponseHead, chunks: list[Chunk], pieces: Iterable[bytes]) -> Served:
        """A recorded answer with every occurrence of a recorded value exchanged for the live one.

        Where none occurs, and where the body is longer than `LIMIT_BYTES`, the body stays as it is, to the byte. A
        compressed one in which one occurs is told unpacked. What takes an occurrence's place belongs to the chunk in
        which it began; all other chunk boundaries and all times stay.

        Args:
            head: the answer's head.
            chunks: how its body was cut.
            pieces: the body, in whatever pieces; read here unless it is too long.
        """
        if self.silent:
            return Served(head, chunks, pieces)
        headers = self._headers(head.headers)
        size = sum(chunk.size for chunk in chunks)
        told: Iterable[bytes] = pieces
        if 0 < size <= LIMIT_BYTES:
            told = body = list(_cut(b"".join(pieces), chunks))
            new = self._body(body, head.headers)
            if new is not None:
                headers = _resized(headers, size, sum(map(len, new)))
                # No chunk is empty: in the framing of HTTP/1.1 that would be the end.
                filled = [(chunk.at_us, data) for chunk, data in zip(chunks, new, strict=True) if data]
                chunks = [Chunk(at_us, len(data)) for at_us, data in filled]
                told = [data for _, data in filled]
        return Served(msgspec.structs.replace(head, headers=headers), chunks, told)

    def _headers(self, headers: Headers) -> Headers:
        exchange = Exchange(self._values, escaped=False)
        return tuple(
            (name, value if name.lower() in _FRAMING else _safe(exchange.exchanged(value), value))
            for name, value in headers
        )

    def _body(self, chunks: list[bytes], headers: Headers) -> list[bytes] | None:
        """The chunks anew; None where nothing in them changes."""
        plain = unpacked(chunks, header(headers, b"content-encoding"), LIMIT_BYTES)
        if plain is None:
            return None
        body = b"".join(plain)
        exchange = Exchange(self._values, escaped=_is_json(body, header(headers, b"content-type") or b""))
        found = exchange.found(body)
        return _rebuilt(body, [len(chunk) for chunk in plain], found) if found else None


def _pairs(recorded: Values, live: Values) -> Iterable[tuple[str, str]]:
    for olds, news in zip(recorded, live, strict=False):
        for old, new in zip(olds, news, strict=False):
            if old is None or new is None or len(old) < LEAST_CHARACTERS or _PLACEHOLDER in old:
                continue
            if exchangeable(old, new):
                yield old, new


def _is_json(body: bytes, content_type: bytes) -> bool:
    media = content_type.partition(b";")[0].strip().lower()
    return b"json" in media or media == b"text/event-stream" or body.lstrip()[:1] in (b"{", b"[")


def _safe(value: bytes, recorded: bytes) -> bytes:
    """A header's new value, unless that holds what may stand in none: a line break would end the header."""
    return value if value.translate(None, _CONTROLS) == value else recorded


def _cut(body: bytes, chunks: list[Chunk]) -> Iterable[bytes]:
    at = 0
    for chunk in chunks:
        yield body[at : at + chunk.size]
        at += chunk.size


def _rebuilt(body: bytes, sizes: Sequence[int], found: list[tuple[int, int, bytes]]) -> list[bytes]:
    """The chunks of *body*, of those *sizes*, with what was *found* exchanged."""
    ends = list(accumulate(sizes))
    chunks: list[list[bytes]] = [[] for _ in sizes]
    at = 0
    for start, end, new in [*found, (len(body), len(body), b"")]:
        while at < start:
            number = bisect_right(ends, at)
            stop = min(start, ends[number])
            chunks[number].append(body[at:stop])
            at = stop
        if new:
            chunks[bisect_right(ends, start)].append(new)
        at = end
    return [b"".join(parts) for parts in chunks]


def _resized(headers: Headers, before: int, after: int) -> Headers:
    """The headers of a body that is told unpacked and has another size than it *before* had.

    What a broken answer promised and did not give is still promised, so that clients see that it broke.
    """
    found: list[tuple[bytes, bytes]] = []
    for name, value in headers:
        key = name.lower()
        if key == b"content-encoding" or key in _DIGESTS:
            continue
        if key == b"content-length" and value.strip().isdigit():
            found.append((name, b"%d" % (after + max(int(value) - before, 0))))
        else:
            found.append((name, value))
    return tuple(found)
