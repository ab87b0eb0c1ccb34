"""All that a cassette holds, as texts to be looked at: heads, bodies of both sides, readings, what sessions say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from wiretape.proxy.decide.agreement import rules_of
from wiretape.proxy.decide.redact import Redactor
from wiretape.proxy.decide.redaction.unpacking import Unpacker
from wiretape.proxy.scan.finding import Unit
from wiretape.proxy.scan.merging import both, without_function
from wiretape.proxy.scan.messages import (
    WINDOW_BYTES,
    body_units,
    derived_unit,
    header_units,
    target_unit,
    text_finds_of,
)
from wiretape.store import texts
from wiretape.store.encoding import Undecodable
from wiretape.store.rows import headers_from_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wiretape.proxy.decide.redact import RedactRules
    from wiretape.proxy.decide.redaction.text import Scope
    from wiretape.store.auditing import Kept
    from wiretape.store.cassette import Cassette
    from wiretape.store.interaction import Headers, Session

_OVERLAP: Final = 64 * 1024
_PART_BYTES: Final = 8 * 1024 * 1024


class Look(NamedTuple):
    """A text to be looked at, and what redaction knows of it.

    Attributes:
        scope: what to look for.
        unit: the text.
        same: equal for texts that stand in many places and are looked at alike; None where that cannot be said.
    """

    scope: Scope
    unit: Unit
    same: tuple[object, ...] | None = None


class _Side(NamedTuple):
    name: str
    body_id: int | None
    headers: Headers
    scope: Scope


class Stored:
    """The texts of one cassette.

    Attributes:
        unread: bodies that could not be looked into, and why.
    """

    def __init__(self, cassette: Cassette, rules: RedactRules, progress: Callable[[int], None]) -> None:
        """Take *cassette* apart.

        Args:
            cassette: open for reading.
            rules: what counts as secret besides what each session's own rules say.
            progress: told how many more bytes are done.
        """
        self.unread: list[str] = []
        self._cassette = cassette
        self._audit = cassette.audit()
        self._rules = without_function(rules)
        self._progress = progress

    def looks(self, skip: Callable[[tuple[object, ...]], bool] = lambda _: False) -> Iterator[Look]:
        """All texts.

        Args:
            skip: whether a body, by `Look.same`, need not be looked at again.
        """
        self.unread.clear()
        for session in self._cassette.sessions():
            rules = rules_of(session)
            redact = self._rules if rules is None else both(self._rules, without_function(rules.redact))
            yield from self._session(session, redact)
            for kept in self._audit.kept(session.id):
                yield from self._interaction(session, kept, redact, skip)
        for body_id in self._audit.orphans():
            side = _Side(f"body {body_id}, which no interaction holds,", body_id, (), _scope(self._rules))
            yield from self._body(None, side, skip)

    def _session(self, session: Session, redact: RedactRules) -> Iterator[Look]:
        scope = _scope(redact)
        for text in self._cassette.looked(lambda connection: list(texts.session_texts(connection, session.id))):
            yield Look(scope, Unit(session.name, text.place, text.text.encode("utf-8", "replace"), text_finds_of))

    def _interaction(
        self, session: Session, kept: Kept, redact: RedactRules, skip: Callable[[tuple[object, ...]], bool]
    ) -> Iterator[Look]:
        where = f"{session.name}/{kept.position}"
        request = kept.request()
        redactor = Redactor(rules=redact)
        asked = _Side("request", kept.request_body_id, request.headers, redactor.scope())
        answered = _Side(
            "response", kept.response_body_id, headers_from_json(kept.response_headers), redactor.scope(asked=request)
        )
        yield Look(asked.scope, target_unit(where, request.target))
        for side in (asked, answered):
            for unit in header_units(where, f"{side.name} header", side.headers):
                yield Look(side.scope, unit)
        for unit in header_units(where, "response trailer", headers_from_json(kept.response_trailers)):
            yield Look(answered.scope, unit)
        for side in (asked, answered):
            yield from self._body(where, side, skip)
        for text in self._cassette.looked(lambda connection: list(texts.interaction_texts(connection, kept.id))):
            yield Look(asked.scope, derived_unit(where, text.place, text.text))

    def _body(self, where: str | None, side: _Side, skip: Callable[[tuple[object, ...]], bool]) -> Iterator[Look]:
        if side.body_id is None:
            return
        kinds = tuple(value for name, value in side.headers if name.lower() in (b"content-type", b"content-encoding"))
        same = (side.body_id, side.name, kinds, tuple(side.scope.extra), id(side.scope.words))
        if skip(same):
            return
        size = self._cassette.looked(lambda connection: texts.body_size(connection, side.body_id))
        if size > WINDOW_BYTES:
            yield from self._long_body(where, side)
            return
        body = b"".join(self._audit.pieces(side.body_id))
        try:
            for unit in body_units(where, side.name, body, side.headers):
                yield Look(side.scope, unit, same)
        except Undecodable as error:
            self._note(where, side, error)
            yield Look(side.scope, Unit(where, f"{side.name} body", body, text_finds_of), same)
        self._progress(size)

    def _long_body(self, where: str | None, side: _Side) -> Iterator[Look]:
        """A body too long to be held: a piece at a time, of which values alone are looked for."""
        encoding = b",".join([value for name, value in side.headers if name.lower() == b"content-encoding"])
        held = b""
        try:
            unpacker = Unpacker(encoding)
            for piece in self._audit.pieces(side.body_id):
                self._progress(len(piece))
                held += unpacker.feed(piece)
                if len(held) >= _PART_BYTES:
                    yield Look(side.scope, Unit(where, f"{side.name} body", held, text_finds_of))
                    held = held[-_OVERLAP:]
        except Undecodable as error:
            self._note(where, side, error)
        if held:
            yield Look(side.scope, Unit(where, f"{side.name} body", held, text_finds_of))

    def _note(self, where: str | None, side: _Side, error: Undecodable) -> None:
        self.unread.append(f"{where or 'the file'} {side.name} body: {error}")


def _scope(rules: RedactRules) -> Scope:
    return Redactor(rules=rules).scope()
