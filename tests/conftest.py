"""What every test may use: requests and answers, and sessions written the way a recorder writes them."""

from __future__ import annotations

import datetime
import importlib.util
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.matching import match_key
from wiretape.proxy.serve.clock import Clock
from wiretape.store.interaction import Request, ResponseHead
from wiretape.store.recording import SessionWriter
from wiretape.store.sessions import Description

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from wiretape.store.interaction import Ended
    from wiretape.store.sessions import Begin


# The same examples in every run; `HYPOTHESIS_PROFILE=exploring` looks for others, and for more.
settings.register_profile("steady", derandomize=True, database=None, deadline=None)
settings.register_profile("exploring", derandomize=False, deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


def pytest_xdist_auto_num_workers() -> int:
    """How many workers `-n auto` is: tests of processes and sockets wait for half of their time."""
    return max(2, (os.cpu_count() or 1) * 3 // 2)


AT = "2026-01-02T03:04:05.000006Z"


def a_request(target: str = "/v1/models", method: str = "GET", body: bytes = b"") -> Request:
    """A request to the API."""
    return Request(
        method=method,
        scheme="https",
        host="api.aitronos.com",
        port=443,
        target=target,
        headers=((b"Host", b"api.aitronos.com"), (b"X-Odd", b"\xe4\xff")),
        body=body,
    )


def a_head(status: int = 200, kind: bytes = b"application/json") -> ResponseHead:
    """The head of an answer."""
    return ResponseHead(
        status=status, reason="Fine", headers=((b"Content-Type", kind), (b"Set-X", b"1"), (b"set-x", b"2"))
    )


class Scribe:
    """Writes sessions into one cassette."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def begin(self, name: str = "default", how: Begin = "replace") -> SessionWriter:
        new = Description(name=name, upstream="https://api.aitronos.com", started_at=AT, recorder="test")
        return SessionWriter.begin(self.path, new, how)

    def session(self, *exchanges: tuple[Request, bytes], name: str = "default", how: Begin = "replace") -> str:
        """A complete session of *exchanges*, each a request and the body of its answer."""
        writer = self.begin(name, how)
        for request, body in exchanges:
            self.exchange(writer, request, [body])
        return writer.end(AT)

    def exchange(
        self, writer: SessionWriter, request: Request, chunks: list[bytes], ended: Ended = "complete", status: int = 200
    ) -> None:
        """One exchange; its answer came in *chunks*, ten milliseconds apart."""
        interaction = writer.interaction(request, "api", AT)
        if request.body:
            interaction.request_piece(request.body)
        interaction.request_done(match_key(canonical(request, "api")), redacted=False)
        interaction.response_head(a_head(status), 1_000, redacted=False)
        for number, chunk in enumerate(chunks):
            interaction.chunk(chunk, 1_000 + 10_000 * number)
        interaction.finish(ended, 1_000 + 10_000 * len(chunks)).result()


@pytest.fixture
def scribe(tmp_path: Path) -> Scribe:
    """Writes into a cassette of this test's own."""
    return Scribe(tmp_path / "x.cassette")


@pytest.fixture
def still() -> Clock:
    """A clock that stands still by day and counts microseconds by being asked."""
    moment = datetime.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=datetime.UTC)
    ticks = iter(range(0, 10**9, 10))
    return Clock(now=lambda: moment, microseconds=lambda: next(ticks))


@pytest.fixture
def make_request() -> Callable[..., Request]:
    """Makes requests."""
    return a_request


@pytest.fixture
def make_head() -> Callable[..., ResponseHead]:
    """Makes heads of answers."""
    return a_head


@pytest.fixture(scope="session")
def sdk_models() -> ModuleType:
    """The tests that make answers of the SDK's own models: `TYPED` operations, and a body for each."""
    path = Path(__file__).parent / "store" / "aitronos" / "test_sdk_models.py"
    spec = importlib.util.spec_from_file_location("answers_of_sdk_models", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def _no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests do not depend on the environment they run in."""
    ours = ("WIRETAPE_CASSETTE", "WIRETAPE_PASSWORD", "WIRETAPE_SETTINGS", "WIRETAPE_TRIAL")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", *ours):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
