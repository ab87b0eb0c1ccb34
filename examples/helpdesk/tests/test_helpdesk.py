"""The help desk against recorded answers of the API. Every test has a session of its own in the cassette."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from fastapi.testclient import TestClient
from helpdesk import API, MODEL, create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

CAPITAL = {"text": "Which city is the capital of Switzerland?"}


@pytest.fixture
def desk(wiretape) -> Iterator[TestClient]:
    """The app, with the API's address that this test has."""
    with TestClient(create_app(url=wiretape.url, key="ak_none")) as client:
        yield client


def test_models(desk: TestClient) -> None:
    """Those that the API lists, with what matters of them."""
    models = desk.get("/models").json()
    assert {"key": MODEL, "context_window": 128000} in models


def test_answer(desk: TestClient) -> None:
    """Asked by the SDK."""
    answer = desk.post("/answers", json=CAPITAL).json()
    assert answer["text"].startswith("Grüezi")
    assert answer["finished"] is True


def test_the_same_question_again(desk: TestClient) -> None:
    """Gets another answer, and in a replay the same two in their order."""
    first, second = (desk.post("/answers", json=CAPITAL).json() for _ in range(2))
    assert first["thread"] != second["thread"]


def test_a_conversation(desk: TestClient) -> None:
    """A thread leads from one answer to the next."""
    first = desk.post("/answers", json=CAPITAL).json()
    second = desk.post("/answers", json={"text": "And of Austria?", "thread": first["thread"]}).json()
    assert second["thread"] == first["thread"]


def test_stream(desk: TestClient) -> None:
    """Word by word, as the model writes it: a character torn between two chunks comes out whole."""
    with desk.stream("POST", "/answers/stream", json={"text": "Say hello. [[split]]"}) as answer:
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.read().decode().startswith("Grüezi 👋, ")


def test_a_stream_that_breaks_off(desk: TestClient) -> None:
    """The caller is not told that half an answer were all of it."""
    with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
        desk.post("/answers/stream", json={"text": "Write a long poem. [[cut]]"})


def test_too_fast(desk: TestClient) -> None:
    """The API's limit is passed on as ours; a second try is answered."""
    question = {"text": "Too fast? [[429]]"}
    busy = desk.post("/answers", json=question)
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "5")
    assert desk.post("/answers", json=question).status_code == 200


@pytest.mark.parametrize(("word", "status"), [("401", 500), ("500", 502)])
def test_the_api_refuses(desk: TestClient, word: str, status: int) -> None:
    """The caller hears whose fault it is, in a stream as well."""
    for path in ("/answers", "/answers/stream"):
        assert desk.post(path, json={"text": f"Are you there? [[{word}]]"}).status_code == status


@pytest.mark.wiretape(environ=True)
def test_unchanged() -> None:
    """The app asks the API by its own name: the environment leads it through wiretape, TLS and all."""
    with TestClient(create_app(url=API, key="ak_none")) as desk:
        assert desk.post("/answers", json=CAPITAL).json()["finished"] is True


def test_by_the_sdk(wiretape) -> None:
    """Where code under test takes a client, it can have this one."""
    keys = [model.key for model in wiretape.aitronos(api_key="ak_none").models.list_models().models]
    assert MODEL in keys


def test_a_question_without_words() -> None:
    """Never reaches the API, so there is nothing to record."""
    with TestClient(create_app(url="http://127.0.0.1:9", key="ak_none")) as desk:
        assert desk.post("/answers", json={"text": ""}).status_code == 422
