"""What is told of a run: the report, JUnit's properties, and the sessions whose tests are gone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.addons.pytesting.conftest import Project

TESTS = """
from asking import ask
def test_it(wiretape): ask(wiretape.url + "/v1/a")
def test_miss(wiretape): ask(wiretape.url + "/v1/miss")
def test_plain(): pass
"""


def test_the_report(project: Project, get: Any) -> None:
    """For each test with a session, what it replayed, missed and left."""
    path = project.cassette(test_it=[get("/v1/a"), get("/v1/b")], test_miss=[get("/v1/a")])
    project.write("test_it.py", TESTS)
    junit = project.folder / "junit.xml"
    report = project.pytest(f"--junitxml={junit}").report
    assert report["mode"] == "once"
    assert report["totals"] == {"tests": 2, "replayed": 1, "recorded": 0, "passed": 0, "misses": 1, "unused": 2}
    facts = report["tests"]["test_it.py::test_it"]
    assert facts["unused"] == [{"interaction": "test_it/2", "id": 2, "method": "GET", "path": "/v1/b"}]
    del facts["unused"]
    assert facts == {
        "nodeid": "test_it.py::test_it",
        "cassette": str(path),
        "session": "test_it",
        "mode": "replay",
        "strict": False,
        "replayed": 1,
        "recorded": 0,
        "passed": 0,
        "misses": [],
        "problem": None,
        "faults": [],
    }
    properties = re.findall(r'<property name="(wiretape_\w+)" value="(\d+)"', junit.read_text())
    assert properties[:4] == [
        ("wiretape_replayed", "1"),
        ("wiretape_recorded", "0"),
        ("wiretape_misses", "0"),
        ("wiretape_unused", "1"),
    ]


@pytest.fixture
def with_orphans(project: Project, get: Any) -> Path:
    """A cassette with more sessions than there are tests."""
    project.write("test_it.py", TESTS)
    names = ("test_it", "test_gone", "test_gone[x]", "test_miss%7E2")
    return project.cassette(**{name: [get("/v1/a")] for name in names})


def test_sessions_whose_tests_are_gone(project: Project, with_orphans: Path) -> None:
    """They are told, and removed when asked; a session of a test that was deselected is no orphan."""
    done = project.pytest("--wiretape=replay", "-k", "not miss")
    orphans = {str(with_orphans): ["test_gone", "test_gone[x]", "test_miss%7E2"]}
    assert done.report["orphans"] == orphans
    assert "sessions of tests that are gone: 3\n  'test_gone' in cassettes/test_it.cassette" in done.ours
    assert "mend: pytest --wiretape-prune (removes them)" in done.ours
    pruned = project.pytest("--wiretape-prune", "--wiretape=replay", "-k", "not miss")
    assert "sessions of tests that are gone, removed: 3" in pruned.ours
    assert set(project.sessions()) == {"test_it"}


def test_cassettes_whose_module_is_gone(project: Project, get: Any) -> None:
    """Judged where every module of the folder was collected; a cassette that a mark names has a use."""
    for name in ("it", "gone", "shared", "other"):
        project.cassette(f"cassettes/test_{name}.cassette", test_it=[get("/v1/a")])
    project.cassette("cassettes/made-by-hand.cassette", test_it=[get("/v1/a")])
    project.write("test_other.py", "def test_it(): pass\n")
    project.write(
        "test_it.py",
        """
        import pytest
        def test_it(wiretape): wiretape.url
        @pytest.mark.wiretape(cassette="cassettes/test_shared.cassette")
        def test_marked(): pass
        """,
    )
    assert project.pytest("--wiretape-prune", "test_it.py").report["orphans"] == {}
    gone = project.folder / "cassettes" / "test_gone.cassette"
    assert project.pytest("--wiretape-prune").report["orphans"] == {str(gone): ["test_it"]}
    assert not gone.exists()
    assert len(list(gone.parent.iterdir())) == 4


SHARING = """
import pytest
from asking import ask
@pytest.mark.wiretape(cassette={cassette}, session="shared")
def test_b(wiretape): ask(wiretape.url + "/v1/a")
"""


@pytest.mark.parametrize(
    ("cassette", "arguments", "pruned"),
    [
        ('"cassettes/test_a.cassette"', [], True),
        ('"../cassettes/test_a.cassette"', [], True),
        ('"cassettes/test_a.cassette"', ["test_a.py"], False),
        ("f\"cassettes/test_{'a'}.cassette\"", ["test_a.py"], False),
        ('"cassettes/test_a.cassette"', ["test_a.py", "test_b.py::test_b"], False),
        ('"cassettes/test_a.cassette", cassete="x"', [], False),
    ],
)
def test_a_cassette_shared_by_modules(
    project: Project, get: Any, cassette: str, arguments: list[str], *, pruned: bool
) -> None:
    """A session that a mark of another module names has its test; where that was not collected, nothing is judged."""
    project.cassette("cassettes/test_a.cassette", test_a=[get("/v1/a")], shared=[get("/v1/a")], gone=[get("/v1/a")])
    project.write("test_a.py", "def test_a(wiretape): wiretape.url\n")
    project.write("sub/test_b.py" if ".." in cassette else "test_b.py", SHARING.format(cassette=cassette))
    done = project.pytest("--wiretape-prune", "--wiretape=replay", *arguments)
    names = {"test_a", "shared"} if pruned else {"test_a", "shared", "gone"}
    assert set(project.sessions("cassettes/test_a.cassette")) == names, done.out


def test_a_class_and_its_test_with_marks_of_their_own(project: Project, get: Any) -> None:
    """What the class shares by its mark has a use, though the nearest mark of its test names another session."""
    project.cassette(all=[get("/v1/a")], one=[get("/v1/a")], gone=[get("/v1/a")])
    project.write(
        "test_it.py",
        """
        import pytest
        @pytest.mark.wiretape(session="all")
        class TestIt:
            @pytest.mark.wiretape(session="one")
            def test_it(self, wiretape): wiretape.url
        """,
    )
    project.pytest("--wiretape-prune", "--wiretape=replay")
    assert set(project.sessions()) == {"all", "one"}


@pytest.mark.parametrize("part", [["test_it.py::test_it"], ["--lf"], ["test_it.py::test_it", "other"]])
def test_a_part_of_a_module_says_nothing_of_the_rest(project: Project, with_orphans: Path, part: list[str]) -> None:
    """Only what was collected whole is judged."""
    assert with_orphans.exists()
    project.write("other/test_other.py", "def test_other(wiretape): pass\n")
    if part == ["--lf"]:
        project.pytest("--wiretape=replay")
    done = project.pytest("--wiretape-prune", "--wiretape=replay", *part)
    assert done.report["orphans"] == {}, done.out
    assert len(project.sessions()) == 4


def test_a_module_that_cannot_be_collected_says_nothing(project: Project, with_orphans: Path) -> None:
    """A syntax error removes no recording."""
    assert with_orphans.exists()
    project.write("test_it.py", "def test_it(:\n")
    done = project.pytest("--wiretape-prune")
    assert done.code == 2
    assert len(project.sessions()) == 4


def test_nothing_is_said_where_nothing_was_used(project: Project) -> None:
    """The plugin is quiet in suites that do without, and imports nothing of ours for them."""
    project.write(
        "test_it.py",
        """
        import sys
        def test_it():
            heavy = {"msgspec", "uvloop", "httptools", "sqlite3", "cryptography", "mitmproxy", "asyncio"}
            assert not heavy & set(sys.modules), heavy & set(sys.modules)
            assert not [name for name in sys.modules if name.startswith(("wiretape.store", "wiretape.proxy"))]
        """,
    )
    done = project.pytest("-p", "no:unraisableexception")
    assert done.code == 0, done.out
    assert done.ours == ""
