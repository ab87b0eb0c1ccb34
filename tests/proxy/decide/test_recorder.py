"""What reaches the store: redacted, keyed, in order."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING

import msgspec
import pytest

from wiretape.proxy.decide import userhook
from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.matching import match_key
from wiretape.proxy.decide.recorder import Recorder
from wiretape.proxy.decide.redact import Redactor, RedactRules
from wiretape.proxy.decide.redaction import hook
from wiretape.proxy.decide.rules import Rules
from wiretape.store.cassette import Cassette

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Scribe
    from wiretape.proxy.decide.canonical import Canonical
    from wiretape.store.interaction import Ended, Headers, Request, ResponseHead


class Desk:
    """A sink that notes what it is handed."""

    def __init__(self) -> None:
        self.notes: list[tuple[object, ...]] = []

    def interaction(self, request: Request, identity: str, started_at: str) -> Desk:
        self.notes.append(("interaction", request.headers, identity, started_at))
        return self

    def note_placeholders(self, count: int) -> None:
        self.notes.append(("placeholders", count))

    def rewrite(self, rewriter: object, interactions: int | None = None) -> int:
        self.notes.append(("rewrite", type(rewriter).__name__, interactions))
        return 1

    def request_piece(self, data: bytes) -> None:
        self.notes.append(("asked", data))

    def request_again(self, request: Request) -> None:
        self.notes.append(("again", request.headers))

    def request_done(self, match_key: str | None, *, redacted: bool) -> None:
        self.notes.append(("key", match_key, redacted))

    def response_head(self, head: ResponseHead, first_byte_us: int, *, redacted: bool) -> None:
        self.notes.append(("head", head.headers, first_byte_us, redacted))

    def chunk(self, data: bytes, at_us: int) -> None:
        self.notes.append(("chunk", data, at_us))

    def chunk_goes_on(self, data: bytes) -> None:
        self.notes.append(("more", data))

    def finish(
        self, ended: Ended, duration_us: int, *, problem: str | None = None, trailers: Headers = ()
    ) -> Future[None]:
        self.notes.append(("end", ended, duration_us, problem, trailers))
        done: Future[None] = Future()
        done.set_result(None)
        return done


def test_an_exchange(make_request: Callable[..., Request], make_head: Callable[..., ResponseHead]) -> None:
    """In the order in which it happened; the key is that of the whole request, by the target to match by."""
    desk = Desk()
    recorder = Recorder(desk, Redactor())
    request = msgspec.structs.replace(make_request("/gw/v1/x", "POST"), headers=((b"x-api-key", b"sekret"),))
    head = msgspec.structs.replace(make_head(), headers=((b"Set-Cookie", b"a=bakery-of-cookies"),))
    take = recorder.begin(request, "api", "now", "/v1/x")
    take.request_data(b'{"a":')
    take.request_data(b" 1}")
    take.request_end()
    take.response_head(head, 5)
    take.response_data(b"", 6)
    take.response_data(b"abc", 7)
    take.end("complete", 8).result()
    key = match_key(canonical(make_request("/v1/x", "POST", b'{"a":1}'), "api"))
    assert desk.notes == [
        ("interaction", ((b"x-api-key", b"REDACTED-key-1"),), "api", "now"),
        ("asked", b'{"a":'),
        ("asked", b" 1}"),
        ("key", key, True),
        ("head", ((b"Set-Cookie", b"a=REDACTED-cookie-2"),), 5, True),
        ("chunk", b"abc", 7),
        ("placeholders", 2),
        ("end", "complete", 8, None, ()),
    ]
    assert recorder.begun == 1


def test_the_key_does_not_depend_on_credentials(make_request: Callable[..., Request]) -> None:
    """Another key at replay time matches all the same."""
    desk = Desk()
    for secret in (b"one", b"two"):
        request = msgspec.structs.replace(make_request(), headers=((b"Authorization", b"Bearer " + secret),))
        Recorder(desk, Redactor()).begin(request, "api", "now").request_end()
    assert len({note[1] for note in desk.notes if note[0] == "key"}) == 1


class Functions:
    """The user's, which fail over what holds a marked word."""

    def __init__(self) -> None:
        userhook.install("tests.recorder:canonicalise", self.canonicalise)
        hook.install("tests.recorder:redact", self.redact)

    def canonicalise(self, form: Canonical) -> Canonical:
        if b"unmatchable" in form.body or b"REDACTED" in form.body:
            raise ValueError("it cannot be matched")
        return form

    def redact(self, body: bytes) -> bytes | None:
        if b"unreadable" in body:
            raise ValueError("it cannot be read")
        return body + b"!"


@pytest.mark.parametrize("size", [10, 2_000_000], ids=["short", "long"])
@pytest.mark.parametrize(
    ("word", "rules"),
    [
        (b"unmatchable", Rules(canonicaliser="tests.recorder:canonicalise")),
        (b"unreadable", Rules(redact=RedactRules(callable="tests.recorder:redact"))),
    ],
    ids=["canonicaliser", "redaction"],
)
def test_a_users_function_that_fails_over_a_request(
    make_request: Callable[..., Request],
    make_head: Callable[..., ResponseHead],
    word: bytes,
    rules: Rules,
    size: int,
) -> None:
    """Its answer is recorded and answers nothing; what redaction could not read is not written; it is told once."""
    Functions()
    desk, told = Desk(), list[str]()
    recorder = Recorder(desk, Redactor(), rules, lambda error: told.append(str(error)))
    for _ in range(2):
        take = recorder.begin(make_request("/v1/x", "POST"), "api", "now")
        for piece in (b"[", b'"' * size, word, b"]"):
            take.request_data(piece)
        take.request_end()
        take.response_head(make_head(kind=b"text/plain"), 1)
        take.response_data(b"answer", 2)
        take.end("complete", 3).result()
    assert len(told) == 1
    assert "raised ValueError: it cannot be" in told[0]
    assert [note[1] for note in desk.notes if note[0] == "key"] == [None, None]
    assert b"".join(note[1] for note in desk.notes if note[0] == "chunk").startswith(b"answer")  # type: ignore[misc]
    assert [note[1:] for note in desk.notes if note[0] == "end"] == [("complete", 3, told[0], ())] * 2
    asked = b"".join(note[1] for note in desk.notes if note[0] == "asked")  # type: ignore[misc]
    assert (word in asked) is (word == b"unmatchable")


def test_an_answer_that_redaction_fails_over_is_not_written(
    make_request: Callable[..., Request], make_head: Callable[..., ResponseHead]
) -> None:
    """Whoever hands it over hears of it."""
    Functions()
    desk = Desk()
    recorder = Recorder(desk, Redactor(), Rules(redact=RedactRules(callable="tests.recorder:redact")))
    take = recorder.begin(make_request(), "api", "now")
    take.request_end()
    take.response_head(make_head(), 1)
    take.response_data(b"unreadable", 2)
    with pytest.raises(hook.RedactionFailed, match="it cannot be read"):
        take.end("complete", 3)
    assert not [note for note in desk.notes if note[0] in {"chunk", "more", "end"}]


def test_what_a_function_was_given_it_is_not_given_again_to_be_mended(
    scribe: Scribe, make_request: Callable[..., Request], make_head: Callable[..., ResponseHead]
) -> None:
    """It may not be one that can be applied twice; and where one fails over a key, the secrets go all the same."""
    Functions()
    rules = Rules(redact=RedactRules(callable="tests.recorder:redact"), canonicaliser="tests.recorder:canonicalise")
    writer, told = scribe.begin(), list[str]()
    recorder = Recorder(writer, Redactor(), rules, lambda error: told.append(str(error)))
    secret = (b"x-api-key", b"first-seen-openly")
    for headers in ((), (secret,)):
        take = recorder.begin(msgspec.structs.replace(make_request("/v1/x", "POST"), headers=headers), "api", "now")
        take.request_data(b"asked: first-seen-openly" if not headers else b"asked")
        take.request_end()
        take.response_head(make_head(kind=b"text/plain"), 1)
        take.response_data(b"answered: first-seen-openly", 2)
        take.end("complete", 3).result()
    assert recorder.mend(lambda request: request.target) == 1
    writer.end("then")
    with Cassette.open(scribe.path) as cassette:
        first, second = cassette.interactions()
        assert cassette.request(first.id).body == b"asked: REDACTED-key-1!"
        answers = [cassette.response(one.id) for one in (first, second)]
        assert [answer.body for answer in answers if answer] == [b"answered: REDACTED-key-1-xx!"] * 2
        assert (first.match_key, second.match_key is None) == (None, False)
    assert len(told) == 1


LONG = [
    (b"", b"x" * 3_000_000),
    (b"text/plain", b"x" * 1_048_576 + b"y"),
    (b"application/json", b'{"a":"' + b"x" * 1_500_000 + b'" }'),
    (b"application/json", b"[1,2" + b"x" * 1_500_000),
    (b"multipart/form-data; boundary=q", b"--q\r\nA: b\r\n\r\n" + b"x" * 2_000_000 + b"\r\n--q--\r\n"),
    (b"multipart/form-data; boundary=q", b"--q\r\nA: b\r\n\r\n" + b"x" * 2_000_000 + b"\r\n--q-"),
    (b"application/json", b"--other\r\nA: b\r\n\r\n" + b"x" * 2_000_000 + b"\r\n--other--\r\n"),
    (b"application/x-www-form-urlencoded", b"b=1&a=" + b"x" * 2_000_000),
]


@pytest.mark.parametrize(("media", "body"), LONG, ids=[str(n) for n in range(len(LONG))])
@pytest.mark.parametrize("size", [1000, 70_001, 10_000_000])
def test_the_key_of_a_long_body_is_the_key_of_the_body(
    make_request: Callable[..., Request], media: bytes, body: bytes, size: int
) -> None:
    """Taken in pieces or as a whole, by whatever kind of body it is."""
    request = msgspec.structs.replace(make_request("/v1/x", "POST"), headers=((b"Content-Type", media),))
    desk = Desk()
    take = Recorder(desk, Redactor()).begin(request, "api", "now")
    for start in range(0, len(body), size):
        take.request_data(body[start : start + size])
    take.request_end()
    whole = match_key(canonical(msgspec.structs.replace(request, body=body), "api"))
    assert [note[1] for note in desk.notes if note[0] == "key"] == [whole]
