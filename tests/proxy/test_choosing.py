"""What counts for a run: what was asked for, else the settings file, else the usual."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wiretape.proxy.choosing import Asked, chosen
from wiretape.proxy.configuration import Configuration, Matching, SettingsFile
from wiretape.proxy.decide.modes import Mode, WhenSpent
from wiretape.proxy.decide.pace import INSTANT, RECORDED, Pace
from wiretape.proxy.decide.routing import parse_upstream
from wiretape.proxy.decide.rules import NO_RULES, Rules
from wiretape.proxy.decide.userhook import installed
from wiretape.proxy.settings import Listen
from wiretape.store.errors import UsageError

if TYPE_CHECKING:
    from wiretape.proxy.settings import Settings

EMPTY = SettingsFile()
FULL = Configuration(
    cassette="file.cassette",
    session="file",
    upstream="http://127.0.0.1:1",
    alias=("file.example",),
    intercept=("other.example",),
    listen="127.0.0.1:1234",
    pace="recorded",
    when_spent=WhenSpent.CYCLE,
    strict=True,
    matching=Matching(ignore=("$.file",), ignore_query=("file",), headers=("X-File",), echo=("query id",)),
)


def settings(asked: Asked, file: SettingsFile = EMPTY, mode: Mode = Mode.REPLAY) -> Settings:
    return chosen(mode, asked, file, {})


def file_of(values: Configuration, folder: Path = Path("/somewhere")) -> SettingsFile:
    return SettingsFile(folder / "wiretape.toml", values, "wiretape.toml")


def test_the_usual() -> None:
    """Where nobody says anything."""
    found = settings(Asked())
    assert (found.cassette, found.session, found.listen) == (Path("wiretape.cassette"), "default", Listen())
    assert (found.pace, found.when_spent, found.strict) == (INSTANT, WhenSpent.REPEAT, False)
    assert (found.rules, found.upstream_named) == (NO_RULES, False)


def test_the_file_says_it() -> None:
    """All that it can."""
    found = settings(Asked(), file_of(FULL))
    assert (found.cassette, found.session) == (Path("file.cassette"), "file")
    assert (found.listen, found.pace) == (Listen("127.0.0.1", 1234), RECORDED)
    assert (found.when_spent, found.strict, found.upstream_named) == (WhenSpent.CYCLE, True, True)
    assert found.hosts.upstream == parse_upstream("http://127.0.0.1:1")
    assert (found.hosts.aliases, found.hosts.intercepted) == (frozenset({"file.example"}), frozenset({"other.example"}))
    assert found.rules == Rules(("$.file",), ("file",), ("x-file",), ("query id",))


def test_what_was_asked_for_wins() -> None:
    """A list in the place of the file's list."""
    asked = Asked(
        cassette=Path("asked.cassette"),
        session="asked",
        upstream="http://127.0.0.1:2",
        alias=["asked.example"],
        intercept=["more.example"],
        listen="0",
        pace="4x",
        when_spent=WhenSpent.MISS,
        strict=False,
        ignore=["$.asked"],
        ignore_query=["asked"],
        match_header=["X-Asked"],
        echo=["$.id"],
    )
    found = settings(asked, file_of(FULL))
    assert (found.cassette, found.session, found.listen.port) == (Path("asked.cassette"), "asked", 0)
    assert (found.pace, found.when_spent, found.strict) == (Pace(4.0), WhenSpent.MISS, False)
    assert found.hosts.upstream == parse_upstream("http://127.0.0.1:2")
    assert (found.hosts.aliases, found.hosts.intercepted) == (frozenset({"asked.example"}), frozenset({"more.example"}))
    assert found.rules == Rules(("$.asked",), ("asked",), ("x-asked",), ("$.id",))


@pytest.mark.parametrize(
    ("asked", "file", "spent", "port"),
    [
        (Asked(command=True), EMPTY, WhenSpent.MISS, 0),
        (Asked(strict=True), EMPTY, WhenSpent.MISS, 8787),
        (Asked(), file_of(Configuration(strict=True)), WhenSpent.MISS, 8787),
        (Asked(strict=False), file_of(Configuration(strict=True)), WhenSpent.REPEAT, 8787),
        (Asked(command=True), file_of(FULL), WhenSpent.CYCLE, 1234),
    ],
    ids=["command", "strict", "strict by file", "not strict after all", "the file said it"],
)
def test_where_there_is_a_verdict(asked: Asked, file: SettingsFile, spent: WhenSpent, port: int) -> None:
    """A spent request is a miss, unless somebody said otherwise; a command needs no fixed port."""
    found = settings(asked, file)
    assert (found.when_spent, found.listen.port) == (spent, port)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Asked(ignore=["$.a", "b"]), "--ignore: path 'b' is malformed at position 0"),
        (Asked(echo=["cookie x"]), "--echo: 'cookie x' is no place"),
        (Asked(session="a~b"), "'a~b' is no name"),
        (Asked(pace="slow"), "--pace 'slow' is no pace"),
    ],
    ids=["ignore", "echo", "session", "pace"],
)
def test_what_is_wrong_with_an_option(asked: Asked, said: str) -> None:
    """The option is named."""
    with pytest.raises(UsageError) as caught:
        settings(asked, mode=Mode.RECORD)
    assert str(caught.value).startswith(said)


def test_a_session_that_the_file_cannot_name() -> None:
    """What may be a name depends on the mode, so it is seen only now."""
    with pytest.raises(UsageError, match=r"^wiretape.toml: \$.session: 'a~b' is no name"):
        settings(Asked(), file_of(Configuration(session="a~b")), Mode.RECORD)


def test_the_canonicaliser_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the file's folder; requests find it by its name."""
    name = f"wiretape_try_{tmp_path.name}:same".replace("-", "_")
    (tmp_path / f"{name.partition(':')[0]}.py").write_text("def same(form):\n    return form\n")
    monkeypatch.delitem(sys.modules, name.partition(":")[0], raising=False)
    found = settings(Asked(), file_of(Configuration(matching=Matching(canonicaliser=name)), tmp_path))
    assert found.rules.canonicaliser == name
    assert installed(name)


def test_a_canonicaliser_that_is_not_there(tmp_path: Path) -> None:
    """The file, the place, the name."""
    file = file_of(Configuration(matching=Matching(canonicaliser="nowhere_at_all:f")), tmp_path)
    with pytest.raises(UsageError) as caught:
        settings(Asked(), file)
    assert str(caught.value).startswith(
        "wiretape.toml: $.matching.canonicaliser: 'nowhere_at_all:f': there is no module nowhere_at_all in "
    )
