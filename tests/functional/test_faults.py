"""A person or a file is at fault: one clear line, exit code 2, nothing lost, never a traceback."""

from __future__ import annotations

import socket
import sqlite3
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.functional.conftest import Done, Recorded, Wiretape
    from wiretape.addons.standin import StandIn

pytestmark = pytest.mark.functional

CALL = "import os, httpx; r = httpx.get(os.environ['WIRETAPE_URL'] + '/v1/models'); print(r.status_code, r.text)"


def one_line(done: Done) -> str:
    assert done.code == 2, done
    assert done.out == ""
    assert done.err.count("\n") == 1, done.err
    assert done.err.startswith("wiretape: ")
    return done.err


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


@pytest.mark.parametrize("command", [["ls"], ["sessions"], ["show", "1"], ["replay"], ["adopt", "default"]])
class TestCassettes:
    def test_missing(self, wiretape: Wiretape, command: list[str]) -> None:
        """The line says how to make one."""
        assert "record one first" in one_line(wiretape(*command))
        assert not wiretape.cassette.exists()

    def test_foreign(self, wiretape: Wiretape, command: list[str]) -> None:
        """Untouched."""
        wiretape.cassette.write_text("http_interactions: []\n")
        assert "is not a cassette" in one_line(wiretape(*command))
        assert wiretape.cassette.read_text() == "http_interactions: []\n"

    def test_empty(self, wiretape: Wiretape, command: list[str]) -> None:
        """Never taken for an empty cassette."""
        wiretape.cassette.touch()
        assert "is an empty file" in one_line(wiretape(*command))

    def test_damaged(self, wiretape: Wiretape, recordings: Recorded, command: list[str]) -> None:
        """Every page but the first is garbage."""
        recordings.copy(CALL, wiretape)
        raw = wiretape.cassette.read_bytes()
        damaged = raw[:4096] + b"\xa5" * (len(raw) - 4096)
        wiretape.cassette.write_bytes(damaged)
        assert "is damaged" in one_line(wiretape(*command))
        assert wiretape.cassette.read_bytes() == damaged

    def test_newer(self, wiretape: Wiretape, recordings: Recorded, command: list[str]) -> None:
        """Not guessed at."""
        recordings.copy(CALL, wiretape)
        connection = sqlite3.connect(wiretape.cassette)
        connection.execute("PRAGMA user_version = 99")
        connection.close()
        assert "newer wiretape" in one_line(wiretape(*command))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["ls", "--nonsense"], "No such option: --nonsense"),
        (["lst"], "No such command 'lst'"),
        (["show"], "Missing argument 'ID'"),
        (["record", "--upstream", "nonsense"], "--upstream 'nonsense' is no address"),
        (["record", "--listen", "nonsense"], "--listen 'nonsense' is no address"),
        (["record", "--listen", "0.0.0.0:0"], "give a --password (or $WIRETAPE_PASSWORD), or listen on loopback only"),
        (["replay", "--listen", "[::]:0"], "--listen [::]:0: other machines could ask there"),
        (["record", "--password", "short"], "--password is too short; give 12 characters or more"),
        (["record", "--password", "of/twelve@chars"], "--password holds what cannot stand in an address as it is"),
        (["record", "--password", "long enough, yes"], "--password holds what cannot stand in an address as it is"),
        (
            ["record", "--listen", "nowhere.invalid:0", "--password", "0123456789ab"],
            "cannot listen on nowhere.invalid:0",
        ),
        (["record", "--session", "a~b"], "'a~b' is no name"),
        (["record", "--alias", "https://x"], "is no host"),
        (["run", "--mode", "nonsense"], "'nonsense'"),
        (["replay", "--when-spent", "often"], "'often'"),
        (["record", "--", "no-such-program-anywhere"], "cannot run 'no-such-program-anywhere'"),
    ],
)
def test_words_that_are_off(wiretape: Wiretape, arguments: list[str], says: str) -> None:
    """What, and how to find out more."""
    done = wiretape(*arguments)
    lines = [line for line in done.err.splitlines() if not line.startswith("wiretape: recording session")]
    assert done.code == 2
    assert len(lines) == 1
    assert says in lines[0]


def test_a_port_in_use(wiretape: Wiretape, recordings: Recorded, taken_port: int) -> None:
    """Named, with the option that mends it; an earlier session stays as it was."""
    recordings.copy(CALL, wiretape)
    for command in ("record", "replay"):
        says = one_line(wiretape(command, "--listen", f"127.0.0.1:{taken_port}"))
        assert f"cannot listen on 127.0.0.1:{taken_port}" in says
        assert "--listen" in says
    (session,) = wiretape.json("sessions")
    assert (session["name"], session["state"], session["interactions"]) == ("default", "complete", 1)


def test_an_unreachable_upstream(wiretape: Wiretape, standin: StandIn) -> None:
    """The client gets a 502 that says so; no replay ever takes that for an answer; the old session stays."""
    good = wiretape.python("record", CALL, "--upstream", standin.url)
    gone = standin.url
    standin.stop()
    done = wiretape.python("record", CALL, "--upstream", gone)
    assert done.out.startswith("502 ")
    assert f"wiretape cannot reach the upstream {gone}" in done.out
    assert done.code == 2
    assert f"cannot reach the upstream {gone}" in done.err
    assert "Traceback" not in done.err
    assert wiretape.python("replay", CALL).out == good.out
    replayed = wiretape.python("replay", CALL, "--session", "default~2")
    assert (replayed.out[:3], replayed.code) == ("424", 1)


def test_a_proxy_of_itself(wiretape: Wiretape) -> None:
    """An upstream that is the proxy would ask itself for ever."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    says = one_line(wiretape("record", "--listen", f"127.0.0.1:{port}", "--upstream", f"http://localhost:{port}"))
    assert "is this proxy itself" in says


@pytest.mark.parametrize("command", [["record"], ["auto"], ["run", "--mode", "once"]])
def test_a_folder_that_cannot_be_written(wiretape: Wiretape, command: list[str]) -> None:
    """Said before anything runs."""
    (wiretape.folder / "file").write_text("")
    wiretape.cassette = wiretape.folder / "file" / "x.cassette"
    assert "Not a directory" in one_line(wiretape(*command))


def test_a_ready_file_that_cannot_be_written(wiretape: Wiretape, tmp_path: Path) -> None:
    """Not found out by whoever waits for it."""
    says = one_line(wiretape("record", "--listen", "127.0.0.1:0", "--ready-file", tmp_path / "no" / "ready"))
    assert "cannot write" in says
