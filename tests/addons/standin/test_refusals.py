"""Refusals: statuses, the dialects of error bodies, Retry-After, and words that do not exist."""

from __future__ import annotations

import dataclasses
import datetime as dt
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest

from wiretape.addons.standin.failures import FAILURES
from wiretape.addons.standin.received import Received
from wiretape.addons.standin.scenario import Scenario, scenario_of
from wiretape.addons.standin.words import WORDS

if TYPE_CHECKING:
    import httpx


def refuse(client: httpx.Client, words: str) -> httpx.Response:
    """An answer to scenario words in a header."""
    return client.get("/v1/models", headers={"X-Standin": words})


def test_rate_limited_once(client: httpx.Client) -> None:
    """The first of two identical calls gets a 429 with Retry-After, the second is answered."""
    first, second, third = (refuse(client, "429") for _ in range(3))
    assert (first.status_code, second.status_code, third.status_code) == (429, 200, 429)
    assert first.headers["retry-after"] == "1"
    assert first.headers["x-ratelimit-remaining"] == "0"
    assert "retry-after" not in second.headers


def test_rate_limited_by_prompt(client: httpx.Client) -> None:
    """A word in the prompt does the same; another request has a count of its own."""
    bodies = [{"inputs": [{"content": f"[[429=2]] {name}"}]} for name in ("a", "a", "b", "a")]
    assert [client.post("/v1/model/response", json=body).status_code for body in bodies] == [429, 429, 429, 200]


def test_retry_after_in_both_forms(client: httpx.Client) -> None:
    """Retry-After may be of any length, or a date."""
    assert refuse(client, "429;retry-after=30").headers["retry-after"] == "30"
    assert parsedate_to_datetime(refuse(client, "503;retry-after=date").headers["retry-after"]).tzinfo is dt.UTC


@pytest.mark.parametrize("status", FAILURES)
def test_every_status(client: httpx.Client, status: int) -> None:
    """Every status of the table can be asked for, and its error tells the status's code."""
    answer = refuse(client, f"{status}=0;errors=envelope")
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == FAILURES[status].code
    assert answer.json()["error"]["type"] == FAILURES[status].kind


def test_bad_gateway_in_html(client: httpx.Client) -> None:
    """A 502 comes from something in front of the API, in HTML."""
    answer = refuse(client, "502")
    assert answer.headers["content-type"] == "text/html"
    assert answer.text.startswith("<html>\r\n")


@pytest.mark.parametrize(
    ("dialect", "key"), [("envelope", "error"), ("detail", "detail"), ("string", "error"), ("message", "message")]
)
def test_dialects(client: httpx.Client, dialect: str, key: str) -> None:
    """An error can be told in each dialect; `error` is a string in one of them and an object in another."""
    told = refuse(client, f"422;errors={dialect}").json()
    assert key in told
    if dialect == "string":
        assert isinstance(told["error"], str)


def test_unknown_route(client: httpx.Client) -> None:
    """Unknown paths get the API's envelope, known paths with another method a 405."""
    answer = client.get("/v1/nowhere")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "NOT_FOUND"
    assert client.put("/v1/models").status_code == 405


@pytest.mark.parametrize("words", ["crfl", "style=E", "mega=big", "crlf=yes", "cut=N"])
def test_unknown_words(client: httpx.Client, words: str) -> None:
    """A word or value that does not exist is refused, from headers and from prompts."""
    assert refuse(client, words).json()["error"]["code"] == "UNKNOWN_SCENARIO"
    answer = client.post("/v1/model/response", json={"inputs": [{"content": f"[[{words}]]"}]})
    assert answer.status_code == 400


def test_brackets_that_are_no_words(client: httpx.Client) -> None:
    """Nested arrays and text in double brackets with blanks are left alone."""
    body = {"inputs": [{"content": "see [[my notes]]"}], "metadata": {"matrix": [[429]]}}
    assert client.post("/v1/model/response", json=body).status_code == 200


def test_words_are_shown(client: httpx.Client) -> None:
    """The table is there for people to read, each word with what it means."""
    rows = client.get("/~standin/scenarios").json()
    assert [row["word"] for row in rows] == list(WORDS)
    assert all(row["means"] for row in rows)


@pytest.mark.parametrize("word", WORDS)
def test_every_word_is_understood(word: str) -> None:
    """Each word sets fields that a scenario has, with each value that it says it takes."""
    assert WORDS[word].sets.keys() <= {field.name for field in dataclasses.fields(Scenario)}
    values = ["", *(f"={value}" for value in WORDS[word].takes.replace("N", "12").split("|") if value)]
    for value in values[0 if WORDS[word].bare or not WORDS[word].takes else 1 :]:
        request = Received(method="GET", target="/", headers=(("x-standin", word + value),))
        assert scenario_of(request, None) != Scenario() or word == "eol"


def test_header_wins_over_prompt() -> None:
    """Where prompt and header disagree the header is followed; the delay has a header of its own."""
    headers = (("X-Standin", "style=C; delay=3"), ("X-Standin-Frame-Delay-Ms", "7.5"))
    body = {"inputs": [{"content": "[[style=B]] [[crlf]]"}]}
    request = Received(method="POST", target="/", headers=headers, body=b"[[")
    assert scenario_of(request, body) == Scenario(style="C", eol="crlf", delay_ms=7.5)


@pytest.mark.parametrize(
    ("header", "value", "code"),
    [
        ("x-api-key", "ak_invalid", "INVALID_API_KEY"),
        ("api-key", "ak_expired", "API_KEY_EXPIRED"),
        ("Authorization", "Bearer expired", "TOKEN_EXPIRED"),
    ],
)
def test_bad_credentials(client: httpx.Client, header: str, value: str, code: str) -> None:
    """Some keys and tokens are refused, in whichever header they come."""
    answer = client.get("/v1/models", headers={header: value})
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == code
