"""What a person reads of a miss, word for word: the client's answer, the terminal, the end of the run.

The texts lie in `miss_texts`. To accept a new wording, remove the file and run the test twice.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.functional.conftest import Recorded, Wiretape

pytestmark = pytest.mark.functional

TEXTS = Path(__file__).parent / "miss_texts"

CLIENT = """
import json, os, httpx
base = os.environ["WIRETAPE_URL"]
for asked in json.loads(%r):
    method, path, body = (*asked, None)[:3]
    answer = httpx.request(method, path if "://" in path else base + path, json=body)
    print(answer.status_code, answer.headers.get("x-should-retry"))
    if answer.status_code == 424:
        print(json.dumps(answer.json(), indent=2, ensure_ascii=False))
"""


def turn(text: str, **more: object) -> tuple[str, str, dict[str, object]]:
    return "POST", "/v1/model/response", {"inputs": [{"role": "user", "content": text}], **more}


RECORDED = [turn("Grüezi"), ("GET", "/v1/models"), turn("What is the weather in Bern?", metadata={"trace": "a1"})]
CASES: dict[str, tuple[list[tuple[object, ...]], tuple[str, ...]]] = {
    "a changed prompt": ([turn("Hallo"), *RECORDED[1:]], ()),
    "another id": ([*RECORDED[:2], turn("What is the weather in Bern?", metadata={"trace": "b2"})], ()),
    "another path": ([*RECORDED, ("GET", "/v1/modells?limit=5")], ()),
    "asked twice": ([*RECORDED, RECORDED[0]], ()),
    "another host": ([*RECORDED, ("GET", "http://example.org/x?y=1")], ()),
    "not asked for": ([RECORDED[1]], ("--strict",)),
}


def client(asked: list[tuple[object, ...]]) -> str:
    return CLIENT % json.dumps(asked)


@pytest.fixture
def recorded(wiretape: Wiretape, recordings: Recorded) -> Wiretape:
    """A session of three calls."""
    return recordings.copy(client([*RECORDED]), wiretape)


@pytest.mark.parametrize("name", CASES)
def test_every_word(recorded: Wiretape, recordings: Recorded, name: str) -> None:
    """Ports and folders aside."""
    asked, options = CASES[name]
    done = recorded.python("replay", client(asked), *options)
    told = f"{done.out}--- terminal\n{done.err}--- exit code {done.code}\n"
    told = told.replace(f"{recorded.folder}/", "").replace(recordings.standin.url, "http://127.0.0.1:UPSTREAM")
    told = told.replace(sys.executable, "python")
    told = re.sub(r"(127\.0\.0\.1|localhost):\d+", r"\1:PORT", told)
    stored = TEXTS / f"{name}.txt"
    if not stored.exists():
        stored.write_text(told)
        pytest.fail(f"there was no {stored}; it is written now, read it")
    assert told == stored.read_text()
