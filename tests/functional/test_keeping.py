"""What people do to a cassette after recording: `rename`, `prune`, `rekey`, `merge`, `verify`."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.functional.conftest import Recorded, Wiretape
    from wiretape.addons.standin import StandIn

pytestmark = pytest.mark.functional

CALLS = """
import os, httpx
url = os.environ["WIRETAPE_URL"] + "/v1/model/response"
client = httpx.Client(headers={"X-API-Key": "ak_very_secret_key_of_mine"})
for text, trace in (("Hello", 1), ("Hello", 2), ("Bye", 3)):
    r = client.post(url, json={"inputs": [{"role": "user", "content": text}], "model": "gpt-4o", "trace": trace})
    print(r.status_code)
"""
ASKED = CALLS.replace('("Hello", 1), ("Hello", 2), ("Bye", 3)', '("Hello", 7), ("Bye", 8), ("Hello", 9)')


@pytest.fixture
def kept(wiretape: Wiretape, recordings: Recorded) -> Wiretape:
    """A session of three calls."""
    return recordings.copy(CALLS, wiretape)


def test_rename(kept: Wiretape) -> None:
    """It is replayed under its new name; a name that is taken, and one that is none, are refused."""
    assert kept("rename", "default", "first").code == 0
    assert [session["name"] for session in kept.json("sessions")] == ["first"]
    assert kept.python("replay", CALLS, "--session", "first", "--strict").code == 0
    for new, why in (("first", "already"), ("a~b", "is no name")):
        done = kept("rename", "first", new)
        assert (done.code, done.err.count("\n")) == (2, 1)
        assert why in done.err
    assert kept("rename", "default", "other").code == 2


def test_prune(kept: Wiretape) -> None:
    """What a replay did not ask for is removed, and the strict replay is content; the file is smaller."""
    less = CALLS.replace(', ("Bye", 3)', "")
    strict = kept.python("replay", less, "--strict")
    assert strict.code == 1
    assert "default/3" in strict.err
    told = kept.json("prune", "default/3", "--dry-run")
    assert (told["interactions"], told["dry_run"]) == (["default/3"], True)
    assert len(kept.json("ls")) == 3
    done = kept("prune", "default/3")
    assert done.code == 0, done.err
    assert "removed interaction default/3" in done.err
    assert "bytes" in done.err
    assert kept.python("replay", less, "--strict").code == 0
    for arguments in ((), ("nothing",)):
        done = kept("prune", *arguments)
        assert (done.code, done.err.count("\n")) == (2, 1), done.err
    assert "no session is incomplete" in kept("prune", "--incomplete").err
    assert kept("prune", "default").code == 0
    assert kept.json("sessions") == []


def test_rekey(kept: Wiretape) -> None:
    """Other rules merge what differed in a trace; a replay goes by them; without rules it is split again."""
    assert kept.python("replay", ASKED).code == 1
    dry = kept.json("rekey", "--ignore", "$.trace", "--dry-run")
    assert dry[0]["merged"] == [["default/1", "default/2"]]
    assert kept.python("replay", ASKED).code == 1
    done = kept("rekey", "--ignore", "$.trace")
    assert done.code == 0, done.err
    assert "merged: default/1, default/2" in done.out
    replayed = kept.python("replay", ASKED, "--strict")
    assert replayed.code == 0, replayed.err
    assert kept("verify").code == 0
    (same,) = kept.json("rekey")
    assert (same["changed"], same["merged"], same["split"]) == (0, [], []), "each session keeps its own rules"
    (split,) = kept.json("rekey", "default", "--no-rules")
    assert split["split"] == [[["default/1"], ["default/2"]]]
    assert kept("verify").code == 0
    for wrong in (("--ignore", "trace"), ("--no-rules", "--ignore", "$.a"), ("nothing",)):
        done = kept("rekey", *wrong)
        assert (done.code, done.err.count("\n")) == (2, 1), done.err


def test_rekey_by_the_settings_file(kept: Wiretape) -> None:
    """Without options its rules count."""
    (kept.folder / "wiretape.toml").write_text('[matching]\nignore = ["$.trace"]\n')
    (regrouped,) = kept.json("rekey")
    assert regrouped["merged"] == [["default/1", "default/2"]]
    assert json.loads(json.dumps(kept.json("sessions")))[0]["rules"]["ignored_paths"] == ["$.trace"]


def test_merge(kept: Wiretape, standin: StandIn) -> None:
    """Two people's recordings in one file, each replayed from there."""
    other = kept.folder / "other.cassette"
    done = kept.python("record", ASKED, "--upstream", standin.url, "--session", "other", "-c", str(other))
    assert done.code == 0, done.err
    into = kept.folder / "new" / "both.cassette"
    done = kept("merge", kept.cassette, other, "-c", into, cassette=False)
    assert done.code == 0, done.err
    assert [session["name"] for session in kept.json("sessions", "-c", into)] == ["default", "other"]
    assert kept.python("replay", ASKED, "--session", "other", "--strict", "-c", str(into)).code == 0
    assert kept("verify", "-c", into).code == 0
    again = kept.json("merge", other, "-c", into)
    assert [one["outcome"] for one in again] == ["equal"]
    assert kept("rename", "other", "default", "-c", other).code == 0
    done = kept("merge", other, "--session", "default")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "'default'" in done.err
    assert "--on-conflict" in done.err
    assert kept.json("merge", other, "--on-conflict", "rename")[0]["name"] == "default-2"
    assert kept("merge", kept.folder / "nothing").code == 2


def test_verify(kept: Wiretape) -> None:
    """A good cassette is good; a changed byte and a wrong key are found, each in a line."""
    good = kept("verify")
    assert (good.code, good.out) == (0, "")
    assert "nothing wrong" in good.err
    connection = sqlite3.connect(kept.cassette)
    with connection:
        connection.execute("UPDATE interaction SET match_key = 'k1:0' WHERE id = 1")
        connection.execute(
            "UPDATE piece SET bytes = zeroblob(length(bytes))"
            " WHERE body_id = (SELECT response_body_id FROM interaction WHERE id = 2)"
        )
    connection.close()
    bad = kept("verify")
    assert bad.code == 1
    assert [line.partition(":")[0] for line in bad.out.splitlines()] == ["default/1", "default/2"]
    told = kept("verify", "--json")
    assert [finding["interaction"] for finding in json.loads(told.out)["findings"]] == ["default/1", "default/2"]
    assert kept("verify", "nothing").code == 2
