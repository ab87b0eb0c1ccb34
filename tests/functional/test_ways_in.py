"""Every example of docs/ways-in.md is run as it stands, and says what it says there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from wiretape.addons.testing import a_cassette, exchange

if TYPE_CHECKING:
    from tests.functional.conftest import Wiretape

pytestmark = pytest.mark.functional

ROOT = Path(__file__).parent.parent.parent
MODEL = {
    "id": "model_1",
    "key": "gpt-4o",
    "name": "GPT-4O",
    "is_visible_in_ui": True,
    "is_deprecated": False,
    "availability_status": "available",
}
MODELS = {"models": [MODEL], "total_count": 1}


class Example(msgspec.Struct, frozen=True):
    """A block of code in the page."""

    heading: str
    language: str
    code: str


def _examples() -> dict[str, Example]:
    found: dict[str, Example] = {}
    for section in re.split(r"^## ", (ROOT / "docs" / "ways-in.md").read_text(), flags=re.MULTILINE)[1:]:
        heading = section.partition("\n")[0]
        for number, (language, code) in enumerate(re.findall(r"```(\w+)\n(.*?)```", section, re.DOTALL), 1):
            found[f"{heading} {number}"] = Example(heading, language, code)
    return found


EXAMPLES = _examples()


def commands(code: str) -> tuple[str, str]:
    """The commands of a console, and what they print."""
    lines = code.splitlines(keepends=True)
    typed = [line for line in lines if line.startswith(("$ ", "> "))]
    return "".join(line[2:] for line in typed), "".join(line for line in lines if line not in typed)


def told(code: str) -> str:
    """What a script prints: it stands in comments behind."""
    return "".join(f"{line}\n" for line in re.findall(r"^ *print\(.*  # (.*)$", code, re.MULTILINE))


@pytest.mark.parametrize("name", EXAMPLES)
def test_runs_as_it_stands(name: str, wiretape: Wiretape) -> None:
    """In a folder that has the cassette, and the repository's examples beside it."""
    example = EXAMPLES[name]
    for program in ("npm", "curl"):
        if program in example.code and shutil.which(program) is None:
            pytest.skip(f"{program} is not installed here")
    a_cassette(wiretape.folder / "x.cassette", {"default": [exchange("GET", "/v1/models", response=MODELS)]})
    shutil.copytree(ROOT / "examples", wiretape.folder / "examples")
    if example.language == "console":
        script, expected = commands(example.code)
        line = ["sh", "-ec", script]
    else:
        (wiretape.folder / "example.py").write_text(example.code)
        line, expected = [sys.executable, "-W", "error", "example.py"], told(example.code)
    done = subprocess.run(
        line, cwd=wiretape.folder, env=wiretape.environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, expected), done.stderr
    assert expected


def test_every_way_has_one() -> None:
    """The page leaves none out."""
    assert {example.heading for example in EXAMPLES.values()} == {
        "Base URL",
        "The environment of a process",
        "The SDK's client",
        "httpx without a socket",
        "ASGI",
        "From another machine",
        "Other languages",
    }
