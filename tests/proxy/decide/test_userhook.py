"""The user's canonicaliser: what it may do, and what its failures are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from wiretape.proxy.decide.canonical import Canonical, canonical
from wiretape.proxy.decide.difference import differences
from wiretape.proxy.decide.keying import HELD_BYTES, KeyInTheMaking
from wiretape.proxy.decide.longkey import LongKey
from wiretape.proxy.decide.matching import match_key
from wiretape.proxy.decide.rules import NO_RULES, Rules
from wiretape.proxy.decide.userhook import CanonicaliserFailed, install, installed
from wiretape.store.interaction import Headers, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    type Install = Callable[[Callable[[Canonical], Any]], Rules]


def asked(
    body: bytes = b"", target: str = "/a", content_type: bytes = b"application/json", headers: Headers = ()
) -> Request:
    return Request(
        method="POST",
        scheme="https",
        host="h",
        port=443,
        target=target,
        headers=((b"Content-Type", content_type), *headers),
        body=body,
    )


@pytest.fixture
def hook(request: pytest.FixtureRequest) -> Install:
    """Installs a function under a name of this test's own; gives the rules that name it."""

    def put(function: Callable[[Canonical], Any]) -> Rules:
        name = f"hooks.of_{abs(hash(request.node.nodeid))}:function"
        install(name, function)
        return Rules(canonicaliser=name)

    return put


def test_it_has_the_last_say(hook: Install) -> None:
    """Requests that it makes equal are the same request, and nothing differs."""
    rules = hook(lambda form: msgspec.structs.replace(form, path="/any"))
    one, other = canonical(asked(target="/a/1"), "api", rules), canonical(asked(target="/a/2"), "api", rules)
    assert match_key(one) == match_key(other)
    assert differences(one, other) == []
    assert one.path == "/any"


def test_it_sees_what_the_rules_left(hook: Install) -> None:
    """Ignored paths are gone before, and what it leaves as it is stays."""
    seen: list[Canonical] = []

    def watching(form: Canonical) -> Canonical:
        seen.append(form)
        return form

    rules = msgspec.structs.replace(hook(watching), ignored_paths=("$.b",))
    found = canonical(asked(b'{"b": 1, "a": 2}'), "api", rules)
    assert found is seen[0]
    assert found.body == b'{"a":2}'


def test_its_json_is_brought_into_form_again(hook: Install) -> None:
    """Keys in any order, spaces, numbers spelt otherwise: it cannot break the form."""
    rules = hook(lambda form: msgspec.structs.replace(form, body=b'{"z": 1.0,  "a": "\\u0041"}'))
    assert canonical(asked(b"{}"), "api", rules).body == b'{"a":"A","z":1}'


def test_its_pairs_are_brought_into_form_again(hook: Install) -> None:
    """Lists, unsorted pairs, names in capitals, a method in small letters, a form's pairs."""

    def careless(form: Canonical) -> Canonical:
        pairs: Any = [["b", "1"], ["a", "2"]]
        named: Any = [("X-B", "1"), ("x-a", "2")]
        return msgspec.structs.replace(form, query=pairs, headers=named, method="post", path="/%7ea", body=b"b=1&a=2")

    form = b"application/x-www-form-urlencoded"
    found = canonical(asked(b"q=1", content_type=form), "api", hook(careless))
    assert (found.query, found.headers) == ((("a", "2"), ("b", "1")), (("x-a", "2"), ("x-b", "1")))
    assert (found.method, found.path, found.body) == ("POST", "/~a", b"a=2&b=1")


def test_odd_texts_survive(hook: Install) -> None:
    """Bytes that are no UTF-8 come as surrogates, and may stay."""
    rules = hook(lambda form: msgspec.structs.replace(form, method="X"))
    found = canonical(asked(target="/a?x=%ff"), "api", rules)
    assert found.query == (("x", "\udcff"),)
    assert match_key(found).startswith("k1:")


def giving(**fields: object) -> Callable[[Canonical], Any]:
    return lambda form: msgspec.structs.replace(form, **fields)


def nothing(form: Canonical) -> None:
    del form


def raising(form: Canonical) -> Any:
    raise LookupError(f"no {form.path}")


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (nothing, "gave a NoneType, not a Canonical"),
        (msgspec.structs.asdict, "gave a dict, not a Canonical"),
        (giving(path=5), "is none: Expected `str`"),
        (giving(body="text"), "is none"),
        (giving(body=b'{"a":'), "is none: its body is not json"),
        (giving(body_kind="xml"), "is none: Invalid enum value"),
        (giving(body_kind="empty"), "is none: its body is not empty"),
        (giving(body_kind="multipart"), "is none"),
        (raising, "raised LookupError: no /a"),
    ],
    ids=[
        "nothing",
        "dict",
        "path",
        "text as body",
        "cut json",
        "unknown kind",
        "not empty",
        "no multipart",
        "an error",
    ],
)
def test_failures_bear_its_name(hook: Install, function: Callable[[Canonical], Any], said: str) -> None:
    """Whatever it does wrong."""
    rules = hook(function)
    with pytest.raises(CanonicaliserFailed) as caught:
        canonical(asked(b'{"a":1}'), "api", rules)
    assert repr(rules.canonicaliser) in str(caught.value)
    assert said in str(caught.value)


def test_a_name_alone_leads_to_nothing() -> None:
    """Such as one that came with somebody's cassette: nothing is imported for it."""
    rules = Rules(canonicaliser="os:getcwd")
    assert not installed("os:getcwd")
    with pytest.raises(CanonicaliserFailed, match="'os:getcwd' is not loaded"):
        canonical(asked(), "api", rules)


def test_a_long_body_is_held_for_it(hook: Install) -> None:
    """It is asked once, with the whole, and the key is the one of the whole."""
    sizes: list[int] = []

    def measuring(form: Canonical) -> Canonical:
        sizes.append(len(form.body))
        return msgspec.structs.replace(form, body=form.body[:10])

    rules = hook(measuring)
    head = asked(content_type=b"application/octet-stream")
    assert LongKey.begin(head, "api", NO_RULES, b"x" * 100) is not None
    assert LongKey.begin(head, "api", rules, b"x" * 100) is None
    making = KeyInTheMaking(head, "api", rules)
    for _ in range(3):
        making.add(b"x" * HELD_BYTES)
    whole = msgspec.structs.replace(head, body=b"x" * 10)
    assert making.key() == match_key(canonical(whole, "api"))
    assert sizes == [3 * HELD_BYTES]
