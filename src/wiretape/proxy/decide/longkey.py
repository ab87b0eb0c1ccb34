"""The match key of a request whose body is too long to be held: digested piece by piece, where its kind allows that."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Self

import msgspec

from wiretape.proxy.decide.canonical import Canonical, canonical
from wiretape.proxy.decide.longparts import LongParts
from wiretape.proxy.decide.matching import VERSION, beginning, match_key
from wiretape.proxy.decide.multipart import declared_boundary, sniffed_boundary
from wiretape.proxy.decide.redaction.classes import classing
from wiretape.proxy.decide.redaction.finds import joined
from wiretape.proxy.decide.rules import compiled

if TYPE_CHECKING:
    from wiretape.proxy.decide.redaction.bodies import Body
    from wiretape.proxy.decide.redaction.memory import Memory
    from wiretape.proxy.decide.rules import Rules
    from wiretape.store.interaction import Request

_BLANK = b" \t\r\n"


class LongKey:
    """A key in the making."""

    def __init__(self, form: Canonical, parts: LongParts | None, classing: Body) -> None:
        """Begin the key of *form*.

        Args:
            form: all but the body, which counts by its bytes.
            parts: what the body counts by where it has some in the end.
            classing: what the body passes through before.
        """
        self._classing = classing
        self._form = form
        self._parts = parts
        self._digest = blake2b(beginning(form), digest_size=16)

    @classmethod
    def begin(
        cls, request: Request, identity: str, rules: Rules, start: bytes, memory: Memory | None = None
    ) -> Self | None:
        """Begin the key of a body of which *start* has come, and has not been added yet.

        A body that counts by its bytes can be taken in pieces, and a multipart one: neither its head nor its start may
        let it pass for JSON or a form, and it must not be compressed. In doubt it is held, and for a user's function.

        Returns:
            The key to add the body to, or None where the body must be held whole.
        """
        if rules.canonicaliser is not None or any(_values(request, b"content-encoding")):
            return None
        media = next(filter(None, _values(request, b"content-type")), b"")
        parts = _parts(media, start)
        first = start.lstrip(_BLANK)[:1]
        if parts is None and (not first or first in b"{[" or start.startswith(b"--") or _structured(media.lower())):
            return None
        form = canonical(msgspec.structs.replace(request, body=b"\0"), identity, rules, memory)
        stream = classing(request, compiled(rules).words, memory)
        return cls(msgspec.structs.replace(form, body_kind="bytes", body=b""), parts, stream)

    def add(self, data: bytes) -> None:
        """A piece of the body."""
        self._add(joined(self._classing.feed(data)))

    def _add(self, data: bytes) -> None:
        self._digest.update(data)
        if self._parts is not None:
            self._parts.add(data)

    def key(self) -> str:
        """The key, once the whole body was added, to be asked for once: the one that `match_key` gives it."""
        self._add(joined(self._classing.end()))
        form = None if self._parts is None else self._parts.form()
        if form is not None:
            return match_key(msgspec.structs.replace(self._form, body_kind="multipart", body=form))
        return f"{VERSION}:{self._digest.hexdigest()}"


def _values(request: Request, name: bytes) -> list[bytes]:
    return [value for key, value in request.headers if key.lower() == name]


def _parts(content_type: bytes, start: bytes) -> LongParts | None:
    """What divides a body that begins with *start* into parts; None where it does not begin like multipart."""
    for boundary in (declared_boundary(content_type), sniffed_boundary(start)):
        if boundary and start.startswith(b"--" + boundary):
            return LongParts(boundary)
    return None


def _structured(media: bytes) -> bool:
    return b"json" in media or b"form" in media
