"""A request as its match key sees it: each secret is its class, whatever its value, and so is what stands for one.

The request that comes in a replay and the one that was stored give the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from wiretape.proxy.decide.codings import undone
from wiretape.proxy.decide.redaction.addresses import target_finds
from wiretape.proxy.decide.redaction.bodies import Body, redacted
from wiretape.proxy.decide.redaction.finds import Find, Spell, joined, segments
from wiretape.proxy.decide.redaction.headers import header_finds
from wiretape.proxy.decide.redaction.memory import Memory
from wiretape.proxy.decide.redaction.placeholders import KEYED, MARK, holds_mark
from wiretape.proxy.decide.redaction.text import Scope
from wiretape.store.aitronos.secrets import COOKIE_HEADERS

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from wiretape.proxy.decide.redaction.vocabulary import Vocabulary
    from wiretape.store.interaction import Headers, Request

_PLAIN: Final = 0
_TYPE: Final = 1
_ENCODING: Final = 2
_SECRET: Final = 3
# Names of headers come from outside; no more are remembered than anybody means.
_NAMES: Final = 4096


class ByClass(Spell):
    """Writes a secret's class: that of its place, or one for all that are known by their value."""

    def text(self, find: Find) -> bytes:
        """The class of *find*."""
        if find.secret.by is not None:
            return find.secret.by
        return MARK + find.secret.kind.encode() if find.place else KEYED


_BY_CLASS: Final = ByClass()


def classed(request: Request, words: Vocabulary, wanted: AbstractSet[bytes], memory: Memory | None = None) -> Request:
    """*request* with classes for its secrets, in its target, its body, and its headers as far as they are *wanted*.

    Args:
        request: as it came, or as it was stored.
        words: what is secret.
        wanted: names of the headers that count, lower case.
        memory: what the session has seen; what this request shows is added.
    """
    return read(request, words, wanted, memory)[0]


def read(
    request: Request, words: Vocabulary, wanted: AbstractSet[bytes], memory: Memory | None = None
) -> tuple[Request, bytes, bytes]:
    """What `classed` gives, with the content type and the content-encoding that its body has then."""
    scope = _scope(words, memory)
    content_type, encoding = _look(request.headers, scope)
    # In the order in which a recorder sees them, for what one shows is looked for in the next.
    target, version = _target(request.target, scope), scope.memory.version
    body = _body(request.body, content_type, encoding, scope) if request.body else None
    if scope.memory.version != version:
        target = _target(request.target, scope)
    if body is not None:
        # What was unpacked to be looked into stays unpacked.
        headers = tuple(pair for pair in request.headers if pair[0].lower() != b"content-encoding")
        request = msgspec.structs.replace(request, body=body, headers=headers)
        encoding = b""
    if target is not None:
        request = msgspec.structs.replace(request, target=target)
    if wanted:
        request = msgspec.structs.replace(request, headers=_headers(request.headers, wanted, scope))
    return request, content_type, encoding


def classing(request: Request, words: Vocabulary, memory: Memory | None) -> Body:
    """What gives the body of *request*, uncompressed and too long to be held, its classes as it comes."""
    scope = _scope(words, memory)
    content_type, _ = _look(request.headers, scope)
    return Body(content_type, scope, ByClass())


def _scope(words: Vocabulary, memory: Memory | None) -> Scope:
    """The scope of a key; that of the last one, where it was the same."""
    if memory is None:
        return Scope(words, Memory(), keyed=True)
    kept = memory.keying
    if kept is None or kept.words is not words:
        kept = memory.keying = Scope(words, memory, keyed=True)
    return kept


def _look(headers: Headers, scope: Scope) -> tuple[bytes, bytes]:
    """The content type and encoding; the credentials among the headers are remembered."""
    content_type = encoding = b""
    seen = scope.words.headers_seen
    for name, value in headers:
        what = seen.get(name)
        if what is None:
            what = _what(name, scope.words)
        if what == _PLAIN:
            continue
        if what == _SECRET:
            if scope.memory.news(value) and not holds_mark(value):
                for find in header_finds(name, value, scope):
                    scope.learn(find)
        elif what == _TYPE:
            content_type = content_type or value
        else:
            encoding = encoding + b"," + value if encoding else value
    return content_type, encoding


def _what(name: bytes, words: Vocabulary) -> int:
    key = name.lower()
    what = _SECRET if key in words.headers or key in COOKIE_HEADERS else _PLAIN
    what = {b"content-type": _TYPE, b"content-encoding": _ENCODING}.get(key, what)
    if len(words.headers_seen) < _NAMES:
        words.headers_seen[name] = what
    return what


def _body(body: bytes, content_type: bytes, encoding: bytes, scope: Scope) -> bytes | None:
    """The body with its classes; None where it has no secrets."""
    plain = (undone(body, encoding) if encoding else body) or body
    written = redacted(plain, content_type, scope, _BY_CLASS)
    return None if written == plain else written


def _target(target: str, scope: Scope) -> str | None:
    text = target.encode("utf-8", "surrogatepass")
    finds = target_finds(text, scope)
    if not finds:
        return None
    return joined(segments(text, finds, _BY_CLASS)).decode("utf-8", "surrogatepass")


def _headers(headers: Headers, wanted: AbstractSet[bytes], scope: Scope) -> Headers:
    return tuple(
        (
            name,
            joined(segments(value, header_finds(name, value, scope), _BY_CLASS)) if name.lower() in wanted else value,
        )
        for name, value in headers
    )
