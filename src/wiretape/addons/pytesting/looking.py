"""Looking into cassettes: what a session holds, and whether it is complete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wiretape.store.cassette import Cassette
from wiretape.store.errors import CassetteMissing, SessionMissing

if TYPE_CHECKING:
    from pathlib import Path

    from wiretape.addons.pytesting.naming import Place
    from wiretape.store.interaction import Interaction


def is_complete(place: Place) -> bool:
    """Whether there is a session that was recorded to its end, were it one in which nothing was asked.

    Raises:
        WiretapeError: the cassette cannot be read.
    """
    try:
        with Cassette.open(place.cassette) as cassette:
            return cassette.session(place.session).state == "complete"
    except (CassetteMissing, SessionMissing):
        return False


def interactions(place: Place, *, recording: bool) -> list[Interaction]:
    """What a session holds; of one that is being recorded, what is in the cassette already.

    Raises:
        WiretapeError: the cassette cannot be read.
    """
    try:
        with Cassette.open(place.cassette) as cassette:
            name = place.session
            if recording:
                own = [s for s in cassette.sessions() if s.state == "recording" and name in (s.name, s.replaces)]
                name = own[-1].name if own else name
            return cassette.interactions(name)
    except (CassetteMissing, SessionMissing):
        return []


def names(cassette: Path) -> list[str]:
    """The sessions of a cassette; none where there is no cassette.

    Raises:
        WiretapeError: the cassette cannot be read.
    """
    from wiretape.store.sessions import rows

    try:
        with Cassette.open(cassette) as opened:
            return [name for _, name in opened.looked(rows)]
    except CassetteMissing:
        return []
