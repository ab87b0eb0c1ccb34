"""The settings file and the rules of matching, with the real binary."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.functional.conftest import Done, Wiretape
    from wiretape.addons.standin import StandIn

pytestmark = pytest.mark.functional

DOCS = Path(__file__).parents[2] / "docs"
# Asks one question, said in the arguments, and prints status and body.
CLIENT = """\
import os, sys, httpx
url = os.environ["WIRETAPE_URL"] + "/v1/model/response"
for word in sys.argv[1:]:
    body = {"inputs": [{"role": "user", "content": "Hello"}], "metadata": {"word": word}}
    answer = httpx.post(url, json=body, trust_env=False)
    print(answer.status_code, answer.text)
"""


@pytest.fixture
def client(wiretape: Wiretape) -> tuple[str, str]:
    """What stands before the words in a command."""
    (wiretape.folder / "client.py").write_text(CLIENT)
    (wiretape.folder / ".git").mkdir()
    return sys.executable, "client.py"


def configured(wiretape: Wiretape, standin: StandIn | None, matching: str = "") -> None:
    upstream = f'upstream = "{standin.url}"\n' if standin else ""
    text = f'cassette = "tapes.cassette"\nsession = "mine"\n{upstream}[matching]\n{matching}\n'
    (wiretape.folder / "wiretape.toml").write_text(text)


def run(wiretape: Wiretape, command: str, client: tuple[str, str], *words: str, options: tuple[str, ...] = ()) -> Done:
    """One run whose cassette only the settings name."""
    return wiretape(command, *options, "--", *client, *words, cassette=False)


def test_the_file_spares_the_options(wiretape: Wiretape, standin: StandIn, client: tuple[str, str]) -> None:
    """For every command, also from a folder below; an option wins."""
    configured(wiretape, standin, 'ignore = ["$.metadata.word"]')
    recorded = run(wiretape, "record", client, "one")
    assert recorded.code == 0, recorded.err
    assert "session 'mine' of tapes.cassette" in recorded.err
    replayed = run(wiretape, "replay", client, "another")
    assert replayed.code == 0, replayed.err
    assert replayed.out == recorded.out
    assert standin.hits == 1
    listed = wiretape("ls", "--json", cassette=False)
    assert '"session": "mine"' in listed.out
    other = run(wiretape, "replay", client, "x", options=("--session", "none"))
    assert other.code == 2
    assert "'none'" in other.err


def test_a_wrong_key_ends_the_command(wiretape: Wiretape, client: tuple[str, str]) -> None:
    """With one line that says where, before anything is run."""
    (wiretape.folder / "wiretape.toml").write_text("[matching]\nignore = ['$.a', 5]\n")
    done = run(wiretape, "record", client, "x")
    assert (done.code, done.out) == (2, "")
    assert done.err == "wiretape: wiretape.toml: $.matching.ignore[1]: expected str, got int\n"
    assert wiretape("ls", cassette=False).code == 2


def test_rules_as_options(wiretape: Wiretape, standin: StandIn, client: tuple[str, str]) -> None:
    """They are kept with the session, so a replay needs none; one that is malformed is named."""
    options = ("--upstream", standin.url, "--ignore", "$.metadata")
    assert run(wiretape, "record", client, "one", options=options).code == 0
    replayed = run(wiretape, "replay", client, "two")
    assert (replayed.code, "other rules" in replayed.err) == (0, False)
    assert wiretape("sessions", "--json", cassette=False).out.count('"$.metadata"') == 1
    wrong = run(wiretape, "record", client, "one", options=("--ignore", "metadata"))
    assert wrong.code == 2
    assert wrong.err.startswith("wiretape: --ignore: path 'metadata' is malformed at position 0")


def documented_hook(wiretape: Wiretape) -> None:
    """The example of the documentation, put where that says."""
    found = re.search(r"<!-- example: (\S+) -->\n```python\n(.*?)```", (DOCS / "matching.md").read_text(), re.DOTALL)
    assert found is not None
    (wiretape.folder / found[1]).write_text(found[2])


def test_the_documented_function_works(wiretape: Wiretape, standin: StandIn, client: tuple[str, str]) -> None:
    """Recorded on one day, replayed on another; anything else is a miss all the same, and explained."""
    documented_hook(wiretape)
    configured(wiretape, standin, 'canonicaliser = "my_matching:without_dates"')
    recorded = run(wiretape, "record", client, "on 2026-01-02")
    assert recorded.code == 0, recorded.err
    replayed = run(wiretape, "replay", client, "on 2031-12-24")
    assert (replayed.code, replayed.out) == (0, recorded.out), replayed.err
    missed = run(wiretape, "replay", client, "after 2031-12-24")
    assert missed.code == 1
    assert '$.metadata.word: recorded "on DATE", asked "after DATE"' in missed.err


def test_the_settings_must_name_the_same_function(
    wiretape: Wiretape, standin: StandIn, client: tuple[str, str]
) -> None:
    """Otherwise nothing is replayed."""
    documented_hook(wiretape)
    configured(wiretape, standin, 'canonicaliser = "my_matching:without_dates"')
    assert run(wiretape, "record", client, "x").code == 0
    configured(wiretape, standin)
    done = run(wiretape, "replay", client, "x")
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1
    assert "'my_matching:without_dates', and the settings name none" in done.err


def test_a_name_in_a_cassette_is_never_imported(wiretape: Wiretape, standin: StandIn, client: tuple[str, str]) -> None:
    """Even where it could be."""
    (wiretape.folder / "evil.py").write_text("open('was_here', 'w').close()\ndef f(form):\n    return form\n")
    configured(wiretape, standin)
    assert run(wiretape, "record", client, "x").code == 0
    connection = sqlite3.connect(wiretape.folder / "tapes.cassette")
    connection.execute("""UPDATE session SET rules = '{"canonicaliser":"evil:f"}'""")
    connection.commit()
    connection.close()
    done = run(wiretape, "replay", client, "x")
    assert done.code == 2
    assert "'evil:f'" in done.err
    assert not (wiretape.folder / "was_here").exists()


def test_a_function_that_fails_in_replay_is_a_miss(
    wiretape: Wiretape, standin: StandIn, client: tuple[str, str]
) -> None:
    """Nothing goes out, and its name is told."""
    configured(wiretape, standin, 'canonicaliser = "hook:hook"')
    (wiretape.folder / "hook.py").write_text("def hook(form):\n    return form\n")
    assert run(wiretape, "record", client, "x").code == 0
    (wiretape.folder / "hook.py").write_text("def hook(form):\n    raise LookupError('oh dear')\n")
    done = run(wiretape, "replay", client, "x")
    assert done.code == 1
    assert done.out.startswith("424 ")
    assert "canonicaliser 'hook:hook' raised LookupError: oh dear" in done.out
    assert "canonicaliser 'hook:hook' raised LookupError: oh dear" in done.err
    assert standin.hits == 1


def test_a_function_that_fails_in_recording_is_noted(
    wiretape: Wiretape, standin: StandIn, client: tuple[str, str]
) -> None:
    """The client has its answer, the session is incomplete, the run exits 1."""
    configured(wiretape, standin, 'canonicaliser = "hook:hook"')
    (wiretape.folder / "hook.py").write_text("def hook(form):\n    raise LookupError('oh dear')\n")
    done = run(wiretape, "record", client, "x")
    assert done.code == 1
    assert done.out.startswith("200 ")
    assert "canonicaliser 'hook:hook' raised LookupError: oh dear" in done.err
    assert '"incomplete"' in wiretape("sessions", "--json", cassette=False).out


@pytest.mark.parametrize(
    ("options", "cassette"),
    [((), "tapes.cassette"), (("--set", "wiretape_cassette=other.cassette"), "other.cassette")],
    ids=["the file's", "the option's"],
)
def test_in_the_users_own_mitmproxy(wiretape: Wiretape, options: tuple[str, ...], cassette: str) -> None:
    """The file counts where no option of mitmproxy's does."""
    configured(wiretape, None)
    script = wiretape("addon", cassette=False).out.strip()
    replaying = ("--set", "wiretape_mode=replay", "--set", "listen_port=0")
    done = subprocess.run(
        [Path(sys.executable).with_name("mitmdump"), "-s", script, *replaying, *options],
        cwd=wiretape.folder,
        env=wiretape.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert f"wiretape record -c {cassette} --" in done.stdout + done.stderr
