"""What was stored openly before anybody could know it to be secret: said anew when the session ends or is scrubbed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from wiretape.proxy.decide.keying import KeyInTheMaking
from wiretape.proxy.decide.redaction.hook import RedactionFailed
from wiretape.proxy.decide.redaction.passing import Passing, stored_headers
from wiretape.proxy.decide.redaction.redactor import Numbered
from wiretape.proxy.decide.userhook import CanonicaliserFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from wiretape.proxy.decide.redaction.redactor import Redactor
    from wiretape.proxy.decide.rules import Rules
    from wiretape.store.errors import WiretapeError
    from wiretape.store.interaction import Headers, Request, ResponseHead
    from wiretape.store.rewriting import Keying


class Mender:
    """Says what is to be stored instead of what is; see `store.rewriting.Rewriter`."""

    def __init__(
        self,
        redactor: Redactor,
        rules: Rules,
        matched: Callable[[Request], str],
        failed: Callable[[WiretapeError], None] | None = None,
    ) -> None:
        """Mend with what *redactor* knows.

        Args:
            redactor: replaces.
            rules: what keys are made by.
            matched: gives the target by which a stored request is keyed.
            failed: given by whoever recorded all this a moment ago: bodies have gone through the user's function, and
                do not again; a key that a function fails over is none, and is told of. Else such a failure is raised.
        """
        self._failed = failed
        self._redactor = redactor
        self._rules = rules
        self._matched = matched

    def request(self, request: Request) -> Request:
        """The head of a request."""
        return self._redactor.request(request)[0]

    def response(self, head: ResponseHead) -> ResponseHead:
        """The head of an answer."""
        return self._redactor.response(head)[0]

    def trailers(self, trailers: Headers) -> Headers:
        """The trailers of an answer."""
        return self._redactor.headers(trailers, self._redactor.scope(), Numbered(self._redactor, answer=True))

    def body(self, headers: Headers, *, asked: Request, answer: bool) -> Mended:
        """A body with its *headers*: that of the request *asked*, or of its answer."""
        return Mended(headers, self._redactor, asked, answer=answer, hooked=self._failed is None)

    def keying(self, request: Request, identity: str) -> Keying:
        """What makes the key of a request that was changed."""
        matched = msgspec.structs.replace(request, target=self._matched(request))
        making = KeyInTheMaking(matched, identity, self._rules, self._redactor.memory)
        return making if self._failed is None else _Forgiving(making, self._failed)

    def text(self, text: str) -> str:
        """A text of our own."""
        return self._redactor.clean(text)


class _Forgiving:
    """A key in the making that is none where a function of the user's fails."""

    def __init__(self, making: KeyInTheMaking, failed: Callable[[WiretapeError], None]) -> None:
        self._making = making
        self._failed = failed
        self._lost = False

    def add(self, data: bytes) -> None:
        self._try(lambda: self._making.add(data))

    def key(self) -> str | None:
        return self._try(self._making.key)

    def _try[T](self, step: Callable[[], T]) -> T | None:
        if self._lost:
            return None
        try:
            return step()
        except (CanonicaliserFailed, RedactionFailed) as error:
            self._lost = True
            self._failed(error)
            return None


class Mended(Passing):
    """A stored body on its way to what it should be."""

    def __init__(self, headers: Headers, redactor: Redactor, asked: Request, *, answer: bool, hooked: bool) -> None:
        scope = redactor.scope(asked=asked if answer else None)
        scope = scope if hooked else scope.without_hook()
        super().__init__(headers, scope, Numbered(redactor, answer=answer))

    def fitted(self, headers: Headers) -> Headers:
        """*headers* as they fit the body that is written."""
        return stored_headers(headers, self)
