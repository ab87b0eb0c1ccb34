"""What a client saw while recording it sees again, byte for byte, whichever engine replays."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.conftest import Recording

END = b"\r\n0\r\n\r\n"


def body(answer: bytes) -> bytes:
    """What follows the head."""
    return answer.partition(b"\r\n\r\n")[2]


def chunks(answer: bytes) -> list[bytes]:
    """The frames of a chunked body, without the one that ends it."""
    rest = body(answer)
    found: list[bytes] = []
    while rest and not rest.startswith(b"0\r\n"):
        size, _, rest = rest.partition(b"\r\n")
        found.append(rest[: int(size, 16)])
        rest = rest[int(size, 16) + 2 :]
    return found


def test_replayed_as_recorded(case: str, recording: Recording, replayed: dict[str, list[bytes]]) -> None:
    """Status line, order, case and number of headers, body, chunk frames, the end or its absence."""
    assert replayed[case] == recording.seen[case]


# What follows makes sure that the recording holds what its cases are named for.


HOLDS: dict[str, Callable[[bytes], bool]] = {
    "stream": lambda a: len(chunks(a)) > 5 and a.endswith(END),
    "style B, CRLF": lambda a: all(chunk.endswith(b"\r\n\r\n") for chunk in chunks(a)),
    "style C, LF": lambda a: b"".join(chunks(a)).count(b"\r") == 0,
    "UTF-8 split over chunks": lambda a: any(chunk[-1] >= 0xC0 for chunk in chunks(a)),
    "gzip": lambda a: b"Gr\xc3\xbcezi" in gzip.decompress(body(a)),
    "gzip stream": lambda a: b"[DONE]" in zlib.decompressobj(31).decompress(b"".join(chunks(a))),
    "until the connection ends": lambda a: b"ength:" not in a and b"chunked" not in a and b"[DONE]" in a,
    "promised length in pieces": lambda a: b"Content-Length: " in a and b"[DONE]" in a,
    "one event of a megabyte": lambda a: len(b"".join(chunks(a))) > 1_000_000,
    "ten thousand events": lambda a: len(chunks(a)) > 9_000,
    "cut between chunks": lambda a: len(chunks(a)) == 3 and not a.endswith(END),
    "cut before the first chunk": lambda a: b"chunked" in a and body(a) == b"",
    "cut short of its length": lambda a: len(body(a)) == 50 and b"Content-Length: 50" not in a,
    "download": lambda a: len(body(a)) == 300_000,
    "range": lambda a: a.startswith(b"HTTP/1.1 206 ") and len(body(a)) == 95,
    "head": lambda a: b"Content-Length: " in a and body(a) == b"",
    "204": lambda a: a.startswith(b"HTTP/1.1 204 ") and body(a) == b"",
    "304": lambda a: a.startswith(b"HTTP/1.1 304 ") and body(a) == b"",
    "404": lambda a: a.startswith(b"HTTP/1.1 404 "),
    "502 as HTML": lambda a: a.startswith(b"HTTP/1.1 502 ") and b"<html>" in a,
    "redirect": lambda a: b"Location: http://proxy.test:1234/v1/health/?from=base\r\n" in a,
    "redirect, absolute": lambda a: b"Location: http://api.aitronos.com/v1/health/?from=abs\r\n" in a,
    "redirect in a tunnel": lambda a: b"Location: https://api.aitronos.com/v1/health/?from=tunnel\r\n" in a,
    "429 then 200": lambda a: a.startswith(b"HTTP/1.1 429 "),
    "continue": lambda a: a.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 "),
    "odd /case": lambda a: b"299 Very  odd\r\nx-lower: 1\r\nX-UPPER: 2\r\nX-Dup: a\r\nx-dup: b\r\nX-Dup: a\r\n" in a,
    "odd /old": lambda a: a.startswith(b"HTTP/1.0 200 ") and a.endswith(b"until the end"),
    "odd /latin": lambda a: b"X-Latin: caf\xe9\r\n" in a,
    "odd /chunked": lambda a: b"".join(chunks(a)) == b"abc",
}  # fmt: skip


@pytest.mark.parametrize("name", HOLDS)
def test_recorded_as_named(name: str, recording: Recording) -> None:
    """The first answer of a case is what its name says."""
    assert HOLDS[name](recording.seen[name][0])


def test_repeats_differ(recording: Recording) -> None:
    """Polls and retries got another answer each, so that their order is tested too."""
    seen = recording.seen
    assert len(set(seen["polling"])) == 3
    assert [answer.split(b" ")[1] for answer in seen["429 then 200"]] == [b"429", b"200"]
    assert len(set(map(body, seen["kept alive"]))) == 4
