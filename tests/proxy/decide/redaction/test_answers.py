"""An answer on its way into a cassette: its chunks, its times, its lengths, and when its bytes are there."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import TYPE_CHECKING

import pytest

from wiretape.proxy.decide.recorder import Recorder, Take
from wiretape.proxy.decide.redact import Redactor
from wiretape.store.cassette import Cassette
from wiretape.store.interaction import Request, ResponseHead

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Scribe
    from wiretape.store.interaction import Headers
    from wiretape.store.recording import SessionWriter

AT = "2026-01-02T03:04:05.000006Z"
LONG = "a-secret-of-some-length-0123456789"
JSON = (b"Content-Type", b"application/json")
STREAM = (b"Content-Type", b"text/event-stream")


class Studio:
    """Records one answer after the other."""

    def __init__(self, scribe: Scribe) -> None:
        self.path = scribe.path
        self.writer: SessionWriter = scribe.begin()
        self.recorder = Recorder(self.writer, Redactor())

    def begin(self, *headers: tuple[bytes, bytes]) -> Take:
        request = Request(method="GET", scheme="https", host="h", port=1, target="/v1/x")
        take = self.recorder.begin(request, "api", AT)
        take.request_end()
        take.response_head(ResponseHead(status=200, reason="OK", headers=headers), 1)
        return take

    def answer(self, headers: Headers, *chunks: bytes) -> tuple[Headers, bytes, list[tuple[int, int]], bool]:
        """What is stored: headers, body, the time and size of each chunk, whether it is marked."""
        take = self.begin(*headers)
        for n, chunk in enumerate(chunks):
            take.response_data(chunk, 10 * n)
        take.end("complete", 999).result(30)
        return self.stored()

    def stored(self) -> tuple[Headers, bytes, list[tuple[int, int]], bool]:
        self.writer.flush()
        with Cassette.open(self.path) as cassette:
            one = cassette.interactions()[-1]
            response = cassette.response(one.id)
            assert response is not None
            chunks = [(chunk.at_us, chunk.size) for chunk in cassette.chunks(one.id)]
            assert sum(size for _, size in chunks) == len(response.body)
            return response.head.headers, response.body, chunks, one.redacted


@pytest.fixture
def studio(scribe: Scribe) -> Studio:
    return Studio(scribe)


def test_without_secrets_all_is_as_it_came(studio: Studio) -> None:
    """Bytes, chunks, times, head."""
    headers = (JSON, (b"content-length", b"11"))
    assert studio.answer(headers, b'{"a":', b'"bcd"}') == (headers, b'{"a":"bcd"}', [(0, 5), (10, 6)], False)


def test_a_long_secret_keeps_its_length_and_so_do_the_chunks(studio: Studio) -> None:
    """Wherever it was cut."""
    body = json.dumps({"token": LONG, "n": 1}).encode()
    headers = (JSON, (b"Content-Length", b"%d" % len(body)))
    cut = body.index(LONG.encode()) + 9
    got, stored, chunks, marked = studio.answer(headers, body[:5], body[5:cut], body[cut:])
    assert (got, marked) == (headers, True)
    assert chunks == [(0, 5), (10, cut - 5), (20, len(body) - cut)]
    assert json.loads(stored) == {"token": "REDACTED-token-1-".ljust(len(LONG), "x"), "n": 1}


def test_a_short_secret_changes_the_length(studio: Studio) -> None:
    """Of the chunk in which it began, and in the head."""
    headers = (JSON, (b"Content-Length", b"22"))
    got, stored, chunks, marked = studio.answer(headers, b'{"secret":"a', b'bc","d":1}')
    assert stored == b'{"secret":"REDACTED-secret-1","d":1}'
    assert chunks == [(0, len(b'{"secret":"REDACTED-secret-1')), (10, len(b'","d":1}'))]
    assert (got, marked) == ((JSON, (b"Content-Length", b"%d" % len(stored))), True)


def test_a_broken_answer_stays_as_broken(studio: Studio) -> None:
    """What was promised is still so many bytes more than what came."""
    take = studio.begin(JSON, (b"Content-Length", b"100"))
    take.response_data(b'{"secret":"abc","more":"tex', 5)
    take.end("upstream_error", 9, problem="https://h/?token=abc broke").result(30)
    headers, stored, _, _ = studio.stored()
    assert stored == b'{"secret":"REDACTED-secret-1","more":"tex'
    assert dict(headers)[b"Content-Length"] == b"%d" % (len(stored) + 100 - 27)
    with Cassette.open(studio.path) as cassette:
        assert cassette.interactions()[0].problem == "https://h/?token=REDACTED-secret-1 broke"


def test_a_stream_is_there_frame_by_frame(studio: Studio) -> None:
    """What is complete waits for nothing that is not, even where a chunk ends within a frame."""
    take = studio.begin(STREAM)
    take.response_data(b'data: {"token":"' + LONG[:10].encode(), 1)
    assert studio.stored()[1] == b""
    take.response_data(LONG[10:].encode() + b'"}\n\ndata: {"to', 2)
    first = b'data: {"token":"' + b"REDACTED-token-1-".ljust(len(LONG), b"x") + b'"}\n\n'
    assert studio.stored()[1:3] == (first, [(1, 26), (2, len(first) - 26)])
    take.response_data(b'ken":1}\n\n', 3)
    whole = first + b'data: {"token":1}\n\n'
    assert studio.stored()[1:3] == (whole, [(1, 26), (2, len(first) - 26 + 10), (3, 9)])
    take.end("complete", 4).result(30)
    assert studio.stored()[1:3] == (whole, [(1, 26), (2, len(first) - 26 + 10), (3, 9)])


def test_a_row_of_objects_is_there_object_by_object(studio: Studio) -> None:
    """The oldest streams have no frames."""
    take = studio.begin((b"Content-Type", b"text/plain"))
    take.response_data(b'{"a":"}"}{"tok', 1)
    assert studio.stored()[1] == b'{"a":"}"}'
    take.response_data(b'en":"abc"}', 2)
    assert studio.stored()[1] == b'{"a":"}"}{"token":"REDACTED-token-1"}'
    take.end("client_disconnect", 3).result(30)
    assert [at for at, _ in studio.stored()[2]] == [1, 2]


def test_plain_text_is_there_word_by_word(studio: Studio) -> None:
    """Only a word that may go on is held."""
    take = studio.begin((b"Content-Type", b"text/plain"))
    take.response_data(b"some words, and sk-abcdefgh", 1)
    assert studio.stored()[1] == b"some words, and "
    take.response_data(b"ijklmnopqrst, yes", 2)
    take.end("complete", 3).result(30)
    assert studio.stored()[1] == b"some words, and REDACTED-key-1-xxxxxxxx, yes"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_packed_answer(studio: Studio, coding: str) -> None:
    """Byte for byte where nothing in it is secret, otherwise unpacked, with the times of its chunks."""
    pack: Callable[[bytes], bytes]
    if coding in {"gzip", "deflate"}:
        pack = gzip.compress if coding == "gzip" else zlib.compress
    else:
        module = pytest.importorskip({"br": "brotli", "zstd": "zstandard"}[coding])
        pack = module.compress if coding == "br" else module.ZstdCompressor().compress
    for secret in ("", LONG):
        body = json.dumps({"token": secret, "text": "words " * 50}).encode()
        packed = pack(body)
        headers = (JSON, (b"Content-Encoding", coding.encode()), (b"Content-Length", b"%d" % len(packed)))
        got, stored, chunks, marked = studio.answer(headers, packed[:30], packed[30:])
        if secret:
            assert json.loads(stored)["token"] == "REDACTED-token-1-".ljust(len(LONG), "x")
            assert (got, marked) == ((JSON, (b"Content-Length", b"%d" % len(body))), True)
            assert {at for at, _ in chunks} <= {0, 10}
        else:
            assert (got, stored, chunks, marked) == (headers, packed, [(0, 30), (10, len(packed) - 30)], False)


def test_a_header_that_lies_about_packing(studio: Studio) -> None:
    """The body is what it is."""
    headers = (JSON, (b"content-encoding", b"gzip"))
    _, stored, _, _ = studio.answer(headers, b'{"secret":', b'"abc"}')
    assert stored == b'{"secret":"REDACTED-secret-1"}'
    assert studio.answer(headers, b'{"plain":', b'"abc"}')[:2] == (headers, b'{"plain":"abc"}')


def test_trailers_and_redirects(studio: Studio) -> None:
    """They hold secrets like any header."""
    take = studio.begin((b"Location", b"/v1/files/s/seg/f?token=abcdef"), (b"x-note", b"1"))
    take.end("complete", 5, trailers=((b"X-Api-Key", b"abc"), (b"grpc-status", b"0"))).result(30)
    assert studio.stored()[0] == (
        (b"Location", b"/v1/files/s/REDACTED-token-1/f?token=REDACTED-token-2"),
        (b"x-note", b"1"),
    )
    with Cassette.open(studio.path) as cassette:
        response = cassette.response(1)
        assert response is not None
        assert response.trailers == ((b"X-Api-Key", b"REDACTED-key-3"), (b"grpc-status", b"0"))


def test_a_token_of_a_recorded_login_is_one_that_parsers_read(studio: Studio) -> None:
    """Three parts, as long as it was, valid for a long time, and it names nobody."""
    import base64

    def part(value: object) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")

    for extra in ({}, {"email": "a@example.com"}, {"sub": "someone@example.com", "jti": "x", "scope": "a b"}):
        for size in range(30, 40):
            claims = {"sub": "usr_1", "exp": 1760000000, "name": "Some Body", **extra}
            token = b".".join([part({"alg": "HS256"}), part(claims), b"s" * size]).decode()
            body = json.loads(studio.answer((JSON,), json.dumps({"access_token": token}).encode())[1])
            head, payload, signature = body["access_token"].split(".")
            told = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
            assert json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))) == {"alg": "HS256"}
            assert base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
            assert told["exp"] == 4102444800
            assert not {"name", "email", "jti"} & told.keys()
            assert told.get("sub", "usr_1") == "usr_1"
            assert len(body["access_token"]) == len(token)


def test_a_long_row_of_bytes_passes_in_constant_memory(studio: Studio) -> None:
    """Nothing but what may be the beginning of a secret is held."""
    take = studio.begin((b"Content-Type", b"application/octet-stream"))
    for n in range(40):
        take.response_data(bytes(range(256)) * 400, n)
    body = studio.stored()[1]
    assert len(body) > 39 * 256 * 400
    take.end("complete", 99).result(30)
    assert studio.stored()[1] == bytes(range(256)) * 400 * 40


@pytest.mark.parametrize("kind", [JSON, STREAM, (b"Content-Type", b"text/plain")])
def test_an_answer_in_one_piece(studio: Studio, kind: tuple[bytes, bytes]) -> None:
    """All that was promised has come at once: it is there with its time, without its secrets."""
    plain, secret = b'data: {"a": 1}\n\n', b'data: {"a": "sk-abcdefghijklmnopqrstuvwx"}\n\n'
    for body in (plain, secret):
        headers = (kind, (b"Content-Length", b"%d" % len(body)))
        written = body.replace(b"sk-abcdefghijklmnopqrstuvwx", b"REDACTED-key-1-xxxxxxxxxxxx")
        assert studio.answer(headers, body) == (headers, written, [(0, len(body))], body != written)


def test_a_length_that_is_exceeded(studio: Studio) -> None:
    """What came first is not all of it after all, and what it begins may be secret."""
    body = b'{"said":"x","token":"%s"}' % LONG.encode()
    for length in (1, 12, 20, 25, len(body) - 3):
        headers = (JSON, (b"Content-Length", b"%d" % length))
        _, stored, chunks, _ = studio.answer(headers, body[:length], body[length:])
        assert json.loads(stored) == {"said": "x", "token": "REDACTED-token-1-".ljust(len(LONG), "x")}
        assert chunks == [(0, length), (10, len(body) - length)]


@pytest.mark.parametrize("behind", [b"", b"\n", b'{"a":2}', b"\n[1]\n", b'{"a":'])
def test_a_text_in_each_piece(studio: Studio, behind: bytes) -> None:
    """Rows of objects in pieces that are whole, or more than that, or less."""
    piece, secret = b'{"a":[{"b":"}"}]}', b'{"token":"%s"}' % LONG.encode()
    got, stored, chunks, marked = studio.answer((JSON,), piece, piece + behind, b"\n", secret, piece)
    assert (got, marked) == ((JSON,), True)
    written = secret.replace(LONG.encode(), b"REDACTED-token-1-".ljust(len(LONG), b"x"))
    assert stored == piece + piece + behind + b"\n" + written + piece
    sizes = [len(piece), len(piece) + len(behind), 1, len(secret), len(piece)]
    assert chunks == [(10 * n, size) for n, size in enumerate(sizes)]


def test_deep_texts_are_looked_through(studio: Studio) -> None:
    """Deeper than any parser goes."""
    body = b"[" * 100_000 + b'{"token":"%s"}' % LONG.encode() + b"]" * 100_000
    assert LONG.encode() not in studio.answer((JSON,), body)[1]


def test_chunks_that_come_together(studio: Studio) -> None:
    """They are looked through together, in a moment or at the end, and are there each by itself."""
    secret = b'data: {"token":"%s"}\n\n' % LONG.encode()
    chunks = [b"data: 1\n\n", b"data: 2\n", b"\n", b"data: 3\n\n", secret[:20], secret[20:], b"data: 4\n\n"]
    take = studio.begin(STREAM)
    steps: list[Callable[[], None]] = []
    take.soon = steps.append
    for n, chunk in enumerate(chunks[:4]):
        take.response_data(chunk, n)
    assert len(steps) == 1
    # The first one shows that it is a stream.
    assert studio.stored()[1] == chunks[0]
    steps[0]()
    assert studio.stored()[1] == b"".join(chunks[:4])
    for n, chunk in enumerate(chunks[4:], 4):
        take.response_data(chunk, n)
    take.end("complete", 9).result(30)
    steps[1]()
    _, stored, found, marked = studio.stored()
    assert stored == b"".join(chunks).replace(LONG.encode(), b"REDACTED-token-1-".ljust(len(LONG), b"x"))
    assert (found, marked) == ([(n, len(chunk)) for n, chunk in enumerate(chunks)], True)
