"""Whole requests under random re-spelling: one key for one request, another key for one that says something else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.matching import match_key
from wiretape.store.interaction import Headers, Request

if TYPE_CHECKING:
    from random import Random

QUICK = settings(derandomize=True, database=None, deadline=None, max_examples=300)

WORDS = st.one_of(st.text(max_size=6), st.sampled_from(["a", "b", "ü", "a b", "+", "&=", "%41", "😀", "/", "?", ":"]))
NAMES = st.sampled_from(["a", "b", "limit", "q x", "ü", "A"])
FLAT = st.dictionaries(
    NAMES,
    st.one_of(WORDS, st.integers(-5, 5), st.booleans(), st.none(), st.lists(st.integers(0, 3), max_size=3)),
    max_size=4,
)


class Call(msgspec.Struct, frozen=True):
    """What a request says, however it is spelled.

    Attributes:
        path: its segments.
        query: its pairs; their order does not count.
        content: the kind of body, and the body: a JSON value, the pairs of a form, or the parts of a multipart body.
    """

    method: str
    path: tuple[str, ...]
    query: tuple[tuple[str, str], ...]
    content: tuple[str, Any]

    @property
    def kind(self) -> str:
        """What the body is."""
        return self.content[0]

    @property
    def body(self) -> Any:
        """The body."""
        return self.content[1]

    def says(self) -> object:
        """Equal for two calls that are the same request."""
        body = json.dumps(self.body, sort_keys=True) if self.kind == "json" else self.body
        body = sorted(body) if self.kind == "form" else body
        return self.method, self.path, sorted(self.query), self.kind, body


PARTS = st.lists(st.tuples(NAMES, st.binary(max_size=8)), min_size=1, max_size=3).map(tuple)
PAIRS = st.lists(st.tuples(NAMES, WORDS), max_size=3).map(tuple)
BODIES = st.one_of(
    st.tuples(st.just("none"), st.none()),
    st.tuples(st.just("json"), FLAT),
    st.tuples(st.just("form"), PAIRS.filter(bool)),
    st.tuples(
        st.just("multipart"), st.lists(st.tuples(NAMES, st.binary(max_size=8)), min_size=1, max_size=3).map(tuple)
    ),
)
METHODS = st.sampled_from(["GET", "POST", "DELETE"])
PATHS = st.lists(WORDS.filter(bool), max_size=3).map(tuple)
CALLS = st.builds(Call, METHODS, PATHS, PAIRS, BODIES)


def spelled(call: Call, random: Random) -> Request:
    """*call* as some client might send it."""
    query = list(call.query)
    random.shuffle(query)
    path = "/" + "/".join(_escaped(segment, random, "") for segment in call.path)
    pairs = "&".join(f"{_escaped(n, random, '+')}={_escaped(v, random, '+')}" for n, v in query)
    mark = "?" if pairs else random.choice(["", "?"])
    kind, body = _body(call, random)
    headers: Headers = tuple(
        random.sample([(b"User-Agent", random.randbytes(3).hex().encode()), (b"X-Any", b"1"), (b"Accept", b"*/*")], k=2)
    )
    named = ((random.choice([b"Content-Type", b"content-type"]), kind),) if kind else ()
    return Request(
        method=random.choice([call.method, call.method.lower()]),
        scheme=random.choice(["http", "https"]),
        host=random.choice(["api.aitronos.com", "127.0.0.1"]),
        port=random.choice([443, 8787]),
        target=path + mark + pairs + random.choice(["", "&"] if pairs else [""]),
        headers=(*headers, *named),
        body=body,
    )


def _escaped(text: str, random: Random, space: str) -> str:
    """*text* percent-encoded, its unreserved characters sometimes too; a space also as *space*."""

    def one(char: str) -> str:
        always = "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))
        if char == " " and space:
            return random.choice([always, space])
        return random.choice([always, always.lower(), quote(char, safe="", errors="surrogatepass")])

    return "".join(map(one, text))


def _body(call: Call, random: Random) -> tuple[bytes, bytes]:
    """The content type and the body."""
    match call.kind:
        case "json":
            names = list(call.body)
            random.shuffle(names)
            value = {name: _number(call.body[name], random) for name in names}
            text = json.dumps(value, ensure_ascii=random.random() < 0.5, indent=random.choice([None, 1]))
            return random.choice(
                [b"application/json", b"application/json; charset=utf-8", b"text/plain", b""]
            ), text.encode("utf-8", "surrogatepass")
        case "form":
            pairs = list(call.body)
            random.shuffle(pairs)
            text = "&".join(f"{_escaped(n, random, '+')}={_escaped(v, random, '+')}" for n, v in pairs)
            return b"application/x-www-form-urlencoded", text.encode()
        case "multipart":
            boundary = b"b" + random.randbytes(12).hex().encode()
            name = random.choice([b"Content-Disposition", b"content-disposition"])
            parts = [
                b'--%b\r\n%b: form-data; name="%b"\r\n\r\n%b\r\n' % (boundary, name, field.encode(), content)
                for field, content in call.body
            ]
            kind = random.choice([b"multipart/form-data; boundary=" + boundary, b"application/octet-stream", b""])
            return kind, b"".join(parts) + b"--%b--\r\n" % boundary
        case _:
            return random.choice([b"application/json", b""]), b""


def _number(value: object, random: Random) -> object:
    return float(value) if type(value) is int and random.random() < 0.5 else value


def key(request: Request) -> str:
    return match_key(canonical(request, "api"))


@given(CALLS, st.randoms(use_true_random=False))
@QUICK
def test_a_request_has_one_key_in_all_its_spellings(call: Call, random: Random) -> None:
    """Order, spacing, escapes, boundaries, content types, hosts and headers are spelling."""
    assert key(spelled(call, random)) == key(spelled(call, random))


@given(CALLS, CALLS, st.randoms(use_true_random=False))
@QUICK
def test_requests_drawn_apart(one: Call, other: Call, random: Random) -> None:
    """Their keys are equal only where they say the same."""
    assert (key(spelled(one, random)) == key(spelled(other, random))) == (one.says() == other.says())


@given(CALLS, st.sampled_from(["method", "path", "query", "body"]), st.randoms(use_true_random=False))
@QUICK
def test_one_change_is_another_request(call: Call, where: str, random: Random) -> None:
    """Wherever it is, one more thing said makes another key."""
    changed = {
        "method": lambda: msgspec.structs.replace(call, method="PUT"),
        "path": lambda: msgspec.structs.replace(call, path=(*call.path, "x")),
        "query": lambda: msgspec.structs.replace(call, query=(*call.query, ("a", ""))),
        "body": lambda: _one_more(call),
    }[where]()
    assert key(spelled(call, random)) != key(spelled(changed, random))


def _one_more(call: Call) -> Call:
    match call.kind:
        case "json":
            content: tuple[str, Any] = "json", {**call.body, "new": None}
        case "form":
            content = "form", (*call.body, ("a", ""))
        case "multipart":
            content = "multipart", (*call.body, ("a", b""))
        case _:
            content = "json", {}
    return msgspec.structs.replace(call, content=content)
