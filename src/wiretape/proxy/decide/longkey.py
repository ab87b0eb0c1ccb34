"""The match key of a request whose body is too long to be held: digested piece by piece, where its kind allows that."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Self

import msgspec

from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.matching import VERSION, beginning

if TYPE_CHECKING:
    from wiretape.proxy.decide.rules import Rules
    from wiretape.store.interaction import Request

_BLANK = b" \t\r\n"


class LongKey:
    """A key in the making."""

    def __init__(self, opening: bytes) -> None:
        self._digest = blake2b(opening, digest_size=16)

    @classmethod
    def begin(cls, request: Request, identity: str, rules: Rules, start: bytes) -> Self | None:
        """Begin the key of a body of which *start* has come, and has not been added yet.

        Only a body that counts by its bytes can be taken in pieces: neither its head nor its start may let it pass for
        JSON, a form or multipart, and it must not be compressed. In doubt it is held.

        Returns:
            The key to add the body to, or None where the body must be held whole.
        """
        first = start.lstrip(_BLANK)[:1]
        if not first or first in b"{[" or start.startswith(b"--") or any(map(_needs_all, request.headers)):
            return None
        form = canonical(msgspec.structs.replace(request, body=start), identity, rules)
        assert form.body_kind == "bytes"
        return cls(beginning(form))

    def add(self, data: bytes) -> None:
        """A piece of the body."""
        self._digest.update(data)

    def key(self) -> str:
        """The key, once the whole body was added: the one that `match_key` gives it."""
        return f"{VERSION}:{self._digest.hexdigest()}"


def _needs_all(pair: tuple[bytes, bytes]) -> bool:
    """Whether a header may make the body something else than bytes."""
    name, value = pair[0].lower(), pair[1].lower()
    return bool(value) and (name == b"content-encoding" or (name == b"content-type" and _structured(value)))


def _structured(media: bytes) -> bool:
    return b"json" in media or b"form" in media
