"""Replay and looking where mitmproxy is not installed, as in the environments of most apps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.functional.conftest import Wiretape
    from wiretape.addons.standin import StandIn

pytestmark = pytest.mark.functional

# Python runs this at its start; from then on mitmproxy cannot be found.
ABSENT = """
import importlib.machinery
import sys

class Finder(importlib.machinery.PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] == "mitmproxy" else super().find_spec(name, path, target)

sys.meta_path[:] = [Finder if f is importlib.machinery.PathFinder else f for f in sys.meta_path]
"""

CALL = "import os, httpx; print(httpx.get(os.environ['WIRETAPE_URL'] + '/v1/models').text)"


@pytest.fixture
def absent(wiretape: Wiretape) -> dict[str, str]:
    folder = wiretape.folder / "absent"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(ABSENT)
    return {"PYTHONPATH": str(folder)}


def test_replay_needs_no_mitmproxy(wiretape: Wiretape, standin: StandIn, absent: dict[str, str]) -> None:
    """What was recorded elsewhere is replayed, listed and shown."""
    recorded = wiretape.python("record", CALL, "--upstream", standin.url)
    replayed = wiretape.python("replay", CALL, env=absent)
    assert (replayed.code, replayed.out) == (0, recorded.out), replayed.err
    assert wiretape("ls", env=absent).code == 0
    assert wiretape.python("run", CALL, "--mode", "once", env=absent).out == recorded.out


@pytest.mark.parametrize("command", [["record"], ["auto"], ["replay", "--engine", "mitmproxy"]])
def test_what_needs_it_says_so(
    wiretape: Wiretape, standin: StandIn, absent: dict[str, str], command: list[str]
) -> None:
    """One line, with the command that installs it."""
    wiretape.python("record", CALL, "--upstream", standin.url)
    done = wiretape(*command, env=absent)
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1
    assert "pip install 'wiretape[proxy]'" in done.err
    assert wiretape.json("sessions")[0]["state"] == "complete"


def test_the_direct_engine_only_replays(wiretape: Wiretape, standin: StandIn) -> None:
    """Said in one line; a session that is there stays."""
    done = wiretape("run", "--mode", "record", "--engine", "direct", "--upstream", standin.url)
    assert done.code == 2
    assert "--engine direct only replays" in done.err
