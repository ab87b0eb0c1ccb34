"""Who brings the password: by a prefix, as a proxy's user, in a header."""

from __future__ import annotations

from base64 import b64encode

import pytest

from wiretape.proxy.decide.admission import ADVICE, TURNED_AWAY, Password, refusal

WORD = "abc.DEF_ghi~jkl-1&2"
PASSWORD = Password(WORD)


def user(text: str) -> tuple[bytes, bytes]:
    return b"Proxy-Authorization", b"Basic " + b64encode(text.encode())


@pytest.mark.parametrize(
    ("path", "headers", "admitted"),
    [
        (None, ((b"X-Wiretape-Password", WORD.encode()),), True),
        (None, ((b"x-WIRETAPE-password", f" {WORD} ".encode()),), True),
        (None, ((b"X-Wiretape-Password", WORD.upper().encode()),), False),
        (None, ((b"X-Wiretape-Password", b"\xff\xfe"),), False),
        (None, ((b"X-Wiretape-Session", WORD.encode()),), False),
        (None, (user(f"login:{WORD}"),), True),
        (None, (user(f":{WORD}"),), True),
        (None, (user(f"login:{WORD}:"),), False),
        (None, (user(WORD),), False),
        (None, ((b"Authorization", user(f"login:{WORD}")[1]),), False),
        (None, (user("login:x"), (b"X-Wiretape-Password", WORD.encode())), True),
        (None, (), False),
        (f"/~login:{WORD}/v1", (), True),
        (f"/~:{WORD}", (), True),
        (f"/~login%3A{WORD.replace('&', '%26')}/v1", (), True),
        (f"/~login:{WORD}x/v1", (), False),
        (f"/~login:\udcff{WORD}/v1", (), False),
        (f"/~{WORD}/v1", (), False),
        (f"/v1/~login:{WORD}", (), False),
        (f"/v1?{WORD}", (), False),
        ("/~login:x/v1", (user(f"login:{WORD}"),), True),
        ("/~", (), False),
        ("*", (), False),
        ("", (), False),
    ],
)
def test_admits(path: str | None, headers: tuple[tuple[bytes, bytes], ...], admitted: bool) -> None:  # noqa: FBT001
    """One of the ways is enough; nothing else is looked at."""
    assert PASSWORD.admits(headers, path) is admitted


def test_an_empty_word_is_no_password() -> None:
    """What a request lacks must not compare as equal to anything that could be asked for."""
    assert not PASSWORD.admits(((b"X-Wiretape-Password", b""), user("login:")), "/~:/")


def test_it_stands_in_no_words() -> None:
    """Neither in how it is shown nor in what strangers and the terminal are told."""
    assert WORD not in f"{PASSWORD!r} {PASSWORD} {TURNED_AWAY} {ADVICE}"
    assert all(WORD.encode() not in refusal(as_proxy=way).document for way in (False, True))


@pytest.mark.parametrize("url", ["http://127.0.0.1:8787", "http://[::1]:8787"])
def test_addresses(url: str) -> None:
    """What a client is given brings it, for the default session or another."""
    host = url.removeprefix("http://")
    assert PASSWORD.proxy_of(url) == f"http://wiretape:{WORD}@{host}"
    assert PASSWORD.proxy_of(url, "login") == f"http://login:{WORD}@{host}"
    assert PASSWORD.base_of(url) == f"{url}/~:{WORD}"
    assert PASSWORD.base_of(url, "login") == f"{url}/~login:{WORD}"
