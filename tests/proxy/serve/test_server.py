"""The direct engine byte by byte: order, framing, what it takes, what it refuses, what it tells."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

from wiretape.proxy.decide.modes import WhenSpent
from wiretape.proxy.playback import Playback

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.proxy.serve.conftest import Replay, Said, Shelf

    type Get = Callable[..., bytes]

HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
STREAM = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n0\r\n\r\n"
CHUNKED = ((b"Transfer-Encoding", b"chunked"),)


def document(answer: bytes) -> dict[str, object]:
    """The JSON of the last answer in some bytes."""
    found: dict[str, object] = json.loads(answer.rpartition(b"\r\n\r\n")[2])
    return found


class TestOrder:
    def test_keep_alive(self, replay: Replay, get: Get) -> None:
        """One after the other on one connection."""
        with replay.raw() as raw:
            for _ in range(3):
                raw.send(get())
                assert raw.read(len(HELLO)) == HELLO
                raw.send(get("/v1/stream"))
                assert raw.read(len(STREAM)) == STREAM
        assert replay.end().served == 6

    def test_pipelined(self, replay: Replay, get: Get) -> None:
        """All at once: answered in their order, streams and misses among them."""
        said = replay.exchange(get() + get("/v1/stream") + get("/v1/unknown") + get() + get("/v1/stream"))
        assert said.startswith(HELLO + STREAM + b"HTTP/1.1 424 ")
        assert said.endswith(HELLO + STREAM)

    def test_very_many_pipelined(self, replay: Replay, get: Get) -> None:
        """More than wait at a time."""
        with replay.raw() as raw:
            raw.send(get("/v1/stream") * 1000 + get() * 1000)
            assert raw.read(1000 * len(STREAM)) == STREAM * 1000
            assert raw.read(1000 * len(HELLO)) == HELLO * 1000

    def test_byte_by_byte(self, replay: Replay, get: Get) -> None:
        """However slowly a request comes."""
        with replay.raw() as raw:
            raw.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in get() + b"\r\n" + get():
                raw.send(bytes([byte]))
            assert raw.read(2 * len(HELLO)) == HELLO * 2

    def test_half_closed(self, replay: Replay, get: Get) -> None:
        """Who has said all is still answered, then left."""
        assert replay.exchange(get("/v1/stream") + get()) == STREAM + HELLO

    def test_hanging_up_in_the_middle_of_a_request(self, replay: Replay, get: Get) -> None:
        """What did not come whole was not asked."""
        assert replay.exchange(get() + get()[:-5]) == HELLO
        assert replay.exchange(get("/v1/x", "Content-Length: 10", method="POST") + b"12345") == b""
        assert replay.end().misses == []

    def test_nothing_at_all(self, replay: Replay) -> None:
        """A look whether somebody listens."""
        assert replay.exchange(b"") == b""


class TestTheConnectionsEnd:
    def test_the_client_wants_it(self, replay: Replay, get: Get) -> None:
        """What follows is not read; the second time its bytes are known, and nothing changes."""
        for _ in range(2):
            with replay.raw() as raw:
                raw.send(get("/v1/x", "Connection: close"))
                assert raw.rest() == HELLO
            with replay.raw() as raw:
                raw.send(get("/v1/x", "Connection: close") + get())
                assert raw.rest() == HELLO

    def test_the_recording_wants_it(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """As its head says."""
        shelf.record(said(headers=((b"Connection", b"Close"),)))
        with shelf.replay() as replay, replay.raw() as raw:
            raw.send(get() + get())
            assert raw.rest() == HELLO.replace(b"Content", b"Connection: Close\r\nContent")

    def test_http_1_0(self, replay: Replay, get: Get) -> None:
        """Ends with the answer; chunks are taken out, for such a client does not know them."""
        with replay.raw() as raw:
            raw.send(get(version="HTTP/1.0"))
            assert raw.rest() == HELLO
        with replay.raw() as raw:
            raw.send(get("/v1/stream", version="HTTP/1.0"))
            assert raw.rest() == b"HTTP/1.1 200 OK\r\n\r\nonetwothree"

    def test_http_1_0_kept_alive(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """Where both sides say so."""
        shelf.record(said(headers=((b"Connection", b"keep-alive"),)))
        with shelf.replay() as replay, replay.raw() as raw:
            for _ in range(2):
                raw.send(get("/v1/x", "Connection: keep-alive", version="HTTP/1.0"))
                assert raw.answer()[1] == b"hello"

    @pytest.mark.parametrize("length", [True, False])
    def test_a_broken_recording_breaks_off(self, shelf: Shelf, said: type[Said], get: Get, *, length: bool) -> None:
        """Without the chunk that would end it, or short of its length."""
        headers = ((b"Content-Length", b"100"),) if length else CHUNKED
        shelf.record(said(chunks=(b"ab", b"c"), headers=headers, length=False, ended="upstream_error"))
        with shelf.replay() as replay, replay.raw() as raw:
            raw.send(get())
            assert raw.rest().partition(b"\r\n\r\n")[2] == (b"abc" if length else b"2\r\nab\r\n1\r\nc\r\n")

    def test_less_than_its_length(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """A recording that is shorter than it says keeps nobody waiting."""
        shelf.record(said(headers=((b"Content-Length", b"100"),), length=False))
        with shelf.replay() as replay, replay.raw() as raw:
            raw.send(get())
            assert raw.rest().endswith(b"\r\n\r\nhello")


class TestFraming:
    @pytest.mark.parametrize("status", [204, 304])
    def test_without_a_body(self, shelf: Shelf, said: type[Said], get: Get, status: int) -> None:
        """Whatever the headers promise."""
        shelf.record(said(status=status, chunks=(), headers=((b"Content-Length", b"9"),), length=False))
        with shelf.replay() as replay, replay.raw() as raw:
            for _ in range(2):
                raw.send(get())
                assert raw.until(b"\r\n\r\n") == b"HTTP/1.1 %d OK\r\nContent-Length: 9\r\n\r\n" % status

    def test_head(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """A head alone, a miss too."""
        shelf.record(said(method="HEAD", chunks=(), headers=((b"Content-Length", b"9"),), length=False))
        with shelf.replay() as replay:
            heads = replay.exchange(get(method="HEAD") + get("/v1/y", method="HEAD") + get(method="HEAD"))
        first, miss, third, nothing = heads.split(b"\r\n\r\n")
        assert first == third == b"HTTP/1.1 200 OK\r\nContent-Length: 9"
        assert miss.startswith(b"HTTP/1.1 424 ")
        assert nothing == b""

    def test_http_2_in_one_chunk(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """HTTP/2 sends no reason and needs no length; an HTTP/1.1 client does."""
        shelf.record(said(version="HTTP/2.0", reason="", length=False, headers=((b"x-a", b"1"),), status=201))
        with shelf.replay() as replay:
            expected = b"HTTP/1.1 201 Created\r\nx-a: 1\r\ncontent-length: 5\r\n\r\nhello"
            assert replay.exchange(get() + get()) == expected * 2

    def test_http_2_in_several_chunks(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """The chunks stay what they were."""
        shelf.record(said(version="HTTP/2.0", reason="", length=False, chunks=(b"a", b"bc")))
        with shelf.replay() as replay:
            expected = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n"
            assert replay.exchange(get() + get()) == expected * 2

    def test_http_2_broken_off(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """Visible as such, though HTTP/2 has other means for it."""
        shelf.record(said(version="HTTP/2.0", reason="", length=False, ended="upstream_error"))
        with shelf.replay() as replay:
            said_bytes = replay.exchange(get())
        assert said_bytes.endswith(b"transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n")

    def test_headers_are_as_they_were(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """Order, case, doubles, odd bytes."""
        headers = ((b"b", b"1"), (b"A", b""), (b"B", b"\xe9"), (b"b", b"1"))
        shelf.record(said(headers=headers, reason="Caf\xe9  au lait", status=299))
        with shelf.replay() as replay:
            head = replay.exchange(get()).partition(b"\r\n\r\n")[0]
        assert head == b"HTTP/1.1 299 Caf\xe9  au lait\r\nb: 1\r\nA: \r\nB: \xe9\r\nb: 1\r\nContent-Length: 5"

    def test_many_small_chunks(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """Ten thousand of them, more than are kept in memory for the next time."""
        chunks = [b"event %d" % number for number in range(10_000)]
        shelf.record(said(chunks=chunks, headers=CHUNKED, length=False))
        framed = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
        with shelf.replay() as replay:
            for _ in range(2):
                assert replay.exchange(get()).partition(b"\r\n\r\n")[2] == framed

    def test_one_very_long_chunk(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """One frame, whatever it takes to write it."""
        chunk = bytes(range(256)) * 12_000
        shelf.record(said(chunks=(chunk, b"x"), headers=CHUNKED, length=False))
        with shelf.replay() as replay:
            body = replay.exchange(get()).partition(b"\r\n\r\n")[2]
        assert body == b"%x\r\n%b\r\n1\r\nx\r\n0\r\n\r\n" % (len(chunk), chunk)


class TestMisses:
    def test_a_miss(self, replay: Replay, get: Get) -> None:
        """Told to the client, to the terminal and at the end."""
        with replay.raw() as raw:
            raw.send(get("/v1/streams"))
            head, body = raw.answer()
            raw.send(get())
            assert raw.read(len(HELLO)) == HELLO
        assert head.startswith(
            b"HTTP/1.1 424 Failed Dependency\r\nContent-Type: application/problem+json\r\nx-should-retry: false\r\n"
            b"X-Wiretape-Miss: unknown\r\nContent-Length: "
        )
        told = json.loads(body)
        assert told["kind"] == "unknown"
        assert {near["request"] for near in told["nearest"]} == {"GET /v1/x", "GET /v1/stream"}
        assert replay.lines[0] == "not recorded: GET https://api.aitronos.com/v1/streams"
        assert replay.end().exit_code(0) == 1

    def test_many_at_once(self, replay: Replay, get: Get) -> None:
        """A storm of them does not keep an answer waiting, and each counts."""
        asking = [replay.raw() for _ in range(50)]
        for number, raw in enumerate(asking):
            raw.send(get(f"/v1/unknown/{number}"))
        assert replay.exchange(get()) == HELLO
        for raw in asking:
            assert raw.answer()[0].startswith(b"HTTP/1.1 424 ")
            raw.socket.close()
        assert len(replay.end().misses) == 50

    def test_who_leaves_is_counted_all_the_same(self, replay: Replay, get: Get) -> None:
        """A client's timeout must not make a run look well."""
        for number in range(20):
            with replay.raw() as raw:
                raw.send(get(f"/v1/unknown/{number}"))
        assert replay.exchange(get()) == HELLO
        assert len(replay.end().misses) == 20

    def test_spent(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """Recorded twice, in their order, then no more; known bytes are asked for like any others."""
        shelf.record(said(chunks=(b"1",)), said(chunks=(b"2",)))
        with shelf.replay(when_spent=WhenSpent.MISS) as replay, replay.raw() as raw:
            for body in (b"1", b"2"):
                raw.send(get())
                assert raw.answer()[1] == body
            raw.send(get())
            assert json.loads(raw.answer()[1])["consumed"] == 2

    def test_a_foreign_host(self, replay: Replay, get: Get) -> None:
        """Nothing is let out."""
        said = replay.exchange(get("http://example.org:81/x") + get("http://API.aitronos.com/v1/x"))
        detail = "example.org:81 is not the API and was not recorded; replay lets nothing out"
        assert json.loads(said.partition(b"\r\n\r\n")[2].partition(b"HTTP/1.1")[0])["detail"] == detail
        assert said.endswith(HELLO)

    def test_a_session_that_is_closed_meanwhile(self, replay: Replay, get: Get) -> None:
        """Who asks on gets a miss that says so, not a failure of ours."""
        with replay.raw() as raw:
            raw.send(get())
            assert raw.read(len(HELLO)) == HELLO
            replay.run.close()
            raw.send(get())
            _, body = raw.answer()
        told = json.loads(body)
        assert (told["kind"], "closed meanwhile" in told["detail"]) == ("unknown", True)

    def test_our_own_failure(self, replay: Replay, get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
        """A miss of its own kind, whatever fails, and the connection goes on."""

        def fail(*_: object) -> None:
            raise ZeroDivisionError("on purpose")

        with monkeypatch.context() as patch:
            patch.setattr(replay.run.playback.player, "ask", fail)
            assert document(replay.exchange(get()))["kind"] == "failure"
        with monkeypatch.context() as patch:
            patch.setattr("wiretape.proxy.serve.direct.asking.canonical", fail)
            assert document(replay.exchange(get("/v1/x", "X-New: 1")))["kind"] == "failure"
            assert document(replay.exchange(get("/v1/y")))["kind"] == "failure"
        with monkeypatch.context() as patch:
            patch.setattr(Playback, "compared", fail)
            assert document(replay.exchange(get("/v1/y")))["kind"] == "failure"
        assert replay.exchange(get()) == HELLO
        summary = replay.end()
        assert [miss.kind for miss in summary.misses] == ["failure"] * 4
        assert "ZeroDivisionError: on purpose" in summary.misses[0].detail
