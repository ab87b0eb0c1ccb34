"""Answers of every kind that the API has, redacted and stored: a scan finds nothing in them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from wiretape.addons.detectsecrets import detectors
from wiretape.proxy.decide.redact import Redactor
from wiretape.proxy.decide.redaction.bodies import redacted
from wiretape.proxy.decide.redaction.redactor import Numbered
from wiretape.store.interaction import Request

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tests.proxy.scan.conftest import Exchange, Planter

STREAM = (b"Content-Type", b"text/event-stream")
_IDS = (
    "resp_8f3kZ0aQ1mN5xR7tB2cD4eF6",
    "3f2b8c1e-9a4d-4c1b-8f6e-2d7a5b9c0e1f",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "file_0123456789abcdefABCDEF01",
    "2026-01-02T03:04:05.000006Z",
    "https://files.example/generated/9f86d081884c7d659a2feaa0c55ad015.png",
)


def with_ids(value: Any, number: int) -> Any:
    """*value* with ids, digests and dates for its texts."""
    if isinstance(value, dict):
        return {name: with_ids(one, number + at) for at, (name, one) in enumerate(value.items())}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, list):
        return [with_ids(one, number + at) for at, one in enumerate(value)]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return _IDS[number % len(_IDS)] if isinstance(value, str) else value


@pytest.mark.parametrize("ids", [False, True], ids=["as they come", "with ids"])
def test_answers_of_the_sdks_models(
    ids: bool,  # noqa: FBT001 - a parameter
    sdk_models: ModuleType,
    planter: Planter,
    make_exchange: Callable[..., Exchange],
) -> None:
    """Every typed operation with all its fields, whole and as an event."""
    foreign = detectors()
    assert foreign is not None
    made: list[Exchange] = []
    redactor = Redactor()
    for number, operation in enumerate(sdk_models.TYPED):
        target = operation.template.replace("{", "the_").replace("}", "")
        asked = Request(method=operation.method, scheme="https", host="h", port=443, target=target)
        told = json.loads(sdk_models._body(operation, number, 1.0))
        body = json.dumps(with_ids(told, number) if ids else told).encode()
        spell = Numbered(redactor, answer=True)
        body = redacted(body, b"application/json", redactor.scope(asked=asked), spell)
        where = {"target": redactor.target(target), "method": operation.method}
        made.append(make_exchange(**where, chunks=(body,)))
        made.append(make_exchange(**where, answer=(STREAM,), chunks=(b"data: " + body + b"\n\n",)))
    planter.session(*made)
    assert planter.scan(detectors=foreign).findings == []
