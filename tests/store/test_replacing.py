"""New answers in the place of old ones, where there are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wiretape.store.cassette import Cassette
from wiretape.store.replacing import Beside, put_in_place

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Scribe
    from wiretape.store.interaction import Request


def test_nothing_was_recorded_beside(scribe: Scribe, make_request: Callable[..., Request]) -> None:
    """Whoever broke off before the first answer came has lost nothing, and is told of no damage."""
    scribe.session((make_request(), b"x"))
    with Cassette.open(scribe.path) as cassette:
        session = cassette.session("default")
    put_in_place(scribe.path, [Beside(session, "default~2", [])])
    with Cassette.open(scribe.path) as cassette:
        assert [(found.name, found.interactions) for found in cassette.sessions()] == [("default", 1)]
