"""Users who log in by recorded answers are told apart by the placeholders that they got, in whatever order they ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.conftest import Serve
    from tests.conftest import Scribe
    from wiretape.store.interaction import Request

# Ann bears 1, Bob 2; as recorded, Ann asked twice, then Bob, then Ann.
ASKED = {
    "as recorded": ("1 1 2 1", "ann1 ann2 bob1 ann3"),
    "Bob first": ("2 1 1 1", "bob1 ann1 ann2 ann3"),
    "Bob earlier": ("1 2 1 1", "ann1 bob1 ann2 ann3"),
    "other keys": ("x y x y", "ann1 ann2 bob1 ann3"),
    "an unknown placeholder": ("7 2 7 1", "ann1 bob1 ann2 ann3"),
    # There is one for such a request all the same.
    "Bob too often": ("2 2 1 1", "bob1 ann1 ann2 ann3"),
    "spent": ("2 1 1 1 1 2", "bob1 ann1 ann2 ann3 424 424"),
}


@pytest.mark.parametrize("engine", ["mitmproxy", "direct"])
def test_each_user_gets_their_own(
    engine: str, scribe: Scribe, make_request: Callable[..., Request], serving: Serve
) -> None:
    """A client's placeholder is longer than that of the recorded request: in answers they have a secret's length."""

    def of(number: int) -> Request:
        pair = (b"Authorization", b"Bearer REDACTED-token-%d" % number)
        return msgspec.structs.replace(make_request("/v1/me"), headers=(pair,))

    for number in range(len(ASKED)):
        scribe.session((of(1), b"ann1"), (of(1), b"ann2"), (of(2), b"bob1"), (of(1), b"ann3"), name=f"s{number}")
    seen: dict[str, str] = {}
    spent = ("--session", "s0", "--when-spent", "miss")
    with serving("replay", "-c", str(scribe.path), "--engine", engine, *spent) as proxy:
        for number, (name, (asked, _)) in enumerate(ASKED.items()):
            answers: list[bytes] = []
            for who in asked.split():
                with proxy.line() as line:
                    answers.append(line.ask(request(f"/~s{number}/v1/me", who)))
            seen[name] = " ".join(map(said, answers))
    assert seen == {name: told for name, (_, told) in ASKED.items()}


def request(target: str, who: str) -> bytes:
    token = f"REDACTED-token-{who}-xxxx" if who.isdigit() else f"{who}-token-of-mine"
    return f"GET {target} HTTP/1.1\r\nHost: proxy.test:1234\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def said(answer: bytes) -> str:
    return "424" if b" 424 " in answer else answer.rpartition(b"\r\n\r\n")[2].decode()
