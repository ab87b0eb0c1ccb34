"""A cassette looked over: what is wrong is found and named, what is merely old is told apart from it."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.matching import match_key
from wiretape.proxy.verifying import Verified, verify
from wiretape.store import errors, maintenance

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Scribe
    from wiretape.store.interaction import Request

AT = "2026-01-02T03:04:05Z"


@pytest.fixture
def recorded(scribe: Scribe, make_request: Callable[..., Request]) -> Scribe:
    """Two sessions; in one a long body and an interaction without an answer."""
    writer = scribe.begin()
    scribe.exchange(writer, make_request("/v1/a", "POST", b'{"q": 1}'), [b"one", b"two"])
    scribe.exchange(writer, make_request("/v1/b", "POST", b"\0" * 1_500_000), [b"x" * 900_000] * 3)
    unanswered = writer.interaction(make_request("/v1/d", "POST"), "api", AT)
    unanswered.request_piece(b"unanswered")
    key = match_key(canonical(make_request("/v1/d", "POST", b"unanswered"), "api"))
    unanswered.request_done(key, redacted=False)
    unanswered.finish("upstream_error", 5, problem="refused").result()
    writer.end(AT)
    scribe.session((make_request("/v1/a"), b"shared"), name="other")
    return scribe


def unseen(_done: int, _total: int) -> None:
    """Progress that nobody watches."""


def found(scribe: Scribe, *names: str) -> Verified:
    return verify(scribe.path, names, unseen)


def changed(scribe: Scribe, *statements: str) -> None:
    connection = sqlite3.connect(scribe.path)
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_what_was_recorded_well(recorded: Scribe) -> None:
    """Nothing is wrong, and the file is as it was."""
    before = recorded.path.read_bytes()
    assert found(recorded) == Verified(2, 4, [], [])
    assert found(recorded, "other") == Verified(1, 1, [], [])
    assert recorded.path.read_bytes() == before
    with pytest.raises(errors.SessionMissing):
        found(recorded, "nothing")


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (
            "UPDATE piece SET bytes = zeroblob(10) WHERE bytes = CAST('unanswered' AS BLOB)",
            "default/3: the body of its request is not what was recorded",
        ),
        (
            """UPDATE piece SET bytes = CAST('{"q": 2}' AS BLOB) WHERE bytes = CAST('{"q": 1}' AS BLOB)""",
            "default/1: the body of its request is not what was recorded",
        ),
        ("UPDATE piece SET bytes = CAST('onetwi' AS BLOB) WHERE bytes = CAST('onetwo' AS BLOB)", "default/1: the body"),
        ("DELETE FROM piece WHERE position = 2", "default/2: the body of its answer holds 2097152 bytes of 2700000"),
        ("UPDATE interaction SET request_bytes = 9 WHERE id = 3", "default/3: its request has 10 bytes, of 9 recorded"),
        ("UPDATE interaction SET chunk_count = 4 WHERE id = 2", "default/2: its answer has 3 chunks, of 4 recorded"),
        ("UPDATE chunk SET position = 7 WHERE position = 2", "default/2: its chunks are not numbered"),
        ("UPDATE chunk SET size_bytes = 1 WHERE interaction_id = 4", "other/1: its answer has 6 bytes"),
        ("UPDATE interaction SET match_key = 'k1:0' WHERE id = 4", "other/1: its match key is not that of its request"),
        ("UPDATE interaction SET match_key = 'k0:0' WHERE id = 4", "other/1: its match key is of another version"),
        ("UPDATE interaction SET request_headers = '1' WHERE id = 3", "default/3: its heads are not what was recorded"),
        ("UPDATE interaction SET status = 201 WHERE id = 4", "other/1: its heads are not what was recorded"),
        ("UPDATE interaction SET ended = 'upstream_error' WHERE id = 1", "default/1: its heads are not what was"),
        ("UPDATE session SET rules = '[]' WHERE name = 'other'", "other: the rules of the session cannot be read"),
        ("UPDATE session SET upstream = 'x' WHERE name = 'other'", "other: the upstream of the session cannot be read"),
    ],
)
def test_damage(recorded: Scribe, statement: str, told: str) -> None:
    """One thing is wrong, and it is named."""
    changed(recorded, statement)
    (finding,) = found(recorded).findings
    assert str(finding).startswith(told)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE interaction SET request_headers = '1' WHERE id = 3", "default/3: its heads cannot be read"),
        ("UPDATE interaction SET request_headers = '[1]' WHERE id = 4", "other/1: the head of its request cannot"),
        ("UPDATE interaction SET response_headers = '[1]' WHERE id = 4", "other/1: the head of its answer cannot"),
    ],
)
def test_heads_that_are_not_sealed(recorded: Scribe, statement: str, told: str) -> None:
    """Those of an older cassette must at least be heads."""
    changed(recorded, "DELETE FROM seal", statement)
    (finding,) = found(recorded).findings
    assert str(finding).startswith(told)


def test_a_file_that_does_not_hold_together(recorded: Scribe) -> None:
    """What points nowhere is of the file; the rest is not looked at."""
    changed(recorded, "DELETE FROM body WHERE id = 1")
    (finding, *_) = found(recorded).findings
    assert finding.interaction is None
    assert "points to a row of body that is not there" in finding.what


def test_pages_that_were_overwritten(recorded: Scribe) -> None:
    """SQLite's own check finds them."""
    content = bytearray(recorded.path.read_bytes())
    connection = sqlite3.connect(recorded.path)
    (page,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'chunk'").fetchone()
    connection.close()
    content[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    recorded.path.write_bytes(content)
    findings = found(recorded).findings
    assert findings
    assert {finding.interaction for finding in findings} == {None}


def test_an_orphan(recorded: Scribe) -> None:
    """A body that nobody holds is looked at too, where the whole cassette is."""
    changed(recorded, "INSERT INTO body (digest, size_bytes) VALUES ('0', 5)")
    assert [finding.what[:6] for finding in found(recorded).findings] == ["body 7"]
    assert found(recorded, "other").findings == []


def test_stale_readings_are_no_damage(recorded: Scribe) -> None:
    """They are told apart, and made anew by reindexing."""
    changed(recorded, "DELETE FROM reading WHERE interaction_id = 1", "UPDATE reading SET details = '{}'")
    assert found(recorded) == Verified(2, 4, [], ["default/1", "default/2", "other/1"])
    maintenance.reindex(recorded.path, unseen)
    assert found(recorded) == Verified(2, 4, [], [])


def test_progress(recorded: Scribe) -> None:
    """It comes to its end."""
    seen: list[tuple[int, int]] = []
    verify(recorded.path, [], lambda done, total: seen.append((done, total)))
    assert seen == [(n, 8) for n in range(1, 9)]
