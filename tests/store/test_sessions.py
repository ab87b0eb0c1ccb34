"""The life of sessions: recorded beside the old one, taken over at a good end, kept at a bad one, adopted."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Literal

import pytest

from wiretape.store import errors, maintenance, pruning
from wiretape.store.cassette import Cassette

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Scribe
    from wiretape.store.interaction import Request

AT = "2026-01-02T03:04:05Z"


def bodies(scribe: Scribe, session: str) -> list[bytes]:
    with Cassette.open(scribe.path) as cassette:
        found = [cassette.response(interaction.id) for interaction in cassette.interactions(session)]
    return [response.body for response in found if response is not None]


def states(scribe: Scribe) -> dict[str, str]:
    with Cassette.open(scribe.path) as cassette:
        return {session.name: session.state for session in cassette.sessions()}


def test_recording_again_takes_the_name_over(scribe: Scribe, make_request: Callable[..., Request]) -> None:
    """Until the end the old one answers; then the new one does, and nothing of the old is left in the file."""
    scribe.session((make_request(), b"old answer"))
    writer = scribe.begin()
    scribe.exchange(writer, make_request(), [b"new answer"])
    assert bodies(scribe, "default") == [b"old answer"]
    assert writer.end(AT) == "default"
    assert bodies(scribe, "default") == [b"new answer"]
    assert states(scribe) == {"default": "complete"}
    connection = sqlite3.connect(scribe.path)
    assert connection.execute("SELECT count(*) FROM body").fetchone() == (1,)
    connection.close()


def test_a_bad_end_leaves_the_old_session_alone(scribe: Scribe, make_request: Callable[..., Request]) -> None:
    """The new one is kept as incomplete, and can be adopted."""
    scribe.session((make_request(), b"old"))
    writer = scribe.begin()
    scribe.exchange(writer, make_request(), [b"new"])
    assert writer.end(AT, "the command exited with 3") == "default~2"
    assert states(scribe) == {"default": "complete", "default~2": "incomplete"}
    assert bodies(scribe, "default") == [b"old"]
    assert maintenance.adopt(scribe.path, "default~2", AT) == "default"
    assert states(scribe) == {"default": "complete"}
    assert bodies(scribe, "default") == [b"new"]


def test_a_good_end_clears_earlier_attempts(scribe: Scribe, make_request: Callable[..., Request]) -> None:
    """What failed to replace the session is superseded with it; what failed later, or is of another name, stays."""
    scribe.session((make_request(), b"old"))
    scribe.session((make_request(), b"other"), name="other")
    for name, body in (("default", b"first"), ("other", b"second"), ("default", b"third")):
        writer = scribe.begin(name)
        scribe.exchange(writer, make_request(), [body])
        writer.end(AT, "the test failed")
    assert set(states(scribe)) == {"default", "default~2", "default~3", "other", "other~2"}
    assert maintenance.adopt(scribe.path, "default~2", AT) == "default"
    assert set(states(scribe)) == {"default", "default~3", "other", "other~2"}
    scribe.session((make_request(), b"new"))
    assert states(scribe) == {"default": "complete", "other": "complete", "other~2": "incomplete"}
    connection = sqlite3.connect(scribe.path)
    assert connection.execute("SELECT count(*) FROM body").fetchone() == (3,)
    connection.close()


def test_an_earlier_attempt_with_a_life_of_its_own_stays(scribe: Scribe, make_request: Callable[..., Request]) -> None:
    """One that was renamed, one that was adopted to stand alone, and what an addition to the session leaves alone."""
    scribe.session((make_request(), b"old"))
    for _ in range(2):
        writer = scribe.begin()
        scribe.exchange(writer, make_request(), [b"new"])
        writer.end(AT, "the test failed")
    maintenance.rename(scribe.path, "default~2", "kept")
    scribe.session((make_request(), b"more"), how="append")
    assert set(states(scribe)) == {"default", "kept", "default~3"}
    scribe.session((make_request(), b"newer"))
    assert states(scribe) == {"default": "complete", "kept": "incomplete"}


@pytest.mark.parametrize("how", ["replace", "append"])
def test_an_empty_recording_clears_nothing(
    scribe: Scribe, make_request: Callable[..., Request], how: Literal["replace", "append"]
) -> None:
    """Also where what the attempts were to replace is gone, so that it takes the name at once; nor does a bad end."""
    scribe.session((make_request(), b"old"))
    writer = scribe.begin()
    scribe.exchange(writer, make_request(), [b"paid for"])
    writer.end(AT, "the test failed")
    pruning.prune(scribe.path, ["default"], incomplete=False, dry_run=False)
    assert scribe.begin(how=how).end(AT) == "default"
    assert states(scribe) == {"default": "complete", "default~2": "incomplete"}
    writer = scribe.begin(how="append")
    scribe.exchange(writer, make_request(), [b"x"])
    assert writer.end(AT, "it failed") == "default"
    assert states(scribe) == {"default": "complete", "default~2": "incomplete"}


def test_a_first_session_bears_its_name_even_when_incomplete(
    scribe: Scribe, make_request: Callable[..., Request]
) -> None:
    """There is nothing it could spoil."""
    writer = scribe.begin()
    scribe.exchange(writer, make_request(), [b"x"])
    assert writer.end(AT, "problem") == "default"
    assert states(scribe) == {"default": "incomplete"}
    assert maintenance.adopt(scribe.path, "default", AT) == "default"
    assert states(scribe) == {"default": "complete"}


@pytest.mark.parametrize("problem", [None, "it failed"])
def test_an_empty_recording_replaces_nothing(
    scribe: Scribe, make_request: Callable[..., Request], problem: str | None
) -> None:
    """What was recorded before was paid for."""
    scribe.session((make_request(), b"old"))
    assert scribe.begin().end(AT, problem) == "default"
    assert states(scribe) == {"default": "complete"}
    assert bodies(scribe, "default") == [b"old"]


def test_appending_goes_on_after_the_last_position(scribe: Scribe, make_request: Callable[..., Request]) -> None:
    """Positions go on, and so do placeholder numbers."""
    writer = scribe.begin()
    scribe.exchange(writer, make_request(), [b"one"])
    writer.note_placeholders(4)
    writer.end(AT)
    writer = scribe.begin(how="append")
    assert writer.opened.placeholders == 4
    scribe.exchange(writer, make_request(), [b"two"])
    writer.end(AT)
    assert bodies(scribe, "default") == [b"one", b"two"]
    with Cassette.open(scribe.path) as cassette:
        assert [i.position for i in cassette.interactions()] == [1, 2]


def test_appending_that_fails_leaves_a_complete_session_complete(
    scribe: Scribe, make_request: Callable[..., Request]
) -> None:
    """What it held before is as good as ever, and what was added is kept."""
    scribe.session((make_request(), b"one"))
    writer = scribe.begin(how="append")
    scribe.exchange(writer, make_request(), [b"two"])
    assert writer.end(AT, "the command exited with 1") == "default"
    assert states(scribe) == {"default": "complete"}
    assert bodies(scribe, "default") == [b"one", b"two"]


def test_a_session_has_one_writer(scribe: Scribe) -> None:
    """A second one is refused; another session of the cassette is not."""
    first = scribe.begin()
    for how in ("replace", "append"):
        with pytest.raises(errors.SessionBusy, match="record under another name"):
            scribe.begin(how=how)
    other = scribe.begin("other")
    other.end(AT)
    first.end(AT)


def test_a_session_whose_recorder_died_is_incomplete(scribe: Scribe, make_request: Callable[..., Request]) -> None:
    """Read and written anew as such; its broken interaction reads as interrupted."""
    writer = scribe.begin()
    writer.interaction(make_request(), "api", AT)
    writer.note_placeholders(0)
    scribe.exchange(writer, make_request(), [b"x"])
    connection = sqlite3.connect(scribe.path)
    connection.execute("UPDATE session SET owner = 'elsewhere 1 1'")
    connection.commit()
    connection.close()
    assert states(scribe) == {"default": "incomplete"}
    with Cassette.open(scribe.path) as cassette:
        assert [i.ended for i in cassette.interactions()] == ["interrupted", "complete"]
        assert cassette.session("default").problem == "its recorder was killed"
    again = scribe.begin()
    assert again.opened.name == "default~2"
    again.end(AT)
    assert states(scribe) == {"default": "incomplete"}
    writer.end(AT)


@pytest.mark.parametrize(("name", "error"), [("none", errors.SessionMissing), ("default", errors.UsageError)])
def test_what_cannot_be_adopted(
    scribe: Scribe, make_request: Callable[..., Request], name: str, error: type[Exception]
) -> None:
    """A session that is not there, or that is complete."""
    scribe.session((make_request(), b"x"))
    with pytest.raises(error):
        maintenance.adopt(scribe.path, name, AT)


def test_adopting_in_a_cassette_that_is_not_there(scribe: Scribe) -> None:
    """Nothing is made."""
    with pytest.raises(errors.CassetteMissing):
        maintenance.adopt(scribe.path, "default", AT)
    assert not scribe.path.exists()
