"""How alike a request and a recorded one are, in a number: exactly, or at a glance for looking through very many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wiretape.proxy.decide.canonical import Canonical
    from wiretape.proxy.decide.urlform import Pairs

_PATH, _METHOD, _HOST, _QUERY, _HEADERS = 0.35, 0.15, 0.05, 0.10, 0.05
BODY: Final = 0.30
"""The most that the body adds to a score."""
UNEQUAL: Final = 0.95
"""What is not equal is never quite alike, even if it has the same segments, pairs or words."""

# How much of a body is read when looking closely; half from its beginning, half from its end.
_LOOK_BYTES = 1024 * 1024
# A body as long as this one is read at a glance by its beginning alone.
SHORT_BYTES: Final = 64 * 1024

# What stands between words in JSON and in forms.
_SPACED = bytes.maketrans(b'"{}[](),:;&=+', b" " * 13)
_EMPTY, _JSON, _MULTIPART, _OTHER = range(4)


class Frame(NamedTuple):
    """A request's canonical form without its body."""

    method: str
    identity: str
    path: str
    query: Pairs
    headers: Pairs


class Glance(NamedTuple):
    """What is seen of a body at a glance.

    Attributes:
        kind: empty, JSON, multipart or something else, by its looks.
        same: a checksum of the bytes that were looked at.
        words: a checksum of each of its words, in no order.
    """

    kind: int
    same: int
    words: Sequence[int]


class Part(NamedTuple):
    """One part of a score: whose likeness, how much of it, and how much there could be."""

    name: str
    score: float
    most: float


def frame_of(form: Canonical) -> Frame:
    """The frame of *form*."""
    return Frame(form.method, form.identity, form.path, form.query, form.headers)


def glance(body: bytes, size: int) -> Glance:
    """See *body*, of which no more than *size* bytes count; of its spellings only JSON's escapes are undone."""
    seen = _seen(body, size)
    if b"\\u" in seen and seen.isascii():
        seen = _unescaped(seen)
    return Glance(_looks(seen), crc32(seen), list(map(crc32, set(seen.translate(_SPACED).split()))))


def _seen(body: bytes, size: int) -> bytes:
    if len(body) <= size:
        return body
    return body[: size // 2] + b" " + body[-(size // 2) :] if len(body) < SHORT_BYTES else body[:size]


def _looks(body: bytes) -> int:
    first = body[:2]
    if first[:1] in b" \t\r\n":
        first = body.lstrip(b" \t\r\n")[:2]
        if not first:
            return _EMPTY
    return _JSON if first[:1] in b"{[" else _MULTIPART if first == b"--" else _OTHER


def _unescaped(body: bytes) -> bytes:
    text = body.decode("raw_unicode_escape", "replace")
    # Characters beyond the basic plane come as two escapes.
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


class Likeness:
    """How alike one request and any other are; what was found out about the one is kept."""

    def __init__(self, asked: Canonical) -> None:
        self._asked = asked
        self._frame = frame_of(asked)
        self._segments = asked.path.split("/")
        self._words: frozenset[bytes] | None = None

    def frame(self, frame: Frame) -> float:
        """The weighted sum of all likenesses but the body's."""
        return 1.0 - BODY if frame == self._frame else sum(self._of_frame(frame))

    def score(self, form: Canonical) -> float:
        """The whole score, as `nearest` states it."""
        return round(self.frame(frame_of(form)) + BODY * self._body(form), 6)

    def parts(self, form: Canonical) -> list[Part]:
        """What the score is the sum of."""
        scores = [*self._of_frame(frame_of(form)), BODY * self._body(form)]
        weights = (_PATH, _METHOD, _HOST, _QUERY, _HEADERS, BODY)
        names = ("path", "method", "host", "query", "headers", "body")
        return [Part(name, round(score, 6), most) for name, score, most in zip(names, scores, weights, strict=True)]

    def _of_frame(self, frame: Frame) -> tuple[float, float, float, float, float]:
        asked = self._frame
        path = 1.0 if frame.path == asked.path else _path_likeness(self._segments, frame.path.split("/"))
        return (
            _PATH * path,
            _METHOD if frame.method == asked.method else 0.0,
            _HOST if frame.identity == asked.identity else 0.0,
            _QUERY if frame.query == asked.query else _QUERY * _pairs_likeness(frame.query, asked.query),
            _HEADERS if frame.headers == asked.headers else _HEADERS * _pairs_likeness(frame.headers, asked.headers),
        )

    def _body(self, form: Canonical) -> float:
        asked = self._asked
        kind = 1.0 if form.body_kind == asked.body_kind else 0.5
        if kind == 1.0 and form.body == asked.body:
            return 1.0
        if self._words is None:
            self._words = _words(asked.body)
        return kind * UNEQUAL * _dice(self._words, _words(form.body))


def _words(body: bytes) -> frozenset[bytes]:
    if len(body) > _LOOK_BYTES:
        body = body[: _LOOK_BYTES // 2] + b" " + body[-(_LOOK_BYTES // 2) :]
    return frozenset(body.translate(_SPACED).split())


def _dice(left: frozenset[object], right: frozenset[object]) -> float:
    total = len(left) + len(right)
    return 2 * len(left & right) / total if total else 1.0


def _pairs_likeness(left: Pairs, right: Pairs) -> float:
    names = _dice(frozenset(name for name, _ in left), frozenset(name for name, _ in right))
    return UNEQUAL * (names + _dice(frozenset(left), frozenset(right))) / 2


def _path_likeness(left: list[str], right: list[str]) -> float:
    # The first segment is the nothing before the first slash.
    size = min(len(left), len(right))
    head = 1
    while head < size and left[head] == right[head]:
        head += 1
    tail = 0
    while tail < size - head and left[-1 - tail] == right[-1 - tail]:
        tail += 1
    return UNEQUAL * (head - 1 + tail) / max(len(left) - 1, len(right) - 1, 1)
