"""The writer's thread: groups, failures that stay apart, bytes that hold back whoever brings more."""

from __future__ import annotations

import sqlite3
import threading
from typing import TYPE_CHECKING

import pytest

from wiretape.store import errors, writer
from wiretape.store.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, v UNIQUE)")
    return connection


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Writer]:
    path = tmp_path / "t.db"
    made = Writer(path, lambda: connect(path))
    yield made
    made.close()


def insert(value: object) -> Callable[[sqlite3.Connection], int]:
    def run(connection: sqlite3.Connection) -> int:
        connection.execute("INSERT INTO t (v) VALUES (?)", (value,))
        return int(connection.execute("SELECT count(*) FROM t").fetchone()[0])

    return run


def values(path: Path) -> list[object]:
    connection = sqlite3.connect(path)
    found = [row[0] for row in connection.execute("SELECT v FROM t ORDER BY id")]
    connection.close()
    return found


def test_a_future_resolves_after_the_commit(opened: Writer) -> None:
    """Another connection sees what the future stands for."""
    for number in range(20):
        opened.submit(insert(number)).result()
        assert values(opened.path)[-1] == number


def test_operations_of_one_moment_share_a_commit(tmp_path: Path) -> None:
    """What piles up behind a slow operation is written together, in order."""
    path = tmp_path / "t.db"
    commits: list[int] = []
    opened = Writer(path, lambda: connect(path), lambda _: commits.append(1))
    gate = threading.Event()
    opened.submit(lambda _: gate.wait(10))
    futures = [opened.submit(insert(n)) for n in range(500)]
    gate.set()
    assert [f.result() for f in futures] == list(range(1, 501))
    opened.close()
    assert values(path) == list(range(500))
    assert len(commits) <= 3


def test_what_fails_takes_nothing_with_it(opened: Writer) -> None:
    """One operation of a group fails, the others are written."""
    gate = threading.Event()
    opened.submit(lambda _: gate.wait(10))
    futures = [opened.submit(insert(v)) for v in ("a", "b", "a", "c")]
    gate.set()
    assert futures[3].result() == 3
    with pytest.raises(errors.CassetteUnwritable, match="UNIQUE"):
        futures[2].result()
    assert values(opened.path) == ["a", "b", "c"]
    assert opened.failure is not None


def test_closing_writes_what_waits(opened: Writer) -> None:
    """Nothing submitted before is lost; nothing can be submitted after."""
    future = opened.submit(insert("last"), urgent=False)
    opened.close()
    assert future.result() == 1
    with pytest.raises(errors.CassetteUnwritable, match="closed"):
        opened.submit(lambda _: None)


def test_too_many_unwritten_bytes_hold_back(opened: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever brings more waits until some are written."""
    monkeypatch.setattr(writer, "BACKLOG_BYTES", 100)
    opened.reserve(101)
    passed = threading.Event()

    def bring() -> None:
        opened.reserve(1)
        passed.set()

    thread = threading.Thread(target=bring)
    thread.start()
    assert not passed.wait(0.05)
    opened.release(101)
    assert passed.wait(10)
    thread.join()


def test_what_cannot_be_opened_says_so(tmp_path: Path) -> None:
    """The error of the thread is the opener's."""

    def refuse() -> sqlite3.Connection:
        raise errors.CassetteUnwritable("no")

    with pytest.raises(errors.CassetteUnwritable, match="no"):
        Writer(tmp_path / "x", refuse)


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (sqlite3.OperationalError("database or disk is full"), errors.CassetteUnwritable, "full"),
        (sqlite3.OperationalError("database is locked"), errors.CassetteUnwritable, "another program"),
        (sqlite3.DatabaseError("database disk image is malformed"), errors.CassetteDamaged, "restore"),
        (RuntimeError("odd"), errors.CassetteUnwritable, "RuntimeError: odd"),
    ],
)
def test_errors_in_words(tmp_path: Path, error: Exception, kind: type[Exception], says: str) -> None:
    """What SQLite says becomes one line that names the file."""
    told = writer.translated(error, tmp_path / "x.cassette")
    assert type(told) is kind
    assert says in str(told)
    assert "x.cassette" in str(told)
