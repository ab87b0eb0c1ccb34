"""What VCR.py's files may hold, written out by hand: dialects, oddities, and files that are none."""

from __future__ import annotations

import base64
import gzip
import json
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from wiretape.addons.formats import reading
from wiretape.store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from wiretape.addons.formats.exchange import Exchange

AT = "2026-01-02T03:04:05.000006Z"


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., list[Exchange]]:
    """Reads a text as a file."""

    def made(text: str, name: str = "x.yaml", leave_out: Collection[int] = ()) -> list[Exchange]:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return reading.read(path, None, AT, leave_out)[1].exchanges

    return made


def cassette(request: str = "", response: str = "", *, body: str = "string: hello") -> str:
    """One entry; *request* and *response* are further lines of their mappings."""
    lines = ["version: 1", "interactions:", "- request:", "    method: GET", "    uri: http://a.test/x"]
    lines += [f"    {line}" for line in request.splitlines()]
    lines += ["  response:"]
    lines += ["    body:", *(f"      {line}" for line in body.splitlines())] if body else []
    lines += [f"    {line}" for line in (response or "status: {code: 200, message: OK}").splitlines()]
    return "\n".join(lines) + "\n"


def as_json(**entry: Any) -> str:
    usual: dict[str, dict[str, Any]] = {
        "request": {"method": "GET", "uri": "http://a.test/x", "body": None, "headers": {}},
        "response": {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": ""}},
    }
    return json.dumps({"version": 1, "interactions": [{name: usual[name] | entry.get(name, {}) for name in usual}]})


def told(exchange: Exchange) -> bytes:
    return b"".join(data for _, data in exchange.chunks)


class TestBodies:
    @pytest.mark.parametrize(
        ("body", "bytes_"),
        [
            ("string: grüß", "grüß".encode()),
            ("string: !!binary aGVsbG8A", b"hello\0"),
            ("string: !!python/unicode 'hello'", b"hello"),
            ("string: !!python/str 'hello'", b"hello"),
            ("string: !binary aGVsbG8=", b"hello"),
            ("base64_string: aGVsbG8=", b"hello"),
            ("{encoding: ISO-8859-1, string: grüß}", "grüß".encode("latin-1")),
            ("{encoding: ASCII-8BIT, string: grüß}", "grüß".encode()),
            ("string: null", b""),
            ("string: 2026-01-02", b"2026-01-02"),
            ("string: =", b"="),
            ("{}", b""),
            ("hello", b"hello"),
            ("!!binary aGVsbG8=", b"hello"),
        ],
    )
    def test_of_an_answer(self, read: Callable[..., list[Exchange]], body: str, bytes_: bytes) -> None:
        """However it is written, its bytes are what came."""
        assert told(read(cassette(body=body))[0]) == bytes_

    def test_a_lone_surrogate_does_no_harm(self, read: Callable[..., list[Exchange]]) -> None:
        """JSON can hold half a character."""
        text = as_json(response={"body": {"string": "\ud83d"}})
        assert told(read(text, "x.json")[0]) == b"\xed\xa0\xbd"

    @pytest.mark.parametrize(
        ("lines", "bytes_"),
        [
            ("body: null", b""),
            ("body: a=1", b"a=1"),
            ("body: {a: 1, b: [true, null]}", b'{"a": 1, "b": [true, null]}'),
            ("body: {}", b"{}"),
            ("body: [1, 2]", b"[1, 2]"),
            ("body: {a: x y}\nheaders: {Content-Type: [application/x-www-form-urlencoded]}", b"a=x+y"),
            ("body:\n- !!python/tuple [a, b c]\n- !!python/tuple [a, d]", b"a=b+c&a=d"),
            ("body: !!python/object/new:_io.BytesIO {state: !!python/tuple [!!binary aGk=, 0, null]}", b"hi"),
            ("body: !!python/object/new:_io.StringIO {state: !!python/tuple [hi, '', 0, null]}", b"hi"),
            ("body: !!python/object/apply:builtins.iter {args: [[!!binary aGk=, ' you']], state: 1}", b"hi you"),
            ("body: !!python/object/apply:builtins.iter [[hi]]", b"hi"),
            ("body: !!python/object/apply:builtins.bytearray [hi, latin-1]", b"hi"),
            ('body: "2\\r\\nhi\\r\\n0\\r\\n\\r\\n"\nheaders: {Transfer-Encoding: [chunked]}', b"hi"),
            ('body: "2\\r\\nhi"\nheaders: {Transfer-Encoding: [chunked]}', b"2\r\nhi"),
        ],
    )
    def test_of_a_request(self, read: Callable[..., list[Exchange]], lines: str, bytes_: bytes) -> None:
        """Files, iterators, values: what was sent."""
        assert read(cassette(lines))[0].request.body == bytes_


class TestHeaders:
    @pytest.mark.parametrize(
        "written",
        [
            "headers: {X-A: ['1', '2'], X-B: [ü]}",
            "headers: {X-A: ['1', '2'], X-B: ü}",
            "headers:\n- !!python/tuple [X-A, ['1', '2']]\n- !!python/tuple [X-B, [ü]]",
            "headers:\n- [X-A, '1']\n- [X-A, '2']\n- [X-B, ü]",
            'headers: ["X-A: 1\\r\\n", "X-A: 2\\r\\n", "X-B: ü\\r\\n"]',
            "headers:\n  ? !!python/object/new:multidict._multidict.istr [X-A]\n  : ['1', '2']\n  X-B: [ü]",
            "headers: !!python/object/apply:__builtin__.frozenset [[!!python/tuple [X-A, ['1', '2']], [X-B, ü]]]",
        ],
    )
    def test_are_pairs_however_they_are_written(self, read: Callable[..., list[Exchange]], written: str) -> None:
        """In order, with their case, each of several."""
        (found,) = read(cassette(written))
        assert found.request.headers == ((b"X-A", b"1"), (b"X-A", b"2"), (b"X-B", b"\xfc"))

    def test_a_folded_value_becomes_one_line(self, read: Callable[..., list[Exchange]]) -> None:
        """A line break in a header would be another header when it is served."""
        (found,) = read(as_json(response={"headers": {"X-A": ["one\r\n two\r\nX-B: 3"]}}), "x.json")
        assert found.head is not None
        assert found.head.headers == ((b"X-A", b"one two X-B: 3"),)

    def test_an_encoding_that_the_body_does_not_wear_goes(self, read: Callable[..., list[Exchange]]) -> None:
        """As from the first versions for httpx."""
        lines = "status_code: 200\ncontent: grüß\nhttp_version: HTTP/2\n"
        lines += "headers: {Content-Encoding: [gzip], Content-Length: ['30']}"
        (found,) = read(cassette(response=lines, body=""))
        assert found.head is not None
        assert found.head.headers == ((b"Content-Length", b"6"),)
        assert (found.head.status, found.head.reason, found.head.http_version) == (200, "OK", "HTTP/2.0")

    def test_an_encoding_that_it_wears_stays(self, read: Callable[..., list[Exchange]]) -> None:
        """The bytes are served as they are."""
        packed = gzip.compress(b"hello", mtime=0)
        headers = {"Content-Encoding": ["gzip"], "Content-Length": [str(len(packed))]}
        body = {"base64_string": base64.b64encode(packed).decode()}
        (found,) = read(as_json(response={"headers": headers, "body": body}), "x.json")
        assert found.head is not None
        assert (b"Content-Encoding", b"gzip") in found.head.headers
        assert told(found) == packed


class TestRequestsAndStatus:
    @pytest.mark.parametrize(
        ("uri", "address", "target"),
        [
            ("http://a.test", ("http", "a.test", 80), "/"),
            ("https://A.test:8443/x?b=2&a=%C3%BC#there", ("https", "a.test", 8443), "/x?b=2&a=%C3%BC"),
            ("https://me:secret@a.test/x", ("https", "a.test", 443), "/x"),
            ("http://a.test/grüß x?q=ü", ("http", "a.test", 80), "/gr%C3%BC%C3%9F%20x?q=%C3%BC"),
            ("http://[::1]:81/x?y", ("http", "::1", 81), "/x?y"),
        ],
    )
    def test_address(
        self, read: Callable[..., list[Exchange]], uri: str, address: tuple[str, str, int], target: str
    ) -> None:
        """Scheme, host, port and target, as a proxy would have seen them."""
        (found,) = read(as_json(request={"uri": uri}), "x.json")
        request = found.request
        assert ((request.scheme, request.host, request.port), request.target) == (address, target)

    @pytest.mark.parametrize(
        ("status", "expected"),
        [
            ({"status": {"code": 404, "message": "Nope"}}, (404, "Nope")),
            ({"status": {"code": 404, "message": None}}, (404, "Not Found")),
            ({"status": {"code": "201", "message": ""}}, (201, "")),
            ({"status": 503}, (503, "Service Unavailable")),
            ({"status": {"code": 799}}, (799, "")),
        ],
    )
    def test_status(self, read: Callable[..., list[Exchange]], status: Any, expected: tuple[int, str]) -> None:
        """Some versions kept no words."""
        (found,) = read(as_json(response=status), "x.json")
        assert found.head is not None
        assert (found.head.status, found.head.reason) == expected

    def test_times_go_on_from_the_entry_before(self, read: Callable[..., list[Exchange]]) -> None:
        """What tells no time began when the one before did."""
        loaded = json.loads(as_json(response={"headers": {"Date": ["Sun, 22 Nov 2026 08:57:34 GMT"]}}))
        untimed = json.loads(as_json())["interactions"]
        loaded["interactions"] = [*untimed, *loaded["interactions"], *untimed]
        times = [exchange.started_at for exchange in read(json.dumps(loaded), "x.json")]
        assert times == [AT, "2026-11-22T08:57:34.000000Z", "2026-11-22T08:57:34.000000Z"]


class TestFilesThatAreNone:
    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ("hello", "does not look like a VCR cassette"),
            ("", "does not look like a VCR cassette"),
            ('{"log": {"entries": []}}', "does not look like a VCR cassette"),
            ("interactions: [", "x.yaml, line 2: no readable YAML"),
            ("interactions: []", "holds no interactions"),
            ("interactions: null", "holds no interactions"),
            ("interactions: soon", "its interactions are text, not a list"),
            ("other:\n  interactions: []", "it has no list of interactions"),
            ("interactions: [hello]", "entry 1: it is text, not a mapping"),
            (cassette() + "- request: 3\n", "entry 2: its request is a int"),
            (cassette() + "- request: {method: GET, uri: ftp://a.test/}\n  response: {}", "entry 2: 'ftp://a.test/'"),
            (cassette() + "- request: {method: GET, uri: /x}\n  response: {}", "is no http or https address"),
            (cassette() + "- request: {method: GET, uri: 'http://a:b/'}\n  response: {}", "is no address"),
            (cassette() + "- request: {method: GET}\n  response: {}", "entry 2: its request has no uri"),
            (cassette() + "- request: {uri: http://a.test/}\n  response: {}", "entry 2: the method is missing"),
            (cassette("method: G E T"), "'G E T' is no method"),
            (cassette("headers: hello"), "entry 1: the request headers are text"),
            (cassette("headers: {'a b': c}"), "'a b' among the request headers is no header's name"),
            (cassette(response="headers: {a: {b: c}}\nstatus: 200"), "header 'a' of the response is a mapping"),
            (cassette(response="status: {code: 99}"), "'99' is no status"),
            (cassette(response="headers: {}"), "the status is missing"),
            (cassette(body="base64_string: '!'"), "no base64"),
            (cassette(body="other: 1"), "the response body is a mapping"),
            (cassette("body: {a: !!binary aGk=}"), "values from which nobody can tell the bytes"),
            (
                cassette("body: !!python/object:aiohttp.formdata.FormData {_fields: []}"),
                "the request body is an object (!!python/object:aiohttp.formdata.FormData), whose bytes are not",
            ),
            (cassette("body: &a {b: *a}"), "entry 1: the request body is values"),
        ],
    )
    def test_one_line_says_what_and_where(self, read: Callable[..., list[Exchange]], text: str, complaint: str) -> None:
        """A person mends it without looking into our sources."""
        with pytest.raises(UsageError, match=r"x\.yaml") as caught:
            read(text)
        assert complaint in str(caught.value)

    def test_binary(self, tmp_path: Path) -> None:
        """Not even text."""
        path = tmp_path / "x"
        path.write_bytes(b"interactions: \xff\n")
        with pytest.raises(UsageError, match="not text"):
            reading.read(path, "vcr", AT)

    def test_an_unknown_format(self, tmp_path: Path) -> None:
        """The known ones are named."""
        with pytest.raises(UsageError, match="'har' is not known; there is: vcr"):
            reading.read(tmp_path / "x", "har", AT)

    def test_an_entry_may_be_left_out(self, read: Callable[..., list[Exchange]]) -> None:
        """For the one that cannot be read."""
        text = cassette("body: {a: !!binary aGk=}") + cassette().partition("interactions:\n")[2]
        assert len(read(text, leave_out=[1])) == 1
        with pytest.raises(UsageError, match="has no entry 3 to leave out; it has 2"):
            read(text, leave_out=[3])


class TestSafety:
    @pytest.mark.parametrize(
        "tag",
        [
            "!!python/object/apply:os.mkdir ['made']",
            "!!python/object/new:os.mkdir ['made']",
            "!!python/name:os.mkdir ''",
            "!!python/module:this ''",
            "!!python/object/apply:builtins.exec [\"import os; os.mkdir('made')\"]",
        ],
    )
    def test_no_tag_is_executed(
        self, read: Callable[..., list[Exchange]], tag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A cassette from anywhere runs nothing, whether the value is used or not."""
        monkeypatch.chdir(tmp_path)
        read(cassette() + f"other: {tag}\n")
        with pytest.raises(UsageError, match="whose bytes are not in the file"):
            read(cassette(f"body: {tag}"))
        assert "made" not in os.listdir(tmp_path)  # noqa: PTH208 - the folder itself, nothing of it
        assert "this" not in sys.modules


class TestWithoutPyYaml:
    def test_yaml_says_what_to_install(
        self, read: Callable[..., list[Exchange]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is an extra."""
        monkeypatch.setitem(sys.modules, "yaml", None)
        with pytest.raises(UsageError, match=r"x\.yaml is YAML, which needs PyYAML; pip install 'wiretape\[vcr\]'"):
            read(cassette())

    def test_json_works(self, read: Callable[..., list[Exchange]], monkeypatch: pytest.MonkeyPatch) -> None:
        """Nothing to install for it."""
        monkeypatch.setitem(sys.modules, "yaml", None)
        assert len(read(as_json(), "x.json")) == 1
