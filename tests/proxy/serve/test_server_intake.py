"""What the direct engine takes in: bodies of any length and framing, and what it refuses, in words."""

from __future__ import annotations

import json
import statistics
import time
from typing import TYPE_CHECKING

import pytest

from wiretape.proxy.serve.direct import upload

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.proxy.serve.conftest import Raw, Replay, Said, Shelf

    type Get = Callable[..., bytes]

HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LONG = 3 * upload.HELD_BYTES


def posted(get: Get, body: bytes, *headers: str) -> bytes:
    """A request with a body."""
    return get("/v1/x", f"Content-Length: {len(body)}", *headers, method="POST") + body


def chunked(get: Get, body: bytes, size: int, *headers: str) -> bytes:
    """The same in chunks, with an extension and a trailer."""
    framed = b"".join(
        b"%X;a=b\r\n%b\r\n" % (len(body[at : at + size]), body[at : at + size]) for at in range(0, len(body), size)
    )
    head = get("/v1/x", "Transfer-Encoding: chunked", *headers, method="POST")
    return head + framed + b"0\r\nX-Trailer: 1\r\n\r\n"


def refused(answer: bytes, status: int) -> str:
    """Make sure that *answer* is a refusal; says its detail."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status), answer
    assert b"\r\nConnection: close\r\n" in head
    told = json.loads(body)
    assert (told["status"], told["error"]["code"]) == (status, "WIRETAPE_UNREADABLE")
    return str(told["detail"])


class TestBodies:
    @pytest.mark.parametrize("known", [b"", b"short", b'{"a": 1}', b"\xff\x00" * 50_000], ids=range(4))
    def test_framing_does_not_count(self, shelf: Shelf, said: type[Said], get: Get, known: bytes) -> None:
        """A length or chunks of any size."""
        shelf.record(said(method="POST", asked=known))
        with shelf.replay() as replay, replay.raw() as raw:
            for asked in (posted(get, known), chunked(get, known, 7), chunked(get, known, 4096)):
                raw.send(asked)
                assert raw.read(len(HELLO)) == HELLO
            assert replay.end().misses == []

    @pytest.mark.parametrize("body", [bytes(range(256)) * (LONG // 256), b"x" * LONG], ids=["bytes", "text"])
    def test_a_long_body_of_bytes_is_digested(self, shelf: Shelf, said: type[Said], get: Get, body: bytes) -> None:
        """And never held; one byte more is another body."""
        shelf.record(said(method="POST", asked=body))
        with shelf.replay() as replay:
            assert replay.exchange(posted(get, body)) == HELLO
            assert replay.exchange(chunked(get, body, 100_000)) == HELLO
            miss = json.loads(replay.exchange(posted(get, body + b"x")).partition(b"\r\n\r\n")[2])
            assert miss["kind"] == "unknown"
            assert f"its body of {len(body) + 1} bytes is too long to be compared" in miss["detail"]

    def test_below_a_prefix(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """Short or long, it is matched without what stands before every path of the upstream."""
        shelf.upstream = "https://api.aitronos.com/base"
        bodies = [b"x", b"x" * LONG, b'{"a": "' + b"x" * LONG + b'"}']
        shelf.record(*[said(method="POST", asked=body) for body in bodies])
        with shelf.replay() as replay:
            assert replay.exchange(b"".join(posted(get, body) for body in bodies)) == HELLO * 3
            absolute = [posted(get, body).replace(b"/v1", b"https://api.aitronos.com/base/v1", 1) for body in bodies]
            assert replay.exchange(b"".join(absolute)) == HELLO * 3

    @pytest.mark.parametrize("kind", ["json", "form", "multipart", "blank"])
    def test_a_long_body_that_must_be_understood(self, shelf: Shelf, said: type[Said], get: Get, kind: str) -> None:
        """Waits aside until it is whole, then counts by its meaning."""
        filling = "x" * LONG
        known, spelled, media = {
            "json": (f'{{"a": 1, "b": "{filling}"}}', f'{{"b":"{filling}","a":1.0}}', "application/json"),
            "form": (f"a=1&b={filling}", f"b={filling}&a=1", "application/x-www-form-urlencoded"),
            "multipart": (
                f'--one\r\nContent-Disposition: form-data; name="f"\r\n\r\n{filling}\r\n--one--\r\n',
                f'--two\r\nContent-Disposition: form-data; name="f"\r\n\r\n{filling}\r\n--two--\r\n',
                "application/json",
            ),
            "blank": (" " * LONG + "x", " " * LONG + "x", "text/plain"),
        }[kind]
        shelf.record(said(method="POST", asked=known.encode(), kind=media.encode()))
        with shelf.replay() as replay:
            assert replay.exchange(posted(get, spelled.encode(), f"Content-Type: {media}") * 2) == HELLO * 2
            assert replay.end().misses == []

    def test_a_body_that_is_too_long(self, replay: Replay, get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
        """Refused as soon as that is known, and counted."""
        monkeypatch.setattr(upload, "KEYED_BYTES", 2 * upload.HELD_BYTES)
        with replay.raw() as raw:
            raw.send(posted(get, b'{"a":"' + b"x" * LONG))
            assert "a body of more than 2 MiB" in refused(raw.rest(), 413)
        summary = replay.end()
        assert summary.misses[0].request == "POST https://api.aitronos.com/v1/x"
        assert summary.exit_code(0) == 1

    def test_a_get_with_a_body(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """The oldest clients poll that way."""
        shelf.record(said(asked=b'{"run_key": 1}'))
        with shelf.replay() as replay:
            asked = get("/v1/x", "Content-Length: 13") + b'{"run_key":1}'
            assert replay.exchange(asked + asked) == HELLO * 2

    def test_an_offer_to_upgrade(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """Is declined by an answer in HTTP/1.1, whether with a body or without."""
        shelf.record(said(method="POST", asked=b"abc"), said())
        offer = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__")
        with shelf.replay() as replay:
            asked = [posted(get, b"abc", *offer), chunked(get, b"abc", 2, *offer), get("/v1/x", *offer), get()]
            assert replay.exchange(b"".join(asked)) == HELLO * 4
            with replay.raw() as raw:
                for byte in b"".join(asked):
                    raw.send(bytes([byte]))
                assert raw.read(4 * len(HELLO)) == HELLO * 4


class TestContinue:
    def test_is_said_before_the_body(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """To a client that waits for it."""
        shelf.record(said(method="POST", asked=b"abc"))
        with shelf.replay() as replay, replay.raw() as raw:
            for _ in range(2):
                raw.send(get("/v1/x", "Content-Length: 3", "expect: 100-Continue", method="POST"))
                assert raw.read(len(CONTINUE)) == CONTINUE
                raw.send(b"abc")
                assert raw.read(len(HELLO)) == HELLO

    def test_waits_for_its_turn(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """It does not fall into the middle of another answer."""
        shelf.record(said(method="POST", asked=b"abc"), said("/v1/y", chunks=[b"y"] * 3))
        with shelf.replay() as replay, replay.raw() as raw:
            raw.send(get("/v1/y") + get("/v1/x", "Content-Length: 3", "Expect: 100-continue", method="POST"))
            assert raw.answer()[1] == b"yyy"
            assert raw.read(len(CONTINUE)) == CONTINUE
            raw.send(b"abc")
            assert raw.read(len(HELLO)) == HELLO

    def test_a_long_body_may_come(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """That is when clients wait for it."""
        body = b"x" * LONG
        shelf.record(said(method="POST", asked=body))
        with shelf.replay() as replay, replay.raw() as raw:
            raw.send(get("/v1/x", f"Content-Length: {LONG}", "Expect: 100-continue", method="POST"))
            assert raw.read(len(CONTINUE)) == CONTINUE
            raw.send(body)
            assert raw.read(len(HELLO)) == HELLO

    def test_is_not_said_to_http_1_0(self, shelf: Shelf, said: type[Said], get: Get) -> None:
        """It would take it for the answer."""
        shelf.record(said(method="POST", asked=b"abc"))
        with shelf.replay() as replay:
            asked = get("/v1/x", "Content-Length: 3", "Expect: 100-continue", method="POST", version="HTTP/1.0")
            assert replay.exchange(asked + b"abc") == HELLO


class TestGarbage:
    @pytest.mark.parametrize(
        ("sent", "words"),
        [
            (b"hello?\r\n\r\n", "no HTTP/1.1 request"),
            (b"\x00\x01\x02\x03", "no HTTP/1.1 request"),
            (b"get / HTTP/1.1\r\n\r\n", "Invalid method"),
            (b"BREW / HTTP/1.1\r\n\r\n", "Invalid method"),
            (b"GET / HTTP/1.1\r\nNo colon\r\n\r\n", "no HTTP/1.1 request"),
            (b"GET / HTTP/1.1\r\nX: \x00\r\n\r\n", "no HTTP/1.1 request"),
            (b"GET /\xfc HTTP/1.1\r\n\r\n", "Invalid char in url"),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2 without TLS"),
            (b"GET ftp://host/ HTTP/1.1\r\n\r\n", "no target that a proxy knows"),
            (b"GET http://host:99999/ HTTP/1.1\r\n\r\n", "no target that a proxy knows"),
            (b"GET http:///x HTTP/1.1\r\n\r\n", "no target that a proxy knows"),
            (b"CONNECT api.aitronos.com HTTP/1.1\r\n\r\n", "names no HOST:PORT"),
            (b"CONNECT api.aitronos.com:x HTTP/1.1\r\n\r\n", ""),
            (b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", "Transfer-Encoding"),
            (b"POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", "Content-Length"),
            (b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n", "Content-Length"),
            (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "chunk size"),
            (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", "Transfer-Encoding"),
        ],
    )  # fmt: skip
    def test_is_refused(self, replay: Replay, get: Get, sent: bytes, words: str) -> None:
        """In words, after what came before it, and counted: the client did not get what it asked for."""
        assert words in refused(replay.exchange(sent), 400)
        with replay.raw() as raw:
            raw.send(get() + sent)
            assert raw.read(len(HELLO)) == HELLO
            assert words in refused(raw.rest(), 400)
        assert len(replay.end().misses) == 2

    def test_who_goes_on_sending_can_read_why(self, replay: Replay) -> None:
        """The connection is not reset under its hands."""
        with replay.raw() as raw:
            raw.send(b"garbage " * 200_000 + b"\r\n\r\n")
            assert refused(raw.rest(), 400)

    @pytest.mark.parametrize(
        "head",
        [
            b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
            b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 257 + b"\r\n",
            b"GET / HTTP/1.1\r\n" + b"X: " + b"x" * 2_000_000,
            b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200_000,
            b"GET /" + b"x" * 2_000_000,
        ],
        ids=["target", "header", "headers", "endless header", "endless headers", "endless target"],
    )
    def test_too_long_a_head(self, replay: Replay, head: bytes) -> None:
        """Refused with a status of its own."""
        with replay.raw() as raw:
            raw.send(head)
            assert "a head of more than" in refused(raw.rest(), 431)

    def test_as_long_a_head_as_is_taken(self, replay: Replay, get: Get) -> None:
        """Not less than it says."""
        assert replay.exchange(get("/v1/x", *["X-Many: y"] * 250, "X-Long: " + "x" * 50_000)) == HELLO


def _waits(raw: Raw, head: bytes, body: bytes) -> float:
    """How long an answer takes to a client that sends head and body apart, with Nagle's algorithm between."""
    began = time.perf_counter()
    raw.send(head)
    raw.send(body)
    raw.answer()
    return time.perf_counter() - began


def test_a_head_is_acknowledged_at_once(shelf: Shelf, said: type[Said], get: Get) -> None:
    """Else clients such as `requests` behind a proxy wait 40 ms for every request with a body."""
    shelf.record(said(method="POST", asked=b"abc"))
    head = get("http://api.aitronos.com/v1/x", "Content-Length: 3", method="POST")
    with shelf.replay() as replay, replay.raw() as raw:
        # The kernel itself is quick at the beginning of a connection.
        assert statistics.median(_waits(raw, head, b"abc") for _ in range(40)) < 0.02
