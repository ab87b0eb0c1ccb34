"""The nearest recordings: which they are, in which order, and how fast they are found."""

from __future__ import annotations

import json
import time

import pytest

from wiretape.proxy.decide.canonical import Canonical, canonical
from wiretape.proxy.decide.difference import differences
from wiretape.proxy.decide.nearest import nearest
from wiretape.store.interaction import Request


def form(
    body: object = None, *, target: str = "/v1/model/response", method: str = "POST", identity: str = "api"
) -> Canonical:
    """The canonical form of a request with a JSON body."""
    raw = b"" if body is None else json.dumps(body).encode()
    return canonical(Request(method=method, scheme="https", host="h", port=443, target=target, body=raw), identity)


def call(content: str, **more: object) -> dict[str, object]:
    """The body of a model call."""
    return {"inputs": [{"role": "user", "content": content}], "model": "gpt-4o", **more}


ASKED = form(call("What is the weather in Bern today?"))


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (form(call("What is the weather in Basel today?")), form(call("Tell me a joke about cows."))),
        (
            form(call("What is the weather in Bern today?", stream=True)),
            form(call("What is the time in Bern?", stream=True)),
        ),
        (
            form(call("Tell me a joke about cows.")),
            form(call("What is the weather in Bern today?"), target="/v1/files"),
        ),
        (form(call("What is the weather in Bern today?"), target="/v1/model/respond"), form(target="/v1/other/things")),
        (
            form(call("Hi"), target="/v1/model/response?x=1"),
            form(call("Hi"), target="/v1/model/response?x=1", method="PUT"),
        ),
        (form(call("Hi"), target="/v1/model/response?x=1"), form(call("Hi"), target="/v2/some/thing?x=1")),
        (form(call("Hi")), form(call("Hi"), identity="example.com")),
        (form(call("Hi")), form()),
        (form(target="/v1/model/response/"), form(target="/v1/threads")),
    ],
)
def test_the_nearer_one_comes_first(better: Canonical, worse: Canonical) -> None:
    """Whichever was given first."""
    for candidates in ([("better", better), ("worse", worse)], [("worse", worse), ("better", better)]):
        first, second = nearest(ASKED, candidates)
        assert (first.ref, second.ref) == ("better", "worse")
        assert 0 <= second.score < first.score < 1


def test_each_one_says_what_differs() -> None:
    """As `differences` says it; the same request has the score 1 and no difference."""
    other = form(call("Hallo"))
    same, near = nearest(ASKED, [(1, other), (2, ASKED)])
    assert (same.ref, same.score, same.differences) == (2, 1.0, ())
    assert (near.ref, list(near.differences)) == (1, differences(other, ASKED))


def test_of_equal_scores_fewer_differences_then_the_earlier_come_first() -> None:
    """The outcome depends on nothing but what was given."""
    asked = form({"a": "x y", "b": "z"})
    two, one = form({"a": "y x", "b": "z z"}), form({"a": "y x", "b": "z"})
    assert [near.ref for near in nearest(asked, [(0, two), (1, two), (2, one), (3, one)], 4)] == [2, 3, 0, 1]
    many = [(n, form(call("Hi"))) for n in range(50)]
    assert [near.ref for near in nearest(ASKED, many, 5)] == [0, 1, 2, 3, 4]


def test_no_more_than_asked_for() -> None:
    """And no fewer, where there are as many."""
    many = [(n, form(call(f"Hi {n}"))) for n in range(50)]
    assert nearest(ASKED, []) == []
    assert nearest(ASKED, many, 0) == []
    assert len(nearest(ASKED, many)) == 3
    assert len(nearest(ASKED, iter(many), 40)) == 40


def test_paths_count_by_segments() -> None:
    """An id in the middle is nearer than another tail."""
    asked = form(target="/v1/threads/thrd_1/messages", method="GET")
    candidates = [
        (target, form(target=target, method="GET"))
        for target in [
            "/",
            "/v1/threads",
            "/v1/threads/thrd_2/messages",
            "/v1/threads/thrd_1/runs/7",
            "/v2/x/y/messages",
        ]
    ]
    assert [near.ref for near in nearest(asked, candidates, 5)] == [
        "/v1/threads/thrd_2/messages",
        "/v1/threads/thrd_1/runs/7",
        "/v1/threads",
        "/v2/x/y/messages",
        "/",
    ]


def test_requests_without_words_have_scores_too() -> None:
    """Empty bodies, empty queries and bodies of punctuation are no special case."""
    for asked in (form(), form("()"), form({}, target="/?&"), form("", target="/?=")):
        for other in (form(), form("{}[]"), form("", target="/?a")):
            [near] = nearest(asked, [(None, other)])
            assert 0 <= near.score <= 1
            assert (near.score == 1) == (asked == other)


@pytest.mark.timeout(60)
def test_a_hundred_thousand_candidates_are_no_matter() -> None:
    """About a second on a slow machine; the bound here is wide, what it excludes is a closer look at every one."""
    words = [f"word{n}" for n in range(40)]
    forms = [form(call(" ".join(words[n:] + words[:n]) + f" {n}"), target=f"/v1/model/{n % 7}") for n in range(500)]
    candidates = [(n, forms[n % 500]) for n in range(100_000)]
    start = time.perf_counter()
    best = nearest(form(call("word1 word2 word3 17"), target="/v1/model/3"), candidates)
    assert time.perf_counter() - start < 20
    assert [near.ref for near in best] == [17, 517, 1017]
