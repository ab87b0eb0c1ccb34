"""Cassettes of an older wiretape: read as they are, brought to today's tables by whoever writes into them."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wiretape.store import errors, identity, maintenance
from wiretape.store.cassette import Cassette
from wiretape.store.conflict import OnConflict
from wiretape.store.merging import merge

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Scribe
    from wiretape.store.interaction import Request

# Recorded by the first version that had a format: a list, an answer in gzip, a stream.
FIRST = Path(__file__).parent.parent / "data" / "v1.cassette"
AT = "2026-01-02T03:04:05Z"


@pytest.fixture
def older(scribe: Scribe) -> Scribe:
    """A cassette of the first format."""
    shutil.copyfile(FIRST, scribe.path)
    return scribe


def told(path: Path) -> list[object]:
    """All that a cassette says."""
    with Cassette.open(path) as cassette:
        return [
            (i, cassette.request(i.id), cassette.response(i.id), cassette.chunks(i.id), cassette.reading_details(i.id))
            for i in cassette.interactions()
        ]


def version(path: Path) -> int:
    connection = sqlite3.connect(path)
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    connection.close()
    return int(found)


def test_it_is_the_first_version() -> None:
    """Or these tests would test nothing."""
    assert identity.check(FIRST).user_version == 1 < identity.USER_VERSION


def test_reading_leaves_it_as_it_is(older: Scribe) -> None:
    """Everything is there, nothing lies beside it, and not one byte is changed; it may not even be writable."""
    older.path.chmod(0o400)
    with Cassette.open(older.path) as cassette:
        found = cassette.interactions()
        assert [(i.position, i.status, i.kind, i.chunk_count) for i in found] == [
            (1, 200, "json", 1),
            (2, 200, "json", 1),
            (3, 200, "sse", 10),
        ]
        assert cassette.answers(cassette.session("default").id, str(found[0].match_key)) == [1]
        response = cassette.response(1)
        assert response is not None
        assert response.body.startswith(b"{")
        assert [entry.name for entry in older.path.parent.iterdir()] == [older.path.name]
    assert older.path.read_bytes() == FIRST.read_bytes()


def test_reading_one_that_is_in_the_wal(older: Scribe) -> None:
    """Its recorder was killed: what it wrote last is in the WAL."""
    script = (
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('PRAGMA journal_mode = WAL');"
        "c.execute(\"UPDATE session SET name = 'in the wal'\"); c.commit(); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", script, str(older.path)], check=True)
    assert older.path.with_name(older.path.name + "-wal").stat().st_size
    with Cassette.open(older.path) as cassette:
        assert [session.name for session in cassette.sessions()] == ["in the wal"]
        assert len(cassette.interactions()) == 3
    assert version(older.path) == 1


def test_writing_migrates(older: Scribe, make_request: Callable[..., Request]) -> None:
    """What was there is as it was; what is new is sealed, and only that."""
    before = told(older.path)
    older.session((make_request(), b"new"), how="append")
    assert version(older.path) == identity.USER_VERSION
    assert told(older.path)[:3] == before
    assert len(told(older.path)) == 4
    connection = sqlite3.connect(older.path)
    assert connection.execute("SELECT interaction_id FROM seal").fetchall() == [(4,)]
    connection.close()


def test_a_change_migrates(older: Scribe) -> None:
    """Whatever writes."""
    maintenance.rename(older.path, "default", "other")
    assert version(older.path) == identity.USER_VERSION


def test_it_can_be_merged(older: Scribe) -> None:
    """Without being changed itself."""
    into = older.path.with_name("into.cassette")
    assert [one.outcome for one in merge(into, [older.path], [], OnConflict.REFUSE)] == ["copied"]
    assert version(into) == identity.USER_VERSION
    assert older.path.read_bytes() == FIRST.read_bytes()


def test_two_write_at_once(older: Scribe) -> None:
    """One of them changes the tables, and both record."""
    script = (
        "import sys; from pathlib import Path; from wiretape.store import maintenance; sys.stdin.read(1);"
        "maintenance.reindex(Path(sys.argv[1]), lambda *_: None)"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", script, str(older.path)], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(b"!")
        writer.stdin.flush()
    assert [writer.communicate(timeout=60)[1] for writer in writers] == [b""] * 3
    assert [writer.returncode for writer in writers] == [0] * 3
    assert version(older.path) == identity.USER_VERSION
    assert len(told(older.path)) == 3


def test_what_became_newer_in_the_wal(scribe: Scribe, make_request: Callable[..., Request]) -> None:
    """The first bytes of the file are older than what counts."""
    scribe.session((make_request(), b"x"))
    other = sqlite3.connect(scribe.path, isolation_level=None)
    other.execute("PRAGMA journal_mode = WAL")
    other.execute("PRAGMA user_version = 99")
    assert identity.check(scribe.path).user_version == identity.USER_VERSION
    for attempt in (lambda: Cassette.open(scribe.path), lambda: scribe.begin("new")):
        with pytest.raises(errors.CassetteNewer, match="upgrade wiretape"):
            attempt()
    other.close()


@pytest.mark.parametrize(
    "change",
    [
        "status = 201",
        "reason = 'Other'",
        "response_http_version = 'HTTP/1.0'",
        """response_headers = '[["A","b"]]'""",
        """response_trailers = '[["A","b"]]'""",
        "target = '/other'",
        """request_headers = '[]'""",
        "ended = 'upstream_error'",
    ],
)
def test_changed_heads_are_not_served(scribe: Scribe, make_request: Callable[..., Request], change: str) -> None:
    """They are damage like changed bodies."""
    scribe.session((make_request(), b"x"))
    connection = sqlite3.connect(scribe.path)
    with connection:
        connection.execute(f"UPDATE interaction SET {change}")
    with Cassette.open(scribe.path) as cassette:
        for read in (cassette.response_head, cassette.response, cassette.stored_response):
            with pytest.raises(errors.CassetteDamaged, match="heads of interaction 1"):
                read(1)
    with connection:
        connection.execute("DELETE FROM seal")
    connection.close()
    with Cassette.open(scribe.path) as cassette:
        assert cassette.response_head(1) is not None, "what was never sealed is not checked"
