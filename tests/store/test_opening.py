"""Opening a cassette at an unlucky moment: while others make it, and after a change that was killed."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from wiretape.store.cassette import Cassette

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Scribe
    from wiretape.store.interaction import Request

KILLED_AMID_A_CHANGE = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode = DELETE")
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE interaction SET target = '/spoilt'")
connection.execute("UPDATE piece SET bytes = zeroblob(5000)")
connection.execute("PRAGMA cache_spill = 1")
for n in range(200):
    connection.execute("INSERT INTO body (size_bytes) VALUES (?)", (n,))
os._exit(0)
"""


@pytest.mark.parametrize("attempt", range(5))
def test_made_by_several_at_once(attempt: int, scribe: Scribe, make_request: Callable[..., Request]) -> None:
    """Whoever is first makes it; nothing of the others' is lost."""
    del attempt

    def record(number: int) -> None:
        writer = scribe.begin(f"s{number}")
        for n in range(5):
            scribe.exchange(writer, make_request(f"/v1/{number}/{n}"), [b"x" * 2000])
        writer.end("2026-01-02T03:04:05Z")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(record, range(8)))
    with Cassette.open(scribe.path) as cassette:
        found = {(session.name, session.state, session.interactions) for session in cassette.sessions()}
    assert found == {(f"s{number}", "complete", 5) for number in range(8)}


def test_a_change_that_was_killed(scribe: Scribe, make_request: Callable[..., Request]) -> None:
    """It is taken back, not told as damage."""
    scribe.session(*((make_request(f"/v1/{n}"), b"y" * 3000) for n in range(50)))
    subprocess.run([sys.executable, "-c", KILLED_AMID_A_CHANGE, str(scribe.path)], check=True)
    assert scribe.path.with_name(scribe.path.name + "-journal").exists(), "the test proves nothing without"
    with Cassette.open(scribe.path) as cassette:
        found = cassette.interactions()
        assert [i.target for i in found] == [f"/v1/{n}" for n in range(50)]
        answer = cassette.response(found[-1].id)
        assert answer is not None
        assert answer.body == b"y" * 3000
