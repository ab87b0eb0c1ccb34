"""The canonical form of a request: equal forms mean the same request, for recording, replaying and explaining alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from wiretape.proxy.decide.bodies import BodyKind, canonical_body
from wiretape.proxy.decide.redaction.classes import read
from wiretape.proxy.decide.rules import NO_RULES, Rules, compiled
from wiretape.proxy.decide.urlform import Pairs, canonical_path, pairs
from wiretape.proxy.decide.userhook import applied

if TYPE_CHECKING:
    from wiretape.proxy.decide.redaction.memory import Memory
    from wiretape.store.interaction import Headers, Request


class Canonical(msgspec.Struct, frozen=True, gc=False):
    """One request, spelled in the one way that all its spellings share.

    Attributes:
        method: upper case.
        identity: the API's one name, or the host of another API.
        path: percent-encoding normalised.
        query: decoded pairs, sorted.
        headers: those that the rules name, sorted by name.
        body_kind: what the body is.
        body: its canonical bytes.
    """

    method: str
    identity: str
    path: str
    query: Pairs
    headers: Pairs
    body_kind: BodyKind
    body: bytes


def canonical(request: Request, identity: str, rules: Rules = NO_RULES, memory: Memory | None = None) -> Canonical:
    """The canonical form of *request*; there is one for every request, however malformed.

    Args:
        request: the request as the client meant it. Its own scheme, host and port do not count.
        identity: `api`, or a host: which API is asked.
        rules: what the user leaves out or lets in.
        memory: the values that the session has shown to be secret; those of this request are added.

    Raises:
        CanonicaliserFailed: the function that the rules name failed.
    """
    chosen = compiled(rules)
    request, content_type, content_encoding = read(request, chosen.words, chosen.headers, memory)
    path, _, query = request.target.partition("?")
    kind, body = canonical_body(request.body, content_type, content_encoding, chosen.paths)
    form = Canonical(
        request.method.upper(),
        identity,
        canonical_path(path),
        _query(query, chosen.query) if query else (),
        _headers(request.headers, chosen.headers) if chosen.headers else (),
        kind,
        body,
    )
    return form if chosen.canonicaliser is None else applied(chosen.canonicaliser, form)


def _query(text: str, ignored: frozenset[str]) -> Pairs:
    found = pairs(text.encode("utf-8", "surrogatepass"))
    return tuple(pair for pair in found if pair[0] not in ignored) if ignored else tuple(found)


def _headers(headers: Headers, wanted: frozenset[bytes]) -> Pairs:
    # Sorted by name alone: the order of one header's several values has a meaning.
    found = [(name.lower(), value.strip(b" \t")) for name, value in headers if name.lower() in wanted]
    found.sort(key=lambda pair: pair[0])
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in found)
