"""Pace: what is said of it, when answers are due, and that they come when they are."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING

import pytest

from wiretape.proxy.decide.pace import INSTANT, RECORDED, Pace, parse_pace
from wiretape.store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.proxy.serve.conftest import Raw, Said, Shelf

    type Get = Callable[..., bytes]

CHUNKED = ((b"Transfer-Encoding", b"chunked"),)


class TestWords:
    @pytest.mark.parametrize(
        ("text", "pace"),
        [
            ("instant", INSTANT),
            (" Instant ", INSTANT),
            ("recorded", RECORDED),
            ("1x", RECORDED),
            ("4x", Pace(4.0)),
            ("0.5x", Pace(0.5)),
            (".5X", Pace(0.5)),
            ("1000x", Pace(1000.0)),
            ("0.001x", Pace(0.001)),
        ],
    )
    def test_are_read(self, text: str, pace: Pace) -> None:
        """Two names, and any factor in reason."""
        assert parse_pace(text) == pace

    @pytest.mark.parametrize(
        "text", ["", "x", "4", "x4", "fast", "-1x", "0x", "0.0x", "nanx", "infx", "1e3x", "1001x", "4xx", "٤x", "1_0x"]
    )
    def test_nonsense_is_refused(self, text: str) -> None:
        """With the option's name and what it takes."""
        with pytest.raises(UsageError, match=r"--pace .*`"):
            parse_pace(text)

    @pytest.mark.parametrize("text", ["instant", "recorded", "4x", "0.5x"])
    def test_are_written_as_they_are_read(self, text: str) -> None:
        """So that a message can name them."""
        assert str(parse_pace(text)) == text

    def test_delays(self) -> None:
        """Seconds from the request to what came then."""
        assert RECORDED.delay(1_500_000) == 1.5
        assert parse_pace("4x").delay(1_000_000) == 0.25
        assert parse_pace("0.5x").delay(1_000_000) == 2.0
        assert INSTANT.delay(10**12) == 0.0
        assert INSTANT.instant
        assert not RECORDED.instant


def arrivals(raw: Raw, marks: list[bytes]) -> list[float]:
    """When each of *marks* was read, in seconds."""
    found: list[float] = []
    for mark in marks:
        assert raw.until(mark).endswith(mark)
        found.append(time.monotonic())
    return found


class TestTimes:
    """Lower bounds are exact; upper ones are generous, for a machine may be busy."""

    def test_at_recorded_pace(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """The head when it came, each chunk when it came, the end with it; not one after the other but by the clock."""
        times = [200_000, 250_000, 400_000]
        shelf.record(said(chunks=[b"a", b"b", b"c"], headers=CHUNKED, length=False, times=times, first_byte_us=100_000))
        with shelf.replay(RECORDED) as replay, replay.raw() as raw:
            for _ in range(2):
                began = time.monotonic()
                raw.send(get())
                found = arrivals(raw, [b"\r\n\r\n", b"a\r\n", b"b\r\n", b"c\r\n0\r\n\r\n"])
                for at, due in zip(found, [0.1, 0.2, 0.25, 0.4], strict=True):
                    assert due - 0.005 < at - began < due + 0.3

    def test_faster(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """Four times as fast."""
        shelf.record(said(chunks=[b"a", b"b"], headers=CHUNKED, length=False, times=[400_000, 1_200_000]))
        with shelf.replay(Pace(4.0)) as replay, replay.raw() as raw:
            began = time.monotonic()
            raw.send(get())
            first, last = arrivals(raw, [b"a\r\n", b"0\r\n\r\n"])
            assert 0.095 < first - began < 0.29
            assert 0.295 < last - began < 0.6

    def test_at_once(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """An hour's stream in a moment."""
        times = [3_600_000_000 * n for n in range(3)]
        shelf.record(said(chunks=[b"a", b"b", b"c"], headers=CHUNKED, length=False, times=times))
        with shelf.replay() as replay, replay.raw() as raw:
            began = time.monotonic()
            raw.send(get())
            raw.until(b"0\r\n\r\n")
            assert time.monotonic() - began < 5

    def test_a_short_answer_waits_too(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """And the next request on the connection is counted from its own arrival."""
        shelf.record(said(times=[150_000], first_byte_us=150_000))
        with shelf.replay(RECORDED) as replay, replay.raw() as raw:
            for _ in range(2):
                began = time.monotonic()
                raw.send(get())
                assert raw.answer()[1] == b"hello"
                assert 0.145 < time.monotonic() - began < 0.45

    def test_streams_side_by_side(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """Each keeps its own time."""
        times = range(50_000, 550_000, 50_000)
        shelf.record(
            said(chunks=[b"%d" % n for n in range(10)], headers=CHUNKED, length=False, times=times, first_byte_us=0)
        )
        with shelf.replay(RECORDED) as replay:
            raws = [replay.raw() for _ in range(20)]
            for raw in raws:
                raw.send(get())
            began = time.monotonic()
            for number, raw in itertools.product(range(10), raws):
                raw.until(b"%d\r\n" % number)
            assert 0.4 < time.monotonic() - began < 2
            for raw in raws:
                raw.socket.close()

    def test_a_broken_stream_breaks_off_when_it_did(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """After the silence that came before."""
        shelf.record(
            said(chunks=[b"a"], headers=CHUNKED, length=False, times=[1000], ended="upstream_error", ended_us=300_000)
        )
        with shelf.replay(RECORDED) as replay, replay.raw() as raw:
            began = time.monotonic()
            raw.send(get())
            raw.until(b"a\r\n")
            assert time.monotonic() - began < 0.25
            assert raw.rest() == b""
            assert time.monotonic() - began > 0.295
