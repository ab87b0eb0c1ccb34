"""Cassettes with secrets in them, as an older wiretape or an import would have left them."""

from __future__ import annotations

import random
import string
from typing import TYPE_CHECKING

import msgspec
import pytest

from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.matching import match_key
from wiretape.proxy.decide.redact import RedactRules
from wiretape.proxy.scan.allowing import Allowed
from wiretape.proxy.scan.cassettes import CassetteScan
from wiretape.store.interaction import Request, ResponseHead

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.conftest import Scribe
    from wiretape.proxy.scan.cassettes import Scanned
    from wiretape.proxy.scan.finding import Detector
    from wiretape.store.interaction import Ended, Headers
    from wiretape.store.recording import SessionWriter

AT = "2026-01-02T03:04:05.000006Z"
JSON = (b"Content-Type", b"application/json")


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """A request and its answer, to be stored as they are."""

    target: str = "/v1/x"
    method: str = "POST"
    headers: tuple[tuple[bytes, bytes], ...] = (JSON,)
    body: bytes = b""
    answer: tuple[tuple[bytes, bytes], ...] = (JSON,)
    chunks: tuple[bytes, ...] = ()
    trailers: tuple[tuple[bytes, bytes], ...] = ()
    problem: str | None = None
    ended: str = "complete"


class Planter:
    """Writes sessions into one cassette without redaction."""

    def __init__(self, scribe: Scribe) -> None:
        self.path = scribe.path
        self._scribe = scribe

    def secret(self, seed: object, size: int = 30, extra: str = "") -> str:
        """Random, but for its seed; with *extra* characters that are spelled otherwise in places."""
        letters = string.ascii_letters + string.digits
        rng = random.Random(str(seed))
        return rng.choice(letters) + "".join(rng.choices(letters + extra, k=size - 2)) + rng.choice(letters)

    def session(self, *exchanges: Exchange, name: str = "default", open_end: bool = False) -> SessionWriter:
        """A session of *exchanges*; with an *open end* its recording is still going on."""
        writer = self._scribe.begin(name)
        for exchange in exchanges:
            self.write(writer, exchange)
        if open_end:
            writer.flush()
        else:
            writer.end(AT)
        return writer

    def write(self, writer: SessionWriter, exchange: Exchange) -> None:
        request = Request(
            method=exchange.method,
            scheme="https",
            host="api.aitronos.com",
            port=443,
            target=exchange.target,
            headers=_measured(exchange.headers, exchange.body),
            body=exchange.body,
        )
        taken = writer.interaction(msgspec.structs.replace(request, body=b""), "api", AT)
        if exchange.body:
            taken.request_piece(exchange.body)
        taken.request_done(match_key(canonical(request, "api")), redacted=False)
        answer = _measured(exchange.answer, b"".join(exchange.chunks))
        taken.response_head(ResponseHead(status=200, reason="OK", headers=answer), 10, redacted=False)
        for number, chunk in enumerate(exchange.chunks):
            taken.chunk(chunk, 10 + number)
        ended: Ended = exchange.ended  # type: ignore[assignment] # pyright: ignore[reportAssignmentType]
        taken.finish(ended, 99, problem=exchange.problem, trailers=exchange.trailers).result()

    def scan(
        self,
        *,
        allowed: Allowed | None = None,
        detectors: Sequence[Detector] = (),
        rules: RedactRules | None = None,
        path: Path | None = None,
    ) -> Scanned:
        """What a scan finds."""
        return CassetteScan(path or self.path, allowed or Allowed(), detectors, rules or RedactRules()).run()


def _measured(headers: Headers, body: bytes) -> Headers:
    return (*headers, (b"Content-Length", str(len(body)).encode())) if body else headers


@pytest.fixture
def planter(scribe: Scribe) -> Planter:
    """Writes sessions without redaction."""
    return Planter(scribe)


@pytest.fixture(scope="session")
def make_exchange() -> Callable[..., Exchange]:
    """Makes exchanges."""
    return Exchange
