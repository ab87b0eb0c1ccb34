# pyright: reportUnknownMemberType=false
# (mitmproxy leaves its states without annotations)
"""The hooks by themselves: what happens between two of them, where a failure of ours must not touch the answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from mitmproxy import http
from mitmproxy.test import tflow, tutils

from wiretape.addons.mitm.gate import Gate
from wiretape.addons.mitm.layers import HELD
from wiretape.addons.mitm.traffic import Traffic
from wiretape.proxy.decide.modes import Mode
from wiretape.proxy.decide.redaction import hook
from wiretape.proxy.decide.redaction.rules import RedactRules
from wiretape.proxy.decide.rules import Rules
from wiretape.proxy.run import Run
from wiretape.proxy.runs import Runs
from wiretape.proxy.serve.clock import Clock
from wiretape.proxy.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

FIRST, LAST = b'data: {"a":1}\n\n', b"data: unreadable\n\n"
NAME = "tests.traffic:redact"


def look(body: bytes) -> bytes | None:
    """The user's function, which fails over one frame."""
    if b"unreadable" in body:
        raise ValueError("it cannot be read")
    return None


async def streamed(traffic: Traffic, *, turn: bool) -> bytes:
    """What a client gets of a stream whose length is told, its end in the same *turn* of the loop or in a later one."""
    length = str(len(FIRST + LAST))
    answer = tutils.tresp(headers=http.Headers(content_type="text/event-stream", content_length=length))
    flow = tflow.tflow(req=tutils.treq(host="api.aitronos.com", port=443, scheme=b"https"), resp=answer)
    traffic.requestheaders(flow)
    await traffic.request(flow)
    traffic.responseheaders(flow)
    assert flow.response is not None
    assert callable(flow.response.stream)
    got = b""
    for piece in (FIRST, LAST):
        passed = flow.response.stream(piece)
        assert isinstance(passed, bytes)
        got += passed
    if turn:
        await asyncio.sleep(0)
    await traffic.response(flow)
    held = flow.metadata.get(HELD, b"")
    assert isinstance(held, bytes)
    return got + held


@pytest.mark.parametrize("turn", [False, True], ids=["at once", "later"])
def test_a_failure_in_a_moment_does_not_touch_the_answer(tmp_path: Path, *, turn: bool) -> None:
    """What was held back till the end is told all the same, whenever recording fails; the run knows of the failure."""
    hook.install(NAME, look)
    rules = Rules(redact=RedactRules(callable=NAME))
    settings = Settings(cassette=tmp_path / "x.cassette", mode=Mode.RECORD, rules=rules)
    run = Run.open(settings, Clock())
    traffic = Traffic(runs := Runs(run), Gate(runs, lambda _: None), lambda _: None)
    assert asyncio.run(streamed(traffic, turn=turn)) == FIRST + LAST
    assert any("it cannot be read" in defect for defect in run.close().defects)
