"""Parts of the plugin by themselves: labels that the caller chooses, work done in the server's thread, names."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from wiretape.addons.pytesting.lead import KEEPER, Lead
from wiretape.addons.pytesting.marks import Marked
from wiretape.addons.pytesting.naming import place_of
from wiretape.addons.pytesting.options import Choices
from wiretape.addons.remote import RemoteProxy
from wiretape.proxy.decide.modes import Mode
from wiretape.proxy.run import Run
from wiretape.proxy.runs import Runs
from wiretape.proxy.serve.clock import Clock
from wiretape.proxy.serve.threaded import ThreadedReplay
from wiretape.proxy.settings import Listen, Settings
from wiretape.store.errors import SessionBusy, SessionMissing, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Scribe


@pytest.fixture
def settings(scribe: Scribe, make_request: Any) -> Settings:
    """A replay of a session `plain`."""
    scribe.session((make_request("/v1/a"), b"1"), name="plain")
    return Settings(cassette=scribe.path, session="plain", mode=Mode.REPLAY, listen=Listen(port=0))


@pytest.fixture
def replay(settings: Settings, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Runs, ThreadedReplay]]:
    """An engine that serves."""
    monkeypatch.setenv("WIRETAPE_HOME", str(home))
    runs = Runs(Run(settings, Clock(), Mode.REPLAY))
    with ThreadedReplay(runs) as served:
        yield runs, served
    runs.close_all()


def test_a_label_of_the_callers_own(settings: Settings, replay: tuple[Runs, ThreadedReplay]) -> None:
    """One at a time is open under it, and whoever is opened next inherits the address."""
    runs, served = replay
    first = RemoteProxy(served.url).open("plain", label="_mine")
    assert first.id == "_mine"
    assert first.url == f"{served.url}/~_mine"
    with pytest.raises(SessionBusy, match="is open under '_mine' already"):
        runs.open(settings, "_mine")
    first.close()
    with pytest.raises(SessionMissing):
        runs.of("_mine")
    _, run = runs.open(settings, "_mine")
    assert runs.of("_mine") is run


@pytest.mark.parametrize("label", ["", "a/b", "a:b", "wiretape", "~", "a" * 300])
def test_a_label_that_no_request_could_say(settings: Settings, replay: tuple[Runs, ThreadedReplay], label: str) -> None:
    """It is refused."""
    with pytest.raises(UsageError, match="is no label"):
        replay[0].open(settings, label)


def test_work_in_the_servers_thread(replay: tuple[Runs, ThreadedReplay]) -> None:
    """What it returns comes back, and what it raises; after the end there is nobody to do it."""
    _, served = replay
    assert served.call(lambda: threading.current_thread().name) == "wiretape replay"
    with pytest.raises(ZeroDivisionError):
        served.call(lambda: 1 // 0)
    served.stop()
    with pytest.raises(RuntimeError, match="does not run"):
        served.call(lambda: None)


@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize("done", [True, False])
def test_the_recorder_is_kept_no_longer_than_its_lead_lives(done: bool, early: bool) -> None:  # noqa: FBT001
    """Also where the lead came to its end before anybody could see it live."""
    lead = Lead()

    def come_to_the_end() -> None:
        if done:
            (lead.folder / "done").touch()
        lead.let_go()

    if early:
        come_to_the_end()
    keeper = subprocess.Popen([sys.executable, "-c", KEEPER, str(lead.folder)])
    try:
        if not early:
            with pytest.raises(subprocess.TimeoutExpired):
                keeper.wait(0.5)
            come_to_the_end()
        assert keeper.wait(30) == (0 if done else 1)
        # Where nobody said so, nobody is left to clear up.
        assert lead.folder.exists() == done
    finally:
        keeper.kill()
        keeper.wait()
        shutil.rmtree(lead.folder, ignore_errors=True)


def node(nodeid: str, root: Path) -> Any:
    """What stands for a test."""
    return SimpleNamespace(nodeid=nodeid, path=root / nodeid.partition("::")[0], config=SimpleNamespace(rootpath=root))


@pytest.mark.parametrize(
    ("nodeid", "choices", "cassette", "session"),
    [
        ("t/test_x.py::test_a", Choices(), "t/cassettes/test_x.cassette", "test_a"),
        ("t/test_x.py::T::test_a[a/b]", Choices(folder="tapes"), "t/tapes/test_x.cassette", "T::test_a[a/b]"),
        ("t/test_x.py::test_a[~\n]", Choices(), "t/cassettes/test_x.cassette", "test_a[%7E%0A]"),
        ("t/test_x.py::test_a", Choices(layout="suite"), "cassettes/suite.cassette", "t/test_x.py::test_a"),
        (
            "t/test_x.py::T::test_a[1]",
            Choices(layout="test"),
            "t/cassettes/test_x/T.test_a[1].cassette",
            "T::test_a[1]",
        ),
        ("t/test_x.py::test_a[a b]", Choices(layout="test"), "t/cassettes/test_x/test_a[a-b]-HASH.cassette", None),
        ("t/test_x.py::test_a", Choices(folder="/all"), "/all/t/test_x.cassette", "test_a"),
    ],
)
def test_places(tmp_path: Path, nodeid: str, choices: Choices, cassette: str, session: str | None) -> None:
    """Which session of which cassette is a test's."""
    place = place_of(node(nodeid, tmp_path), choices, Marked())
    start, _, end = str(tmp_path / cassette).partition("HASH")
    assert str(place.cassette).startswith(start)
    assert str(place.cassette).endswith(end)
    assert session in (None, place.session)


def test_names_that_a_file_cannot_tell_apart(tmp_path: Path) -> None:
    """Two tests never share a cassette of their own."""
    names = ["a b", "a/b", "a:b", "a-b", "x" * 300, "x" * 301]
    choices = Choices(layout="test")
    places = {place_of(node(f"test_x.py::test[{name}]", tmp_path), choices, Marked()).cassette for name in names}
    assert len(places) == len(names)
    assert all(len(path.name) < 200 for path in places)
