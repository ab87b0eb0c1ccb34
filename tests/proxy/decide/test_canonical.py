"""The canonical form: what counts in a request, what does not, and that every request has one."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wiretape.proxy.decide.canonical import Canonical, canonical
from wiretape.proxy.decide.rules import NO_RULES, Rules
from wiretape.store.interaction import Headers, Request

FORM = b"application/x-www-form-urlencoded"
QUICK = settings(derandomize=True, database=None, deadline=None, max_examples=300)


def form(
    target: str = "/v1/models",
    body: bytes = b"",
    content_type: bytes | None = b"application/json",
    *,
    method: str = "POST",
    headers: Headers = (),
    rules: Rules = NO_RULES,
) -> Canonical:
    """The canonical form of a request to the API."""
    kind = () if content_type is None else ((b"Content-Type", content_type),)
    asked = Request(
        method=method, scheme="https", host="x.test", port=443, target=target, headers=(*kind, *headers), body=body
    )
    return canonical(asked, "api", rules)


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/v1/models", "/v1/models"),
        ("/v1/%6dodels%2F%7e", "/v1/models%2F~"),
        ("/a%2fb%3a", "/a%2Fb%3A"),
        ("/a:b@c!$&'()*+,;=", "/a:b@c!$&'()*+,;="),
        ("/Grüezi wohl", "/Gr%C3%BCezi%20wohl"),
        ("/Gr%c3%bcezi%20wohl", "/Gr%C3%BCezi%20wohl"),
        ("/100%", "/100%25"),
        ("/%zz%2541", "/%25zz%2541"),
        ("/%4%31", "/%2541"),
        ("/a/../b/./c//D/", "/a/../b/./c//D/"),
        ("/+a%2B", "/+a%2B"),
        ("?a=1", "/"),
        ("*", "*"),
        ("/\udcff", "/%ED%B3%BF"),
    ],
)
def test_path_is_normalised_only_in_its_percent_encoding(target: str, path: str) -> None:
    """Escapes of unreserved characters are undone, others get upper-case hex; segments and case stay."""
    assert form(target).path == path


@given(st.text(st.characters()))
@QUICK
def test_a_canonical_path_is_its_own_canonical_path(path: str) -> None:
    """Normalising twice is normalising once."""
    once = form("/" + path).path
    assert form(once).path == once


@pytest.mark.parametrize(
    ("target", "query"),
    [
        ("/", ()),
        ("/?", ()),
        ("/?&&", ()),
        ("/?a", (("a", ""),)),
        ("/?a=", (("a", ""),)),
        ("/?=", (("", ""),)),
        ("/?b=2&a=1&b=1", (("a", "1"), ("b", "1"), ("b", "2"))),
        ("/?q=a+b%20c%2Bd", (("q", "a b c+d"),)),
        ("/?q=%5B1%5D&%71=[1]", (("q", "[1]"), ("q", "[1]"))),
        ("/?a=1=2", (("a", "1=2"),)),
        ("/?a=b?c", (("a", "b?c"),)),
        ("/?ü=%C3%BC", (("ü", "ü"),)),
        ("/?a=%FF", (("a", "\udcff"),)),
        ("/?a=%zz", (("a", "%zz"),)),
        ("/?a=1;b=2", (("a", "1;b=2"),)),
    ],
)
def test_query_is_read_like_a_form_and_sorted(target: str, query: tuple[tuple[str, str], ...]) -> None:
    """Pairs are decoded and sorted; a bare name has an empty value; bytes that are no UTF-8 stay what they are."""
    assert form(target).query == query


def test_ignored_query_names_are_left_out() -> None:
    """A name is compared decoded, and all its pairs go."""
    rules = Rules(ignored_query=("trace id",))
    assert form("/?a=1&trace+id=2&trace%20id=3", rules=rules).query == (("a", "1"),)
    assert form("/?trace+id=2", rules=rules) == form("/", rules=rules)


def test_method_is_upper_case() -> None:
    """The method's case does not count."""
    assert form(method="get") == form(method="GET")


def test_the_requests_own_address_does_not_count() -> None:
    """Only the identity tells which API is asked."""
    one = Request(method="GET", scheme="https", host="api.aitronos.com", port=443, target="/")
    other = Request(method="GET", scheme="http", host="127.0.0.1", port=8080, target="/", http_version="HTTP/2.0")
    assert canonical(one, "api") == canonical(other, "api")
    assert canonical(one, "api") != canonical(one, "api.example.com")


def test_headers_count_only_where_named() -> None:
    """A named header counts by lower-case name and value without the space around it, in order of its lines."""
    sent = ((b"X-Tenant", b" b "), (b"User-Agent", b"x"), (b"x-tenant", b"a"), (b"Accept", b"*/*"))
    assert form(headers=sent) == form()
    assert form(headers=sent, rules=Rules(headers=("x-tenant", "accept", "absent"))).headers == (
        ("accept", "*/*"),
        ("x-tenant", "b"),
        ("x-tenant", "a"),
    )


@pytest.mark.parametrize(
    ("body", "content_type", "kind", "spelled"),
    [
        (b"", b"application/json", "empty", b""),
        (b"", None, "empty", b""),
        (b"", FORM, "empty", b""),
        (b' {"b":1, "a":2}', b"application/json", "json", b'{"a":2,"b":1}'),
        (b'{"b":1, "a":2}', b"application/vnd.api+json; charset=utf-8", "json", b'{"a":2,"b":1}'),
        (b'{"b":1, "a":2}', None, "json", b'{"a":2,"b":1}'),
        (b'\r\n\t {"b":1}', FORM, "json", b'{"b":1}'),
        (b"[1, 2]", b"text/plain", "json", b"[1,2]"),
        (b" null ", b"APPLICATION/JSON", "json", b"null"),
        (b" null ", b"text/plain", "bytes", b" null "),
        (b"{not json}", b"application/json", "bytes", b"{not json}"),
        (b"{=1", FORM, "form", b"%7B=1"),
        (b"b=2&a=%31+x&&c", FORM, "form", b"a=1+x&b=2&c="),
        (b"a=\xff&b=%fe", FORM + b";charset=utf-8", "form", b"a=%FF&b=%FE"),
        (b"b=2&a=1", b"text/plain", "bytes", b"b=2&a=1"),
        (b"   ", b"application/json", "bytes", b"   "),
        (b"\x89PNG", b"image/png", "bytes", b"\x89PNG"),
        (b"--b\r\nno end", b"multipart/form-data; boundary=b", "bytes", b"--b\r\nno end"),
    ],
)
def test_body_is_read_by_what_it_is(body: bytes, content_type: bytes | None, kind: str, spelled: bytes) -> None:
    """JSON is tried wherever it is said or seen; what is not well-formed counts by its bytes."""
    found = form(body=body, content_type=content_type)
    assert (found.body_kind, found.body) == (kind, spelled)


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        (b"gzip", gzip.compress(b'{"a": 1}', mtime=0)),
        (b"X-GZIP", gzip.compress(b'{"a": 1}', mtime=0)),
        (b"deflate", zlib.compress(b'{"a": 1}')),
        (b"deflate", zlib.compress(b'{"a": 1}', wbits=-15)),
        (b"identity,", b'{"a": 1}'),
        (b"deflate, gzip", gzip.compress(zlib.compress(b'{"a": 1}'), mtime=0)),
    ],
)
def test_content_encoding_is_undone(coding: bytes, packed: bytes) -> None:
    """A compressed body is the same as the plain one."""
    headers = ((b"content-encoding", coding),)
    assert form(body=packed, headers=headers) == form(body=b'{"a":1}')


def test_content_encoding_may_come_in_several_lines() -> None:
    """Several headers count like one list."""
    packed = gzip.compress(zlib.compress(b'{"a":1}'))
    headers = ((b"Content-Encoding", b"deflate"), (b"Content-Encoding", b"gzip"))
    assert form(body=packed, headers=headers) == form(body=b'{"a":1}')


PACKED = gzip.compress(b'{"a":1}', mtime=0)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        (b"gzip", b'{"a":1}'),
        (b"deflate", b'{"a":1}'),
        (b"gzip", PACKED[:-1]),
        (b"gzip", PACKED[:3]),
        (b"gzip", PACKED + PACKED),
        (b"gzip", PACKED + b"more"),
        (b"gzip, gzip", PACKED),
        (b"br", b'{"a":1}'),
        (b"zstd", b'{"a":1}'),
        (b"gzip, x-unknown", PACKED),
    ],
)
def test_a_body_that_cannot_be_unpacked_counts_by_its_bytes(coding: bytes, body: bytes) -> None:
    """So does one that was cut, and one whose coding not every installation can undo: keys are the same everywhere."""
    found = form(body=body, headers=((b"Content-Encoding", coding),))
    assert (found.body_kind, found.body) == ("bytes", body)


def test_an_empty_body_is_empty_under_any_coding() -> None:
    """Nothing, packed or not, is nothing."""
    assert form(headers=((b"Content-Encoding", b"br"),)).body_kind == "empty"
    assert form(body=gzip.compress(b""), headers=((b"Content-Encoding", b"gzip"),)).body_kind == "empty"


def test_ignored_paths_are_left_out_of_json() -> None:
    """What a path names does not count, be it there or not; a body that is no exact JSON is not touched."""
    rules = Rules(ignored_paths=("$.metadata.trace", "$.inputs[*].id"))
    one = form(body=b'{"inputs":[{"id":1,"c":"x"}],"metadata":{"trace":"a"}}', rules=rules)
    other = form(body=b'{"inputs":[{"c":"x"}],"metadata":{}}', rules=rules)
    assert one == other
    assert form(body=b'{"inputs":[{"c":"x"}]}', rules=rules) != other
    assert form(body=b'{"metadata":{"trace":1,"trace":2}}', rules=rules).body_kind == "bytes"
