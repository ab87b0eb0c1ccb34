"""Whose request it is: prefixes, users, headers."""

from __future__ import annotations

from base64 import b64encode

import pytest

from wiretape.proxy.decide import belonging


@pytest.mark.parametrize(
    ("target", "label", "rest"),
    [
        ("/~login/v1/models", "login", "/v1/models"),
        ("/~login/v1/models?a=/~x/", "login", "/v1/models?a=/~x/"),
        ("/~login", "login", "/"),
        ("/~login/", "login", "/"),
        ("/~login?a=b", "login", "/?a=b"),
        ("/~_3f9a/v1", "_3f9a", "/v1"),
        ("/~a.b-c_D9/v1", "a.b-c_D9", "/v1"),
        ("/~wiretape/health", "wiretape", "/health"),
        ("/~a/~b/v1", "a", "/~b/v1"),
        ("/v1/~login/x", None, "/v1/~login/x"),
        ("/~/v1", "", "/v1"),
        ("/~.hidden/v1", ".hidden", "/v1"),
        ("/~a%20b/v1", "a b", "/v1"),
        ("/~..%2f../v1", "../..", "/v1"),
        ("/~" + "a" * 201 + "/v1", "a" * 201, "/v1"),
        ("/~login:word/v1?a=b", "login", "/v1?a=b"),
        ("/~login:/v1", "login", "/v1"),
        ("/~login%3Aword/v1", "login", "/v1"),
        ("/~login:wo:rd", "login", "/"),
        ("/~:word/v1", None, "/v1"),
        ("/~:/v1", None, "/v1"),
        ("/~wiretape:word/health", "wiretape", "/health"),
        ("/", None, "/"),
        ("*", None, "*"),
    ],
)
def test_prefixes(target: str, label: str | None, rest: str) -> None:
    """Whatever stands right at the beginning is one, be it a name or not; but not for who names the API itself."""
    told = belonging.belonging(target, (), base_url=True)
    assert (told.label, told.target) == (label, rest)
    assert told.control == target.startswith(("/~wiretape/", "/~wiretape:"))
    assert belonging.belonging(target, (), base_url=False) == (None, "", target, ())


def test_the_first_that_is_there_counts() -> None:
    """The prefix, the tunnel's user, the request's own, the header; none of them is left in what was asked."""
    headers = ((b"X-Wiretape-Session", b"header"), (b"Accept", b"x"))
    users = ((b"Proxy-Authorization", b"Basic " + b64encode(b"user:x")), *headers)
    told = [
        belonging.belonging("/~prefix/x", users, base_url=True, user="tunnel"),
        belonging.belonging("/x", users, base_url=True, user="tunnel"),
        belonging.belonging("/x", users, base_url=True),
        belonging.belonging("/x", headers, base_url=True),
    ]
    assert [one.label for one in told] == ["prefix", "tunnel", "user", "header"]
    assert {(one.target, one.headers) for one in told} == {("/x", ((b"Accept", b"x"),))}
    assert [one.prefix for one in told] == ["/~prefix", "", "", ""]


@pytest.mark.parametrize(
    ("target", "prefix", "password"),
    [
        ("/~login/v1", "/~login", None),
        ("/~log%69n/v1", "/~log%69n", None),
        ("/~login:word/v1", "/~login:word", "word"),
        ("/~login%3aw%26rd?x", "/~login%3aw%26rd", "w&rd"),
        ("/~:word", "/~:word", "word"),
        ("/~login:", "/~login:", ""),
        ("/~login:w:rd/", "/~login:w:rd", "w:rd"),
    ],
)
def test_prefixes_are_given_back_as_they_were_written(target: str, prefix: str, password: str | None) -> None:
    """Redirects lead back under them; a password is what follows the first colon."""
    assert belonging.belonging(target, (), base_url=True).prefix == prefix
    assert belonging.by_prefix(target).password == password


def test_only_a_prefix_asks_the_proxy_itself() -> None:
    """Its name as a user, which a password needs, is the default session; in the header it is no session's."""
    user = ((b"Proxy-Authorization", b"Basic " + b64encode(b"wiretape:word")),)
    header = ((b"X-Wiretape-Session", b"wiretape"),)
    assert belonging.belonging("/x", user, base_url=True) == (None, "", "/x", ())
    assert belonging.belonging("/x", (*user, (b"X-Wiretape-Session", b"login")), base_url=True).label == "login"
    assert belonging.belonging("/x", header, base_url=True) == ("wiretape", "", "/x", ())
    assert not belonging.belonging("/x", header, base_url=True).control


@pytest.mark.parametrize(
    ("value", "user", "password"),
    [
        (b"Basic " + b64encode(b"login:w:rd"), "login", "w:rd"),
        (b"Basic " + b64encode(b":word"), None, "word"),
        (b"Basic " + b64encode(b"login:"), "login", None),
        (b"Basic " + b64encode(b"\xff:\xff"), "\ufffd", "\ufffd"),
        (b"Digest " + b64encode(b"login:word"), None, None),
        (b"Basic !!!", None, None),
    ],
)
def test_credentials(value: bytes, user: str | None, password: str | None) -> None:
    """User and password, each where it is there."""
    assert belonging.credentials(((b"proxy-authorization", value),)) == (user, password)


@pytest.mark.parametrize(
    ("value", "label"),
    [
        (b"Basic " + b64encode(b"login:x"), "login"),
        (b"Basic " + b64encode(b"wiretape:x"), None),
        (b"basic  " + b64encode(b"login:"), "login"),
        (b"Basic " + b64encode(b"login"), "login"),
        (b"Basic " + b64encode("Grüezi:x".encode()), "Grüezi"),
        (b"Basic " + b64encode(b":x"), None),
        (b"Basic !!!", None),
        (b"Basic", None),
        (b"Bearer " + b64encode(b"login:x"), None),
        (b"", None),
    ],
)
def test_proxy_users(value: bytes, label: str | None) -> None:
    """The user counts, the password does not; what is malformed names nobody."""
    assert belonging.by_proxy_user(((b"Proxy-Authorization", value),)) == label


def test_headers() -> None:
    """In any case of letters, without the blanks around; an empty one names nobody."""
    assert belonging.by_header(((b"x-wiretape-SESSION", b" login "),)) == "login"
    assert belonging.by_header(((b"X-Wiretape-Session", b" "),)) is None
    assert belonging.by_header(((b"X-Other", b"login"),)) is None


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("login", True),
        ("a.b-c_D9", True),
        ("tests/x.py::test_a[1]", False),
        ("", False),
        ("_a", False),
        (".a", False),
        ("wiretape", False),
        ("ä", False),
        ("a b", False),
    ],
)
def test_plain_names(name: str, plain: bool) -> None:  # noqa: FBT001 - a table
    """What can stand in an address; `wiretape` is the proxy's own, an underscore begins what it makes up."""
    assert belonging.is_plain(name) is plain
