"""Values that a client makes anew: found in the request, exchanged in the answer, everything else as it was."""

from __future__ import annotations

import gzip
import json
import zlib
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wiretape.proxy.decide.echo import LIMIT_BYTES, Echo, declared
from wiretape.proxy.decide.rules import NO_RULES, Rules
from wiretape.store.interaction import Chunk, Headers, Request, ResponseHead

if TYPE_CHECKING:
    from collections.abc import Sequence

OLD, NEW = "req-0001-abc", "req-77"
JSON: Headers = ((b"Content-Type", b"application/json"),)
SSE: Headers = ((b"Content-Type", b"text/event-stream; charset=utf-8"),)
PLAIN: Headers = ((b"Content-Type", b"text/plain"),)
QUICK = settings(derandomize=True, database=None, deadline=None, max_examples=200)


def asked(body: bytes = b"", target: str = "/a", headers: Headers = JSON) -> Request:
    return Request(method="POST", scheme="https", host="h", port=443, target=target, headers=headers, body=body)


class Told(NamedTuple):
    headers: Headers
    times: list[int]
    chunks: list[bytes]


def told(echo: Echo, chunks: Sequence[bytes], headers: Headers = JSON) -> Told:
    """The answer, whose chunks came ten microseconds apart and are stored in pieces of five bytes."""
    body = b"".join(chunks)
    head = ResponseHead(status=200, reason="OK", headers=headers)
    pieces = [body[at : at + 5] for at in range(0, len(body), 5)]
    served = echo.served(head, [Chunk(10 * n, len(data)) for n, data in enumerate(chunks)], pieces)
    body, at, found = b"".join(served.pieces), 0, list[bytes]()
    for chunk in served.chunks:
        found.append(body[at : at + chunk.size])
        at += chunk.size
    assert at == len(body)
    return Told(served.head.headers, [chunk.at_us for chunk in served.chunks], found)


def echo_of(*pairs: tuple[str, str]) -> Echo:
    return Echo(tuple((old,) for old, _ in pairs), tuple((new,) for _, new in pairs))


def test_what_is_declared() -> None:
    """A JSON path, a parameter, a header; in the order of the rules, None for what is no text."""
    rules = Rules(echo=("query rid", "$.metadata.id", "header X-Rid", "$..n", "$.none"))
    request = asked(
        b'{"metadata": {"id": "A"}, "n": 5, "m": [{"n": "two"}]}',
        "/a?x=1&rid=b%20c&rid=&rid=%ff",
        (*JSON, (b"x-rid", b" D "), (b"X-RID", b"\xff")),
    )
    assert declared(request, rules) == (("b c", "", None), ("A",), ("D", None), (None, "two"), ())
    assert declared(request, NO_RULES) == ()


def test_values_come_in_one_order_from_every_spelling() -> None:
    """So that they pair: members by name, elements as they are; compressed or not."""
    rules = Rules(echo=("$..id",))
    one = asked(b'{"a":{"id":"1"},"b":[{"id":"2"},{"id":"3"}]}')
    other = asked(
        gzip.compress(b'{ "b" : [{"id":"2"},{"id":"3"}], "a": {"id":"1"} }'), headers=((b"content-encoding", b"gzip"),)
    )
    assert declared(one, rules) == declared(other, rules) == (("1", "2", "3"),)


@pytest.mark.parametrize("body", [b"", b"no json", b"[1", b"7", b'"text"', b'{"id": "\\ud800"}'])
def test_odd_bodies_declare_nothing(body: bytes) -> None:
    """They are no reason to fail."""
    assert declared(asked(body), Rules(echo=("$.id",))) == ((),)


def test_every_occurrence_is_exchanged() -> None:
    """In the body and in the headers; the length is told anew, all else stays."""
    body = json.dumps({"id": OLD, "note": f"<{OLD}>", "n": 1}).encode()
    headers = (*JSON, (b"X-Request-Id", OLD.encode()), (b"content-length", b"%d" % len(body)), (b"X-Other", b"1"))
    found = told(echo_of((OLD, NEW)), [body], headers)
    new = body.replace(OLD.encode(), NEW.encode())
    assert found.chunks == [new]
    assert found.headers == (
        *JSON,
        (b"X-Request-Id", NEW.encode()),
        (b"content-length", b"%d" % len(new)),
        (b"X-Other", b"1"),
    )


def test_an_occurrence_belongs_to_the_chunk_in_which_it_begins() -> None:
    """Also where it goes over several; times and other boundaries stay, and no chunk is empty."""
    chunks = [b'data: {"id":"req-', b"0001", b"-abc", b'", "x": 1}\n\n', b'data: {"id":"', b'req-0001-abc"}\n\n']
    found = told(echo_of((OLD, "live-one-that-is-longer")), chunks, SSE)
    assert found.chunks == [
        b'data: {"id":"live-one-that-is-longer',
        b'", "x": 1}\n\n',
        b'data: {"id":"',
        b'live-one-that-is-longer"}\n\n',
    ]
    assert found.times == [0, 30, 40, 50]


@pytest.mark.parametrize(
    ("pairs", "body"),
    [
        ([(OLD, NEW)], b'{"id":"req-0001-abd"}'),
        ([(OLD, OLD)], b'{"id":"req-0001-abc"}'),
        ([("short", "longer-one")], b'{"id":"short"}'),
        ([("REDACTED-token-1", "the secret")], b'{"id":"REDACTED-token-1"}'),
        ([("12345678", "87654321")], b'{"n":123456789,"m":12345678.5,"o":0.12345678}'),
        ([("12345678", "abcdefgh")], b'{"n":12345678}'),
    ],
    ids=["another", "the same", "short", "placeholder", "longer numbers", "no number for a number"],
)
def test_what_stays_to_the_byte(pairs: list[tuple[str, str]], body: bytes) -> None:
    """Where nothing occurs, or what occurs does not count."""
    headers = (*JSON, (b"Content-Length", b"%d" % len(body)), (b"Digest", b"x"))
    chunks = [body[:7], body[7:]]
    assert told(echo_of(*pairs), chunks, headers) == Told(headers, [0, 10], chunks)


def test_numbers_give_way_to_numbers() -> None:
    """As texts and as JSON numbers."""
    found = told(echo_of(("12345678", "9")), [b'{"a":12345678,"b":"12345678","c":"x-12345678."}'])
    assert found.chunks == [b'{"a":9,"b":"9","c":"x-9."}']


def test_several_values_at_once() -> None:
    """What took one's place is not searched again, and of values that begin alike the longest is meant."""
    found = told(
        echo_of(("value-1", "value-2"), ("value-2", "value-1"), ("value-11", "third")), [b"value-1 value-2 value-11"]
    )
    assert found.chunks == [b"value-2 value-1 third"]


def test_of_one_value_at_two_places_the_first_place_decides() -> None:
    """The order is that of the rules."""
    found = told(Echo((("same-value",), ("same-value",)), (("first",), ("second",))), [b"same-value"], PLAIN)
    assert found.chunks == [b"first"]


def test_places_that_the_live_request_lacks_change_nothing() -> None:
    """Nor those that it has more of."""
    assert Echo((("recorded-1", "recorded-2"), ()), ((), ("live",))).silent
    assert not Echo((("recorded-1",),), (("live", "more"),)).silent
    assert Echo((), ()).silent


@pytest.mark.parametrize(
    ("old", "written"),
    [
        ("Grüezi", '"Grüezi"'),
        ("Grüezi", '"Gr\\u00fcezi"'),
        ("Grüezi", '"Gr\\u00FCezi"'),
        ("id/with/slash", '"id\\/with/slash"'),
        ("id+and=more", '"id\\u002Band=more"'),
        ('with "quotes"', '"with \\"quotes\\""'),
        ("line\nbreak", '"line\\nbreak"'),
        ("line\nbreak", '"line\\u000abreak"'),
        ("smile😀", '"smile\\ud83d\\ude00"'),
        ("back\\slash", '"back\\\\slash"'),
    ],
)
def test_every_spelling_of_json_is_found(old: str, written: str) -> None:
    """And the live value is a JSON string whatever is in it."""
    assert json.loads(written) == old
    live = 'a "live"\nvalue: ü😀'
    (chunk,) = told(echo_of((old, live)), [f'{{"id": {written}}}'.encode()]).chunks
    assert json.loads(chunk) == {"id": live}
    (frame,) = told(echo_of((old, live)), [f'data: {{"id": {written}}}\n\n'.encode()], SSE).chunks
    assert json.loads(frame.removeprefix(b"data: ")) == {"id": live}


def test_other_texts_have_the_value_as_it_is() -> None:
    """Nothing is escaped in them."""
    assert told(echo_of(("Grüezi", 'a "ü"')), ["-Grüezi-".encode()], PLAIN).chunks == ['-a "ü"-'.encode()]


def test_addresses_have_it_percent_encoded() -> None:
    """In headers and bodies; slashes as they stood."""
    echo = echo_of(("a/b+c=", "d/e f"))
    headers = (*PLAIN, (b"Location", b"/v1/a%2Fb%2bc%3D?x=1"))
    found = told(echo, [b"/v1/a/b%2Bc%3D"], headers)
    assert found.headers == (*PLAIN, (b"Location", b"/v1/d%2Fe%20f?x=1"))
    assert found.chunks == [b"/v1/d/e%20f"]


@pytest.mark.parametrize("live", ["evil\r\nSet-Cookie: a=1", "nul\0", "tab\tbed"])
def test_no_value_ends_a_header(live: str) -> None:
    """The header stays as recorded then."""
    headers = (*JSON, (b"X-Id", OLD.encode()))
    assert told(echo_of((OLD, live)), [b"{}"], headers).headers == headers


def test_framing_headers_are_no_place_for_values() -> None:
    """However they read."""
    headers = (*PLAIN, (b"Content-Length", b"12345678"))
    assert told(echo_of(("12345678", "99999999")), [], headers).headers == headers


@pytest.mark.parametrize("coding", ["gzip", "deflate", "raw deflate", "two members", "deflate, gzip"])
def test_a_compressed_body_is_told_unpacked(coding: str) -> None:
    """Where a value occurs in it: with the chunks as they were, as far as the coding tells."""
    first, second = b'data: {"id":"req-0001', b'-abc"}\n\n'
    if coding == "two members":
        chunks = [gzip.compress(first), gzip.compress(second) + b"\0\0"]
    elif coding == "deflate, gzip":
        packed = gzip.compress(zlib.compress(first + second))
        chunks = [packed[:9], packed[9:]]
    else:
        wbits = {"gzip": 31, "deflate": 15, "raw deflate": -15}[coding]
        packer = zlib.compressobj(wbits=wbits)
        chunks = [packer.compress(first) + packer.flush(zlib.Z_SYNC_FLUSH), packer.compress(second) + packer.flush()]
    named = {"raw deflate": b"deflate", "two members": b"GZip"}.get(coding, coding.encode())
    size = b"%d" % sum(map(len, chunks))
    headers = (*SSE, (b"Content-Encoding", named), (b"Content-Length", size), (b"Digest", b"sha-256=x"))
    found = told(echo_of((OLD, NEW)), chunks, headers)
    whole = b'data: {"id":"req-77"}\n\n'
    split = len(b'data: {"id":"req-77')
    assert found.chunks == ([whole] if coding == "deflate, gzip" else [whole[:split], whole[split:]])
    assert found.times == ([10] if coding == "deflate, gzip" else [0, 10])
    assert found.headers == (*SSE, (b"Content-Length", b"%d" % len(whole)))
    # Without an occurrence it stays as it was, compressed.
    assert told(echo_of(("req-0002-abc", NEW)), chunks, headers) == Told(headers, [0, 10], chunks)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        (b"gzip", OLD.encode()),
        (b"unheard-of", OLD.encode()),
        (b"gzip", gzip.compress(OLD.encode() + bytes(LIMIT_BYTES))),
    ],
    ids=["no gzip", "unknown", "too much"],
)
def test_what_cannot_be_unpacked_stays(coding: bytes, body: bytes) -> None:
    """To the byte."""
    headers = (*PLAIN, (b"Content-Encoding", coding))
    assert told(echo_of((OLD, NEW)), [body], headers) == Told(headers, [0], [body])


def test_a_broken_answer_still_promises_what_it_did_not_give() -> None:
    """Its client must see that it broke."""
    found = told(echo_of((OLD, NEW)), [OLD.encode()], (*PLAIN, (b"Content-Length", b"100")))
    assert found.headers[-1] == (b"Content-Length", b"%d" % (len(NEW) + 100 - len(OLD)))


def test_long_bodies_are_not_read() -> None:
    """They may be told as they are read from the cassette; their headers are changed all the same."""
    pieces = iter([b"x"])
    head = ResponseHead(status=200, reason="OK", headers=((b"X-Id", OLD.encode()),))
    chunks = [Chunk(0, LIMIT_BYTES + 1)]
    served = echo_of((OLD, NEW)).served(head, chunks, pieces)
    assert served.pieces is pieces
    assert served.chunks is chunks
    assert served.head.headers == ((b"X-Id", NEW.encode()),)


@QUICK
@given(
    st.lists(st.sampled_from([b"value-1", b"value-2", b"x", b"val", b"ue-1", b"\n"]), max_size=12),
    st.lists(st.integers(0, 90), max_size=8),
    st.sampled_from([("value-1", "longer-value"), ("value-1", ""), ("value-2", "v")]),
)
def test_however_it_is_cut_the_whole_is_the_same(words: list[bytes], cuts: list[int], pair: tuple[str, str]) -> None:
    """The same as exchanging in the whole body; a chunk without an occurrence stays as it was."""
    body = b"".join(words)
    edges = sorted({0, len(body), *(cut for cut in cuts if cut < len(body))})
    chunks = [body[start:stop] for start, stop in pairwise(edges)]
    found = told(echo_of(pair), chunks, PLAIN)
    old, new = (value.encode() for value in pair)
    assert b"".join(found.chunks) == body.replace(old, new)
    assert all(found.chunks)
    if old not in body:
        assert found.chunks == chunks
