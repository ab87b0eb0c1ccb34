"""Another name for a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wiretape.store import errors, maintenance
from wiretape.store.cassette import Cassette

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Scribe
    from wiretape.store.interaction import Request

AT = "2026-01-02T03:04:05Z"


def names(scribe: Scribe) -> list[str]:
    with Cassette.open(scribe.path) as cassette:
        return [session.name for session in cassette.sessions()]


@pytest.fixture
def recorded(scribe: Scribe, make_request: Callable[..., Request]) -> Scribe:
    """Two sessions."""
    scribe.session((make_request(), b"x"), name="one")
    scribe.session((make_request(), b"y"), name="two")
    return scribe


def test_a_free_name(recorded: Scribe) -> None:
    """Its interactions go by the new name."""
    maintenance.rename(recorded.path, "one", "tests/a.py::test[ä b]")
    assert names(recorded) == ["tests/a.py::test[ä b]", "two"]
    with Cassette.open(recorded.path) as cassette:
        assert cassette.interaction("tests/a.py::test[ä b]/1").id == 1


@pytest.mark.parametrize("name", ["", " ", "a~2", "a\nb", "a\0", "a\udcff", "two"])
def test_a_name_that_cannot_be(recorded: Scribe, name: str) -> None:
    """Taken, or malformed."""
    with pytest.raises(errors.UsageError, match="already" if name == "two" else "is no name"):
        maintenance.rename(recorded.path, "one", name)
    assert names(recorded) == ["one", "two"]


def test_a_session_that_is_not_there(recorded: Scribe) -> None:
    """The message lists those there are."""
    with pytest.raises(errors.SessionMissing, match="'one', 'two'"):
        maintenance.rename(recorded.path, "three", "four")


def test_a_session_that_is_being_recorded(recorded: Scribe) -> None:
    """Neither it nor the one it is to replace."""
    writer = recorded.begin("one")
    for name in ("one", "one~2"):
        with pytest.raises(errors.SessionBusy):
            maintenance.rename(recorded.path, name, "other")
    writer.end(AT)


def test_an_incomplete_one_keeps_to_itself(recorded: Scribe, make_request: Callable[..., Request]) -> None:
    """With a name of its own it takes nobody's place any more when it is adopted."""
    writer = recorded.begin("one")
    recorded.exchange(writer, make_request(), [b"z"])
    assert writer.end(AT, "it failed") == "one~2"
    maintenance.rename(recorded.path, "one~2", "new")
    assert maintenance.adopt(recorded.path, "new", AT) == "new"
    assert names(recorded) == ["one", "two", "new"]
