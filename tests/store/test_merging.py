"""Sessions copied from other cassettes: all of them and everything of theirs, or nothing."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from wiretape.store import errors, maintenance
from wiretape.store.cassette import Cassette
from wiretape.store.conflict import OnConflict
from wiretape.store.merging import merge

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Scribe
    from wiretape.store.interaction import Request

AT = "2026-01-02T03:04:05Z"
LONG = b"x" * 2_500_000
ANSWER = b'{"id": "resp_1", "content": [{"type": "text", "text": "Kingfisher"}]}'


def rows(path: Path, statement: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    found = connection.execute(statement).fetchall()
    connection.close()
    return found


def told(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """All that is said of each session, whatever its rows' numbers."""
    with Cassette.open(path) as cassette:
        return {
            session.name: [
                (
                    i.position,
                    i.match_key,
                    i.kind,
                    cassette.request(i.id),
                    cassette.response(i.id),
                    cassette.chunks(i.id),
                    cassette.reading_details(i.id),
                )
                for i in cassette.interactions(session.name)
            ]
            for session in cassette.sessions()
        }


@pytest.fixture
def other(scribe: Scribe, make_request: Callable[..., Request]) -> Scribe:
    """A cassette with two sessions that share a body."""
    other = type(scribe)(scribe.path.with_name("other.cassette"))
    request = make_request("/v1/model/response", "POST", b'{"inputs": [{"role": "user", "content": "bird?"}]}')
    other.session((request, ANSWER), (make_request("/v1/long"), LONG), name="a")
    other.session((make_request("/v1/long"), LONG), name="b")
    return other


def test_into_a_new_file(scribe: Scribe, other: Scribe) -> None:
    """Everything is there: bodies once, chunks, readings, what was said, rules."""
    connection = sqlite3.connect(other.path)
    with connection:
        connection.execute("""UPDATE session SET rules = '{"headers":["x-a"]}' WHERE name = 'b'""")
    connection.close()
    merged = merge(scribe.path, [other.path], [], OnConflict.REFUSE)
    assert [(one.session, one.name, one.outcome, one.interactions) for one in merged] == [
        ("a", "a", "copied", 2),
        ("b", "b", "copied", 1),
    ]
    assert told(scribe.path) == told(other.path)
    for table in ("body", "piece", "chunk", "seal", "reading", "tool_call", "said"):
        counted = f"SELECT count(*) FROM {table}"
        assert rows(scribe.path, counted) == rows(other.path, counted), table
    facts = "SELECT name, state, problem, upstream, started_at, ended_at, rules, recorder, owner FROM session"
    assert rows(scribe.path, facts) == rows(other.path, facts)
    found = "SELECT rowid FROM said WHERE said MATCH 'bird'"
    assert len(rows(scribe.path, found)) == len(rows(other.path, found)) == 1
    assert scribe.path.read_bytes()[18] == 1, "one plain file, out of the WAL"


def test_what_is_there_already(scribe: Scribe, other: Scribe, make_request: Callable[..., Request]) -> None:
    """Equal sessions are left out, also under another name; bodies that are there are not copied again."""
    scribe.session((make_request("/v1/mine"), LONG), name="mine")
    merge(scribe.path, [other.path], ["a"], OnConflict.REFUSE)
    maintenance.rename(scribe.path, "a", "renamed")
    merged = merge(scribe.path, [other.path, other.path], [], OnConflict.REFUSE)
    assert [(one.session, one.name, one.outcome) for one in merged] == [
        ("a", "renamed", "equal"),
        ("b", "b", "copied"),
        ("a", "renamed", "equal"),
        ("b", "b", "equal"),
    ]
    assert rows(scribe.path, "SELECT count(*) FROM body WHERE size_bytes = 2500000") == [(1,)]


def test_a_name_that_is_taken(scribe: Scribe, other: Scribe, make_request: Callable[..., Request]) -> None:
    """Refused as a whole unless it is said what to do."""
    scribe.session((make_request("/v1/mine"), b"mine"), name="b")
    before = told(scribe.path)
    with pytest.raises(errors.UsageError, match=r"session 'b' of .*--on-conflict"):
        merge(scribe.path, [other.path], [], OnConflict.REFUSE)
    assert told(scribe.path) == before, "not even session a"
    merged = merge(scribe.path, [other.path], ["b"], OnConflict.SKIP)
    assert [one.outcome for one in merged] == ["skipped"]
    assert told(scribe.path) == before
    merged = merge(scribe.path, [other.path], ["b"], OnConflict.RENAME)
    assert [(one.name, one.outcome) for one in merged] == [("b-2", "copied")]
    assert told(scribe.path) == {**before, "b-2": told(other.path)["b"]}
    maintenance.rename(other.path, "b", "c")
    maintenance.rename(other.path, "a", "b")
    merged = merge(scribe.path, [other.path], ["b"], OnConflict.REPLACE)
    assert [(one.name, one.outcome) for one in merged] == [("b", "replaced")]
    assert told(scribe.path)["b"] == told(other.path)["b"]
    assert rows(scribe.path, "SELECT count(*) FROM body WHERE size_bytes = 4") == [(0,)], "nobody holds it any more"


def test_interrupted_recordings(scribe: Scribe, other: Scribe, make_request: Callable[..., Request]) -> None:
    """They come as incomplete, whether their recorder died or still lives."""
    connection = sqlite3.connect(other.path)
    with connection:
        connection.execute("UPDATE session SET state = 'recording', owner = 'elsewhere 1 1' WHERE name = 'a'")
    connection.close()
    writer = other.begin("living")
    other.exchange(writer, make_request(), [b"x"])
    merge(scribe.path, [other.path], ["a", "living"], OnConflict.REFUSE)
    writer.end(AT)
    assert rows(scribe.path, "SELECT name, state, problem, owner FROM session") == [
        ("a", "incomplete", "its recorder was killed", None),
        ("living", "incomplete", "it was copied while it was being recorded", None),
    ]


def test_a_body_that_never_ended(scribe: Scribe, other: Scribe) -> None:
    """It has no digest, and comes all the same."""
    connection = sqlite3.connect(other.path)
    with connection:
        connection.execute("UPDATE body SET digest = NULL WHERE size_bytes = ?", (len(LONG),))
    connection.close()
    merge(scribe.path, [other.path], [], OnConflict.REFUSE)
    assert told(scribe.path) == told(other.path)
    assert [one.outcome for one in merge(scribe.path, [other.path], [], OnConflict.REFUSE)] == ["equal", "equal"]


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("PRAGMA user_version = 99", errors.CassetteNewer),
        ("PRAGMA application_id = 1", errors.CassetteForeign),
        ("UPDATE piece SET bytes = zeroblob(length(bytes))", errors.CassetteDamaged),
        ("DELETE FROM body", errors.CassetteDamaged),
    ],
)
def test_a_bad_source(
    scribe: Scribe, other: Scribe, make_request: Callable[..., Request], statement: str, error: type[Exception]
) -> None:
    """It is named, and nothing of the good ones before it is merged."""
    bad = type(scribe)(scribe.path.with_name("bad.cassette"))
    bad.session((make_request("/v1/bad"), b"bad"), name="bad")
    connection = sqlite3.connect(bad.path)
    with connection:
        connection.execute(statement)
    connection.close()
    with pytest.raises(error, match=r"bad\.cassette"):
        merge(scribe.path, [other.path, bad.path], [], OnConflict.REFUSE)
    assert not scribe.path.exists()
    scribe.session((make_request("/v1/mine"), b"mine"), name="mine")
    with pytest.raises(error, match=r"bad\.cassette"):
        merge(scribe.path, [other.path, bad.path], [], OnConflict.REFUSE)
    assert list(told(scribe.path)) == ["mine"]


def test_what_cannot_be_merged(scribe: Scribe, other: Scribe, make_request: Callable[..., Request]) -> None:
    """A file that is not there, a session that is not there, the cassette itself, one that is being recorded into."""
    with pytest.raises(errors.CassetteMissing, match="merge from"):
        merge(scribe.path, [other.path.with_name("nothing")], [], OnConflict.REFUSE)
    with pytest.raises(errors.SessionMissing, match="'z'"):
        merge(scribe.path, [other.path], ["a", "z"], OnConflict.REFUSE)
    assert not scribe.path.exists()
    with pytest.raises(errors.UsageError, match="merge into"):
        merge(other.path, [other.path], [], OnConflict.REFUSE)
    writer = scribe.begin("going on")
    with pytest.raises(errors.SessionBusy, match="'going on'"):
        merge(scribe.path, [other.path], [], OnConflict.REFUSE)
    scribe.exchange(writer, make_request(), [b"x"])
    writer.end(AT)
    assert list(told(scribe.path)) == ["going on"]
