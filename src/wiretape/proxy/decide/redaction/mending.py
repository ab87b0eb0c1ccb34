"""What was stored openly before anybody could know it to be secret: said anew when the session ends or is scrubbed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from wiretape.proxy.decide.keying import KeyInTheMaking
from wiretape.proxy.decide.redaction.passing import Passing, stored_headers
from wiretape.proxy.decide.redaction.redactor import Numbered

if TYPE_CHECKING:
    from collections.abc import Callable

    from wiretape.proxy.decide.redaction.redactor import Redactor
    from wiretape.proxy.decide.rules import Rules
    from wiretape.store.interaction import Headers, Request, ResponseHead


class Mender:
    """Says what is to be stored instead of what is; see `store.rewriting.Rewriter`."""

    def __init__(self, redactor: Redactor, rules: Rules, matched: Callable[[Request], str]) -> None:
        """Mend with what *redactor* knows; *matched* gives the target by which a stored request is keyed by *rules*."""
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
        return Mended(headers, self._redactor, asked, answer=answer)

    def keying(self, request: Request, identity: str) -> KeyInTheMaking:
        """What makes the key of a request that was changed."""
        matched = msgspec.structs.replace(request, target=self._matched(request))
        return KeyInTheMaking(matched, identity, self._rules, self._redactor.memory)

    def text(self, text: str) -> str:
        """A text of our own."""
        return self._redactor.clean(text)


class Mended(Passing):
    """A stored body on its way to what it should be."""

    def __init__(self, headers: Headers, redactor: Redactor, asked: Request, *, answer: bool) -> None:
        scope = redactor.scope(asked=asked if answer else None)
        super().__init__(headers, scope, Numbered(redactor, answer=answer))

    def fitted(self, headers: Headers) -> Headers:
        """*headers* as they fit the body that is written."""
        return stored_headers(headers, self)
