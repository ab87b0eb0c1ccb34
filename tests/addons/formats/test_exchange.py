"""Exchanges that come from elsewhere, recorded as a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from wiretape.addons.formats.exchange import Exchange, Plan, hosts_of, record
from wiretape.proxy.decide import userhook
from wiretape.proxy.decide.rules import Rules
from wiretape.store.cassette import Cassette

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wiretape.proxy.decide.canonical import Canonical
    from wiretape.store.interaction import Request, ResponseHead

SECRET = b"first-seen-openly"


def exchanges(make_request: Callable[..., Request], make_head: Callable[..., ResponseHead]) -> list[Exchange]:
    """Two; what the first says openly is the second's API key."""
    first = Exchange(
        request=make_request("/v1/x", "POST", b"use " + SECRET),
        head=make_head(),
        chunks=((1, b"I use " + SECRET),),
        started_at="2026-01-02T03:04:05Z",
    )
    keyed = msgspec.structs.replace(first.request, headers=((b"x-api-key", SECRET),))
    return [first, msgspec.structs.replace(first, request=keyed)]


def test_what_came_openly_and_turns_out_to_be_secret(
    tmp_path: Path, make_request: Callable[..., Request], make_head: Callable[..., ResponseHead]
) -> None:
    """It is replaced before the session ends, as in any recording."""
    found = exchanges(make_request, make_head)
    path = tmp_path / "x.cassette"
    record(path, Plan(session="s", hosts=hosts_of(found, None)), found)
    assert SECRET not in path.read_bytes()
    with Cassette.open(path) as cassette:
        assert [one.redacted for one in cassette.interactions()] == [True, True]
        assert cassette.request(1).body == b"use REDACTED-key-1"


def test_a_users_function_that_fails(
    tmp_path: Path, make_request: Callable[..., Request], make_head: Callable[..., ResponseHead]
) -> None:
    """The import fails, for what has no key answers nothing; what came before is mended all the same."""

    def fail(form: Canonical) -> Canonical:
        if not form.body:
            raise ValueError("no")
        return form

    userhook.install("tests.exchange:fail", fail)
    first, second = exchanges(make_request, make_head)
    found = [first, msgspec.structs.replace(second, request=msgspec.structs.replace(second.request, body=b""))]
    path = tmp_path / "x.cassette"
    plan = Plan(session="s", hosts=hosts_of(found, None), rules=Rules(canonicaliser="tests.exchange:fail"))
    with pytest.raises(userhook.CanonicaliserFailed, match="raised ValueError: no"):
        record(path, plan, found)
    with Cassette.open(path) as cassette:
        (session,) = cassette.sessions()
        assert (session.state, session.problem) == ("incomplete", "it could not be recorded whole")
    assert SECRET not in path.read_bytes()
