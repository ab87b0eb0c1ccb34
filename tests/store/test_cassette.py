"""What was written is read again, to the byte; what is no cassette is refused and left alone."""

from __future__ import annotations

import sqlite3
import stat
from typing import TYPE_CHECKING

import pytest

from wiretape.store import errors
from wiretape.store.cassette import Cassette
from wiretape.store.identity import APPLICATION_ID, USER_VERSION
from wiretape.store.interaction import Chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Scribe
    from wiretape.store.interaction import Request


def answer_pieces(cassette: Cassette, interaction_id: int) -> Iterator[bytes]:
    return cassette.body_pieces(cassette.stored_response(interaction_id).body_id)


def test_an_interaction_comes_back_as_it_was(scribe: Scribe, make_request: Callable[..., Request]) -> None:
    """Headers keep order, case, number and odd bytes; bodies and chunks are the same."""
    request = make_request("/v1/x?b=2&a=1", "POST", b'{"a": 1}')
    writer = scribe.begin()
    scribe.exchange(writer, request, [b"Gr\xc3", b"\xbcezi", b"!"])
    writer.end("2026-01-02T03:04:06.000000Z")
    with Cassette.open(scribe.path) as cassette:
        (found,) = cassette.interactions()
        response = cassette.response(found.id)
        assert response is not None
        assert cassette.request(found.id) == request
        assert response.head.headers == ((b"Content-Type", b"application/json"), (b"Set-X", b"1"), (b"set-x", b"2"))
        assert response.body == "Grüezi!".encode()
        assert cassette.chunks(found.id) == [Chunk(1_000, 3), Chunk(11_000, 4), Chunk(21_000, 1)]
        assert (found.url, found.path) == ("https://api.aitronos.com/v1/x?b=2&a=1", "/v1/x")
        assert (found.request_bytes, found.response_bytes, found.chunk_count) == (8, 8, 3)
        assert (found.ended, found.duration_us, found.first_byte_us) == ("complete", 31_000, 1_000)
        assert cassette.interaction("default/1").id == cassette.interaction(str(found.id)).id


def test_the_beginning_of_a_request(scribe: Scribe, make_request: Callable[..., Request]) -> None:
    """Of a long body one piece and no more, of a short one all."""
    long, short = bytes(3 << 20) + b"end", b"short"
    scribe.session(*((make_request("/v1/files", "POST", body), b"{}") for body in (long, short, b"")))
    with Cassette.open(scribe.path) as cassette:
        assert [cassette.request_beginning(i).body for i in (1, 2, 3)] == [bytes(1 << 20), short, b""]
        assert cassette.request_beginning(2) == cassette.request(2)


def test_equal_bodies_are_stored_once(scribe: Scribe, make_request: Callable[..., Request]) -> None:
    """A body is known by its digest."""
    scribe.session(*[(make_request(f"/{n}", "POST", b"same"), b"equal") for n in range(5)])
    with sqlite3.connect(scribe.path) as connection:
        assert connection.execute("SELECT count(*), sum(size_bytes) FROM body").fetchone() == (2, 9)
        assert connection.execute("SELECT count(*) FROM piece").fetchone() == (2,)
    connection.close()


def test_a_long_body_lies_in_pieces(scribe: Scribe, make_request: Callable[..., Request]) -> None:
    """No piece is longer than 1 MiB, whatever the chunks were."""
    body = bytes(range(256)) * 12_000
    writer = scribe.begin()
    scribe.exchange(writer, make_request(), [body[:10], body[10:3_000_000], body[3_000_000:]])
    writer.end("2026-01-02T03:04:06Z")
    with Cassette.open(scribe.path) as cassette:
        pieces = list(answer_pieces(cassette, cassette.interactions()[0].id))
    assert b"".join(pieces) == body
    assert max(map(len, pieces)) == 1024 * 1024
    assert len(pieces) == 3


def test_answers_follow_the_recorded_order(scribe: Scribe, make_request: Callable[..., Request]) -> None:
    """The same request finds its answers in the order they came; one without an answer is none."""
    writer = scribe.begin()
    for body in (b"one", b"two"):
        scribe.exchange(writer, make_request(), [body])
    unanswered = writer.interaction(make_request(), "api", "2026-01-02T03:04:05Z")
    with Cassette.open(scribe.path) as cassette:
        key = cassette.interactions()[0].match_key
        assert key is not None
        unanswered.request_done(key, redacted=False)
        unanswered.finish("upstream_error", 5, problem="refused").result()
        found = cassette.answers(cassette.session("default").id, key)
        assert [b"".join(answer_pieces(cassette, i)) for i in found] == [b"one", b"two"]
    writer.end("2026-01-02T03:04:06Z")


def test_a_recording_can_be_read_while_it_goes_on(scribe: Scribe, make_request: Callable[..., Request]) -> None:
    """What the future promised is there for every other reader."""
    writer = scribe.begin()
    scribe.exchange(writer, make_request(), [b"x"])
    with Cassette.open(scribe.path) as cassette:
        assert cassette.session("default").state == "recording"
        assert len(cassette.interactions("default")) == 1
    writer.end("2026-01-02T03:04:06Z")


def test_the_file_is_private_and_plain(scribe: Scribe, make_request: Callable[..., Request]) -> None:
    """Mode 0600; one file, no -wal beside it."""
    scribe.session((make_request(), b"x"))
    assert stat.S_IMODE(scribe.path.stat().st_mode) == 0o600
    assert [p.name for p in scribe.path.parent.iterdir()] == ["x.cassette"]


def test_damage_inside_a_body_is_seen(scribe: Scribe, make_request: Callable[..., Request]) -> None:
    """Bytes that are not what was recorded are never served."""
    scribe.session((make_request(), b"the answer is 42"))
    raw = scribe.path.read_bytes()
    scribe.path.write_bytes(raw.replace(b"the answer is 42", b"the answer is 41"))
    with Cassette.open(scribe.path) as cassette, pytest.raises(errors.CassetteDamaged, match="not what was recorded"):
        cassette.response(cassette.interactions()[0].id)


class TestRefused:
    """Everything that is no cassette: one clear line, exit code 2, the file as it was."""

    @staticmethod
    def refusal(path: Path, scribe: Scribe) -> str:
        before = path.read_bytes() if path.is_file() else None
        kinds: set[type[BaseException]] = set()
        for attempt in (lambda: Cassette.open(path), scribe.begin):
            with pytest.raises(errors.WiretapeError) as caught:
                attempt()
            kinds.add(caught.type)
            assert caught.value.exit_code == 2
            assert "\n" not in str(caught.value)
            assert str(path) in str(caught.value)
        assert before == (path.read_bytes() if path.is_file() else None)
        (kind,) = kinds
        return kind.__name__

    def test_an_empty_file(self, scribe: Scribe) -> None:
        """Never taken for an empty cassette."""
        scribe.path.touch()
        assert self.refusal(scribe.path, scribe) == "CassetteForeign"

    def test_another_kind_of_file(self, scribe: Scribe) -> None:
        """A text file."""
        scribe.path.write_text("interactions: []\n" * 100)
        assert self.refusal(scribe.path, scribe) == "CassetteForeign"

    def test_a_folder(self, scribe: Scribe) -> None:
        """A folder."""
        scribe.path.mkdir()
        assert self.refusal(scribe.path, scribe) == "CassetteForeign"

    def test_somebody_elses_database(self, scribe: Scribe) -> None:
        """An SQLite file without our mark."""
        connection = sqlite3.connect(scribe.path)
        connection.execute("CREATE TABLE session (id)")
        connection.close()
        assert self.refusal(scribe.path, scribe) == "CassetteForeign"

    def test_a_newer_cassette(self, scribe: Scribe, make_request: Callable[..., Request]) -> None:
        """One of a format that is not known yet."""
        scribe.session((make_request(), b"x"))
        connection = sqlite3.connect(scribe.path)
        connection.execute(f"PRAGMA user_version = {USER_VERSION + 1}")
        connection.close()
        assert self.refusal(scribe.path, scribe) == "CassetteNewer"

    def test_a_cassette_cut_short(self, scribe: Scribe, make_request: Callable[..., Request]) -> None:
        """Half of the file is gone."""
        scribe.session((make_request(), b"x" * 100_000))
        raw = scribe.path.read_bytes()
        scribe.path.write_bytes(raw[: len(raw) // 2])
        assert self.refusal(scribe.path, scribe) == "CassetteDamaged"

    def test_a_cassette_with_holes(self, scribe: Scribe, make_request: Callable[..., Request]) -> None:
        """Every page but the first is overwritten."""
        scribe.session((make_request(), b"x"))
        raw = scribe.path.read_bytes()
        scribe.path.write_bytes(raw[:4096] + b"\x5a" * (len(raw) - 4096))
        assert self.refusal(scribe.path, scribe) == "CassetteDamaged"

    def test_a_missing_one_is_not_made_by_reading(self, tmp_path: Path) -> None:
        """Reading makes nothing."""
        with pytest.raises(errors.CassetteMissing, match="record one first"):
            Cassette.open(tmp_path / "none.cassette")
        assert list(tmp_path.iterdir()) == []

    def test_a_place_that_cannot_be_written(self, scribe: Scribe) -> None:
        """A file stands where a folder should."""
        scribe.path.write_text("")
        scribe.path = scribe.path / "deeper" / "x.cassette"
        with pytest.raises(errors.CassetteUnwritable, match="Not a directory"):
            scribe.begin()


def test_the_mark_spells_a_name() -> None:
    """`file` and people can tell a cassette by it."""
    assert APPLICATION_ID.to_bytes(4).decode() == "WTAP"


@pytest.mark.parametrize("name", ["7", "default/7", "other/1", "x", "", "1/2/3", "²"])
def test_an_interaction_that_is_not_there(scribe: Scribe, make_request: Callable[..., Request], name: str) -> None:
    """A wrong name says how to find the right one."""
    scribe.session((make_request(), b"x"))
    with Cassette.open(scribe.path) as cassette, pytest.raises(errors.InteractionMissing, match="wiretape ls"):
        cassette.interaction(name)


def test_a_session_that_is_not_there(scribe: Scribe, make_request: Callable[..., Request]) -> None:
    """The message lists those that are."""
    scribe.session((make_request(), b"x"), name="here")
    with Cassette.open(scribe.path) as cassette, pytest.raises(errors.SessionMissing, match="'here'"):
        cassette.session("there")


def test_damage_at_the_end_of_a_long_body_is_seen_before_its_end(
    scribe: Scribe, make_request: Callable[..., Request]
) -> None:
    """Whoever reads piece by piece never gets the last one of a body that is not what was recorded."""
    body = bytes(range(256)) * 8192 + b"the very end"
    scribe.session((make_request(), body))
    raw = scribe.path.read_bytes()
    scribe.path.write_bytes(raw.replace(b"the very end", b"the very enD"))
    got: list[bytes] = []
    with Cassette.open(scribe.path) as cassette:
        pieces = answer_pieces(cassette, cassette.interactions()[0].id)
        with pytest.raises(errors.CassetteDamaged):
            got.extend(pieces)
    assert b"".join(got) == body[: 2 * 1024 * 1024]
