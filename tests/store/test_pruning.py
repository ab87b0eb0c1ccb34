"""What is removed from a cassette, and what stays: other interactions, their positions, bodies that they hold."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from wiretape.store import errors
from wiretape.store.cassette import Cassette
from wiretape.store.pruning import prune

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Scribe
    from wiretape.store.interaction import Request

AT = "2026-01-02T03:04:05Z"
LONG = b"x" * 3_000_000


@pytest.fixture
def recorded(scribe: Scribe, make_request: Callable[..., Request]) -> Scribe:
    """Two sessions that share one body, a long body of one's own, an incomplete session."""
    scribe.session((make_request("/v1/a"), b"shared"), (make_request("/v1/b"), LONG), (make_request("/v1/c"), b"c"))
    scribe.session((make_request("/v1/a"), b"shared"), name="other")
    writer = scribe.begin("broken")
    scribe.exchange(writer, make_request("/v1/z"), [b"broken"])
    writer.end(AT, "it failed")
    return scribe


def left(scribe: Scribe) -> list[str]:
    with Cassette.open(scribe.path) as cassette:
        return [f"{i.session}/{i.position}" for i in cassette.interactions()]


def count(scribe: Scribe, table: str) -> int:
    connection = sqlite3.connect(scribe.path)
    (number,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    connection.close()
    return int(number)


def test_a_session(recorded: Scribe) -> None:
    """It goes with all that is its own; what another one holds too stays, and the file is smaller."""
    before = recorded.path.stat().st_size
    pruned = prune(recorded.path, ["default"], incomplete=False, dry_run=False)
    assert (pruned.sessions, pruned.interactions, pruned.interaction_count) == (["default"], [], 3)
    assert (pruned.body_count, pruned.body_bytes) == (2, len(LONG) + 1)
    assert pruned.file_bytes == before - recorded.path.stat().st_size > len(LONG) - 100_000
    assert left(recorded) == ["other/1", "broken/1"]
    with Cassette.open(recorded.path) as cassette:
        response = cassette.response(cassette.interaction("other/1").id)
        assert response is not None
        assert response.body == b"shared"
    assert (count(recorded, "body"), count(recorded, "chunk"), count(recorded, "reading")) == (2, 2, 2)
    assert recorded.path.read_bytes()[18] == 1, "one plain file, out of the WAL"


def test_an_interaction(recorded: Scribe) -> None:
    """By position or by id; the others keep their positions."""
    with Cassette.open(recorded.path) as cassette:
        third = cassette.interaction("default/3").id
    pruned = prune(recorded.path, ["default/2", str(third), "default/2"], incomplete=False, dry_run=False)
    assert pruned.interactions == ["default/2", "default/3"]
    assert left(recorded) == ["default/1", "other/1", "broken/1"]
    pruned = prune(recorded.path, ["default/1", "other"], incomplete=False, dry_run=False)
    assert (pruned.sessions, pruned.interactions, pruned.body_count) == (["other"], ["default/1"], 1)


def test_incomplete_sessions(recorded: Scribe) -> None:
    """All of them, those of dead recorders too, but none that is being recorded."""
    connection = sqlite3.connect(recorded.path)
    with connection:
        connection.execute("UPDATE session SET state = 'recording', owner = 'elsewhere 1 1' WHERE name = 'other'")
    connection.close()
    going_on = recorded.begin("going on")
    assert prune(recorded.path, [], incomplete=True, dry_run=False).sessions == ["other", "broken"]
    assert left(recorded) == ["default/1", "default/2", "default/3"]
    assert going_on.end(AT) == "going on"
    assert prune(recorded.path, [], incomplete=True, dry_run=False).interaction_count == 0


def test_a_dry_run(recorded: Scribe) -> None:
    """It says the same, and not one byte of the file is touched."""
    before = recorded.path.read_bytes()
    told = prune(recorded.path, ["default", "other/1"], incomplete=True, dry_run=True)
    assert recorded.path.read_bytes() == before
    done = prune(recorded.path, ["default", "other/1"], incomplete=True, dry_run=False)
    assert (told.sessions, told.interactions, told.body_bytes) == (done.sessions, done.interactions, done.body_bytes)
    assert done.sessions == ["broken", "default"]


@pytest.mark.parametrize("name", ["nothing", "default/9", "9", "999999999999999999999", "default/"])
def test_what_is_not_there(recorded: Scribe, name: str) -> None:
    """Named in the message; nothing is removed, not even what is there."""
    with pytest.raises(errors.InteractionMissing, match=f"'{name}'"):
        prune(recorded.path, ["default", name], incomplete=False, dry_run=False)
    assert len(left(recorded)) == 5


def test_what_is_being_recorded(recorded: Scribe, make_request: Callable[..., Request]) -> None:
    """Neither the session nor one of its interactions can be removed, nor the one it is to replace."""
    writer = recorded.begin()
    recorded.exchange(writer, make_request(), [b"x"])
    for name in ("default~2", "default~2/1", "default", "default/1"):
        with pytest.raises(errors.SessionBusy, match="wait for its end"):
            prune(recorded.path, [name], incomplete=False, dry_run=False)
    assert writer.end(AT) == "default"


def test_beside_somebody_who_reads(recorded: Scribe) -> None:
    """The file keeps its size where it is open elsewhere, and says so."""
    reader = sqlite3.connect(recorded.path)
    reader.execute("PRAGMA journal_mode = WAL")
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM interaction").fetchone()
    assert prune(recorded.path, ["default"], incomplete=False, dry_run=False).file_bytes == 0
    reader.close()
    assert left(recorded) == ["other/1", "broken/1"]


def test_a_name_for_two_things(scribe: Scribe, make_request: Callable[..., Request]) -> None:
    """A session that is called as an interaction is named."""
    scribe.session((make_request(), b"x"), name="a")
    scribe.session((make_request(), b"x"), name="a/1")
    with pytest.raises(errors.UsageError, match="wiretape rename"):
        prune(scribe.path, ["a/1"], incomplete=False, dry_run=False)
    assert prune(scribe.path, ["a/1/1"], incomplete=False, dry_run=False).interactions == ["a/1/1"]
