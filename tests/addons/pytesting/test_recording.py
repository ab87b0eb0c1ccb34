"""Recording: by one process that pytest starts when it is needed, into sessions that only a passing test completes."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.addons.pytesting.conftest import Project
    from wiretape.addons.standin import StandIn

ASKING = """
import os
from asking import ask
def test_a(wiretape): print(ask(wiretape.url + "/v1/models"))
def test_b(wiretape):
    print(ask(wiretape.url + "/v1/threads"))
    assert "BREAK" not in os.environ
"""
COMPLETE = ("complete", 1)


def test_once(recorded: Project, standin: StandIn) -> None:
    """What is recorded is replayed, and the rest recorded; the second run starts no recorder."""
    recorded.write("test_it.py", ASKING)
    first = recorded.pytest("-k", "test_a")
    assert (first.code, standin.hits) == (0, 1), first.out
    assert first.ours == "recorded 1, in 1 test\n"
    second = recorded.pytest()
    assert (second.code, standin.hits) == (0, 2), second.out
    assert second.ours == "replayed 1, recorded 1, in 2 tests\n"
    third = recorded.pytest(env={"WIRETAPE_TRIAL": "player,recorder"})
    standin.stop()
    third = recorded.pytest("--wiretape-block-network")
    assert third.ours == "replayed 2, in 2 tests\n"
    assert recorded.sessions() == {"test_a": COMPLETE, "test_b": COMPLETE}
    # One plain file, and nothing left behind.
    assert [path.name for path in (recorded.folder / "cassettes").iterdir()] == ["test_it.cassette"]


def test_a_password_is_for_other_proxies(recorded: Project, standin: StandIn) -> None:
    """The recorder is the run's own and on loopback, whatever the environment asks of proxies that others reach."""
    recorded.write("test_it.py", ASKING)
    found = recorded.pytest("-k", "test_a", env={"WIRETAPE_PASSWORD": "a-long-password"})
    assert (found.code, standin.hits) == (0, 1), found.out


def test_what_a_failed_test_recorded_is_not_adopted(recorded: Project, standin: StandIn) -> None:
    """The old session stays; the new one is kept beside it, and once goes on to replay the old."""
    recorded.write("test_it.py", ASKING)
    assert recorded.pytest().code == 0
    broken = recorded.pytest("--wiretape=record", env={"BREAK": "1"})
    assert broken.counts == {"passed": 1, "failed": 1}
    assert "kept as incomplete: 1 recording\n" in broken.ours
    assert "; to use it all the same: wiretape adopt 'test_b~2' -c cassettes/test_it.cassette\n" in broken.ours
    assert recorded.sessions() == {"test_a": COMPLETE, "test_b": COMPLETE, "test_b~2": ("incomplete", 1)}
    hits = standin.hits
    assert recorded.pytest().ours.startswith("replayed 2, in 2 tests")
    assert standin.hits == hits
    assert recorded.pytest("--wiretape=record").code == 0
    assert recorded.sessions() == {"test_a": COMPLETE, "test_b": COMPLETE}, "what failed before is superseded"


def test_a_first_recording_that_failed_is_recorded_again(recorded: Project, standin: StandIn) -> None:
    """It is incomplete, so once takes it for not recorded."""
    recorded.write("test_it.py", ASKING)
    assert recorded.pytest(env={"BREAK": "1"}).code == 1
    assert recorded.sessions()["test_b"] == ("incomplete", 1)
    again = recorded.pytest()
    assert (again.code, again.ours) == (0, "replayed 1, recorded 1, in 2 tests\n")
    assert recorded.sessions() == {"test_a": COMPLETE, "test_b": COMPLETE}
    assert standin.hits == 3


def test_recording_one_test_anew(recorded: Project, standin: StandIn) -> None:
    """By its node id; the others' sessions are not touched, and `--lf` names those that failed."""
    recorded.write("test_it.py", ASKING)
    assert recorded.pytest().code == 0
    assert recorded.pytest("--wiretape=record", "test_it.py::test_b").ours == "recorded 1, in 1 test\n"
    assert standin.hits == 3
    assert recorded.pytest(env={"BREAK": "1"}).code == 1
    assert recorded.pytest("--wiretape=record", "--lf").ours == "recorded 1, in 1 test\n"
    assert (standin.hits, set(recorded.sessions())) == (4, {"test_a", "test_b"})


def test_auto_adds_what_is_missing(recorded: Project, standin: StandIn) -> None:
    """The command that a miss names: what is known is replayed, the rest recorded."""
    recorded.write("test_it.py", "from asking import ask\ndef test_it(wiretape): ask(wiretape.url + '/v1/models')\n")
    assert recorded.pytest().code == 0
    recorded.write(
        "test_it.py",
        "from asking import ask\ndef test_it(wiretape):\n"
        "    ask(wiretape.url + '/v1/models'); ask(wiretape.url + '/v1/threads')\n",
    )
    missed = recorded.pytest()
    assert missed.counts == {"failed": 1}
    assert "mend: pytest --wiretape=auto test_it.py::test_it (records what is missing)" in missed.out
    mended = recorded.pytest("--wiretape=auto", "test_it.py::test_it")
    assert (mended.code, mended.ours) == (0, "replayed 1, recorded 1, in 1 test\n"), mended.out
    assert recorded.pytest().code == 0
    assert standin.hits == 2


def test_an_address_that_outlives_a_test(recorded: Project, standin: StandIn) -> None:
    """A client for the whole run asks in each test's own session, recorded or replayed, side by side."""
    recorded.write(
        "test_it.py",
        """
        import pytest
        from asking import ask
        @pytest.fixture(scope="session")
        def client(wiretape_address):
            assert wiretape_address.environment()["WIRETAPE_URL"] == wiretape_address.url
            return lambda path: ask(wiretape_address.url + path)
        def test_a(client): assert client("/v1/models")[0] == 200
        def test_b(client, wiretape): assert client("/v1/threads")[0] == 200; assert not wiretape.misses
        @pytest.mark.wiretape(strict=True)
        def test_c(client): client("/v1/models")
        """,
    )
    first = recorded.pytest("-k", "test_a")
    assert (first.code, first.ours) == (0, "recorded 1, in 1 test\n"), first.out
    second = recorded.pytest()
    assert (second.code, second.ours) == (0, "replayed 1, recorded 2, in 3 tests\n"), second.out
    assert recorded.sessions() == {"test_a": COMPLETE, "test_b": COMPLETE, "test_c": COMPLETE}
    assert standin.hits == 3
    third = recorded.pytest("--wiretape=replay")
    assert (third.code, third.ours) == (0, "replayed 3, in 3 tests\n"), third.out
    recorded.write("test_it.py", (recorded.folder / "test_it.py").read_text().replace("/v1/threads", "/v1/miss"))
    for mode in ("once", "replay"):
        assert recorded.pytest(f"--wiretape={mode}").counts == {"passed": 2, "failed": 1}
    assert standin.hits == 3


SHARED = """
from asking import ask
class TestC:
    def test_1(self, wiretape_class): ask(wiretape_class.url + "/v1/models")
    def test_2(self, wiretape_class): ask(wiretape_class.url + "/v1/threads")
    def test_3(self): pass
"""


@pytest.mark.parametrize("part", [["test_it.py::TestC::test_1"], ["-k", "not test_2"], ["--lf"]])
def test_a_part_of_the_tests_that_share_a_session(recorded: Project, part: list[str]) -> None:
    """Replaces no recording of them all."""
    recorded.write("test_it.py", SHARED)
    assert recorded.pytest("-k", "not test_3").code == 0
    assert recorded.sessions() == {"TestC": ("complete", 2)}
    if part == ["--lf"]:
        recorded.write("test_it.py", SHARED + "        assert 0\n")
        recorded.pytest()
        recorded.write("test_it.py", SHARED)
    done = recorded.pytest("--wiretape=record", *part)
    assert "kept as incomplete: 1" in done.ours, done.out
    assert recorded.sessions()["TestC"] == ("complete", 2)
    whole = recorded.pytest("--wiretape=record", "test_it.py::TestC")
    assert (whole.code, whole.ours) == (0, "recorded 2, in 1 test\n"), whole.out


def test_live_keeps_nothing(recorded: Project, standin: StandIn) -> None:
    """Everything passes, no cassette is made; a mark says it for one test."""
    recorded.write(
        "test_it.py",
        "import pytest\nfrom asking import ask\n@pytest.mark.wiretape(mode='live')\n"
        "def test_it(wiretape): assert ask(wiretape.url + '/v1/models')[0] == 200\n",
    )
    done = recorded.pytest("--wiretape=record")
    assert (done.code, standin.hits, done.ours) == (0, 1, "passed 1, in 1 test\n"), done.out
    assert not (recorded.folder / "cassettes").exists()
    # In replay nothing goes out, whatever a mark says.
    assert recorded.pytest("--wiretape=replay").counts == {"failed": 1}
    assert standin.hits == 1


def test_what_nobody_asked_is_remembered(recorded: Project, standin: StandIn) -> None:
    """A test that was recorded without a request is told of, and needs no recorder the next time."""
    recorded.write("test_it.py", "def test_it(wiretape): wiretape.url\n")
    first = recorded.pytest()
    assert "recorded while nobody asked: 1" in first.ours
    assert "have the code under test use wiretape.url" in first.ours
    assert recorded.sessions() == {"test_it": ("complete", 0)}
    second = recorded.pytest()
    assert (second.report["tests"]["test_it.py::test_it"]["mode"], standin.hits) == ("replay", 0)


def test_an_upstream_that_is_not_there(recorded: Project, standin: StandIn) -> None:
    """The test is told, also where the code under test swallowed it; the recording is not complete."""
    standin.stop()
    recorded.write(
        "test_it.py",
        """
        import pytest
        from asking import ask
        def test_it(wiretape):
            with pytest.raises(ValueError): ask(wiretape.url + "/v1/models")
        def test_other(wiretape): ask(wiretape.url + "/v1/models")
        """,
    )
    done = recorded.pytest()
    assert done.counts == {"passed": 1, "failed": 1, "error": 1}, done.out
    assert done.out.count("\nwiretape: not all went well: ") == 2
    assert recorded.sessions()["test_it"][0] == "incomplete"


def test_requests_of_no_test_while_recording(recorded: Project) -> None:
    """They go to the API and are not kept: the run says so, and fails."""
    recorded.write(
        "test_it.py",
        "from asking import ask\ndef test_it(wiretape):\n"
        "    ask(wiretape.url + '/v1/models'); ask(wiretape.url.partition('/~')[0] + '/v1/models')\n",
    )
    done = recorded.pytest()
    assert (done.code, done.counts) == (1, {"passed": 1})
    assert "asked by an address of no test, so the run fails: 1\n  1 while recording" in done.ours


NO_MITMPROXY = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name == "mitmproxy" or name.startswith("mitmproxy."):
            raise ModuleNotFoundError(f"No module named {name!r}")
sys.meta_path.insert(0, Absent())
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == "mitmproxy" else found(name, package)
"""


def test_without_mitmproxy(recorded: Project, standin: StandIn, written: Callable[[str, str], None]) -> None:
    """Replay needs none of it; recording says what to install, or finds a recorder by a setting."""
    recorded.write("test_it.py", ASKING)
    assert recorded.pytest("-k", "test_a").code == 0
    recorded.write("conftest.py", NO_MITMPROXY)
    assert recorded.pytest("-k", "test_a").code == 0
    done = recorded.pytest("-k", "test_b")
    assert done.counts["failed"] == 1
    said = done.out[done.out.index("___ test_b") :].split("\n", 1)[1].split("\n=")[0]
    written("without-mitmproxy", recorded.plain(said) + "\n")
    recorder = f"{sys.executable} -m wiretape"
    recorded.ini(wiretape_upstream=standin.url, wiretape_recorder=recorder)
    elsewhere = recorded.pytest()
    assert (elsewhere.code, elsewhere.ours) == (0, "replayed 1, recorded 1, in 2 tests\n"), elsewhere.out


def test_a_recorder_that_does_not_start(recorded: Project) -> None:
    """The test says what it said."""
    recorded.write("test_it.py", ASKING)
    recorded.ini(wiretape_recorder=f'{sys.executable} -c "import sys; sys.exit(sys.argv[1] + str(1))"')
    assert "the recorder did not start: run1" in recorded.pytest("-k", "test_a").out
    recorded.ini(wiretape_recorder="no-such-program")
    assert "the recorder 'no-such-program' cannot be started: No such file" in recorded.pytest("-k", "test_a").out


# Whoever started this run in the background has made it deaf to Ctrl-C, and pytest would inherit that.
HEARING = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_when_pytest_is_interrupted(recorded: Project, number: signal.Signals) -> None:
    """The recorder ends too, and what was being recorded is incomplete."""
    recorded.write(
        "test_it.py",
        """
        import os, signal, time
        from asking import ask
        def test_a(wiretape): ask(wiretape.url + "/v1/models")
        def test_b(wiretape):
            ask(wiretape.url + "/v1/models")
            print("ALIVE", flush=True)
            time.sleep(60)
        """,
    )
    shelf = recorded.folder / "temporary"
    shelf.mkdir()
    environment = recorded.environment | {"TMPDIR": str(shelf)}
    line = [sys.executable, "-c", HEARING, *map(str, recorded.line("-s"))]
    process = subprocess.Popen(line, cwd=recorded.folder, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert any("ALIVE" in line for line in process.stdout)
        process.send_signal(number)
        process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert _settled(recorded) == {"test_a": COMPLETE, "test_b": ("incomplete", 1)}
    assert not list(shelf.glob("wiretape-pytest-*"))


def _settled(project: Project) -> dict[str, tuple[str, int]]:
    """The sessions, once the recorder has left one plain file: nobody waits for it where pytest was killed."""
    cassette = project.folder / "cassettes" / "test_it.cassette"
    until = time.monotonic() + 60
    while cassette.with_name(cassette.name + "-wal").exists() and time.monotonic() < until:
        time.sleep(0.02)
    return project.sessions()
