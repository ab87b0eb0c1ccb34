"""What reaches the store: redacted, keyed, in order."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING

import msgspec

from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.matching import match_key
from wiretape.proxy.decide.recorder import Recorder
from wiretape.proxy.decide.redact import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable

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

    def request_piece(self, data: bytes) -> None:
        self.notes.append(("asked", data))

    def request_done(self, match_key: str | None, *, redacted: bool) -> None:
        self.notes.append(("key", match_key, redacted))

    def response_head(self, head: ResponseHead, first_byte_us: int, *, redacted: bool) -> None:
        self.notes.append(("head", head.headers, first_byte_us, redacted))

    def chunk(self, data: bytes, at_us: int) -> None:
        self.notes.append(("chunk", data, at_us))

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
    take = recorder.begin(request, "api", "now")
    take.request_data(b'{"a":')
    take.request_data(b" 1}")
    take.request_end("/v1/x")
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
