"""How a test fails of what it asked: with the whole account, once, at its end. What it says is written down beside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.addons.pytesting.conftest import Project

ASKED = {"model": "gpt-4o", "inputs": [{"role": "user", "content": "Hello"}]}


def failures(out: str) -> str:
    """What pytest says of failures and errors, and our own account."""
    kept: list[str] = []
    keep = False
    for line in out.splitlines(keepends=True):
        if line.startswith("===="):
            keep = any(word in line for word in ("FAILURES", "ERRORS", "wiretape", "summary info"))
        if keep or line.startswith("===="):
            kept.append(line.strip("=\n ") + "\n" if line.startswith("====") else line)
    return "".join(kept[1:])


@pytest.fixture
def tells(project: Project, written: Callable[[str, str], None]) -> Callable[..., Any]:
    """Runs the tests and compares what is said of those that failed."""

    def run(name: str, text: str, *arguments: str) -> Any:
        project.write("test_it.py", text)
        done = project.pytest(*arguments)
        written(name, project.plain(failures(done.out)))
        return done

    return run


def test_a_swallowed_miss_fails_the_test(project: Project, post: Any, tells: Callable[..., Any]) -> None:
    """The code under test hid it; the test fails all the same, with what differs from the nearest recording."""
    project.cassette(test_it=[post("/v1/model/response", ASKED)])
    done = tells(
        "swallowed",
        """
        from asking import ask
        def test_it(wiretape):
            changed = {"model": "gpt-4o", "inputs": [{"role": "user", "content": "Good bye"}]}
            ask(wiretape.url + "/v1/model/response", "POST", changed)
            assert len(wiretape.misses) == 1
        """,
    )
    assert (done.code, done.counts) == (1, {"failed": 1})
    (facts,) = done.report["tests"].values()
    assert facts["misses"][0]["nearest"][0]["interaction"] == "test_it/1"


def test_a_miss_beside_the_tests_own_failure(project: Project, get: Any, tells: Callable[..., Any]) -> None:
    """A section of the report, not a second failure."""
    project.cassette(test_it=[get("/v1/a")])
    done = tells(
        "beside",
        """
        from asking import ask
        def test_it(wiretape):
            assert ask(wiretape.url + "/v1/b")[0] == 200
        """,
        "--tb=short",
    )
    assert done.counts == {"failed": 1}


def test_spent(project: Project, get: Any, tells: Callable[..., Any]) -> None:
    """Recorded once, asked twice: a miss, where there is a verdict."""
    project.cassette(test_it=[get("/v1/a")])
    done = tells(
        "spent",
        """
        from asking import ask
        def test_it(wiretape):
            for turn in range(2): ask(wiretape.url + "/v1/a")
        """,
    )
    assert done.counts == {"failed": 1}


def test_never_recorded(tells: Callable[..., Any]) -> None:
    """No cassette, no session: the command that records it."""
    done = tells(
        "never-recorded",
        """
        import pytest
        from asking import ask
        @pytest.mark.parametrize("n", ["a b"])
        def test_it(wiretape, n): ask(wiretape.url + "/v1/a")
        """,
        "--wiretape=replay",
    )
    assert done.counts == {"failed": 1}


def test_unused_when_strict(project: Project, get: Any, tells: Callable[..., Any]) -> None:
    """By the mark, and by the setting for all; seen when all fixtures are done."""
    project.cassette(test_it=[get("/v1/a"), get("/v1/b"), get("/v1/c")], test_lax=[get("/v1/a"), get("/v1/b")])
    done = tells(
        "unused",
        """
        import pytest
        from asking import ask
        @pytest.mark.wiretape(strict=True)
        def test_it(wiretape): ask(wiretape.url + "/v1/a")
        def test_lax(wiretape): ask(wiretape.url + "/v1/a")
        """,
    )
    assert done.counts == {"passed": 2, "error": 1}
    project.ini(wiretape_strict="true")
    assert project.pytest().counts == {"passed": 2, "error": 2}


def test_many_misses(project: Project, get: Any, tells: Callable[..., Any]) -> None:
    """The first are told in full, then in short, then counted."""
    project.cassette(test_it=[get("/v1/a")])
    done = tells(
        "many",
        """
        from asking import ask
        def test_it(wiretape):
            for n in range(30): ask(f"{wiretape.url}/v1/b{n}")
        """,
    )
    assert done.counts == {"failed": 1}


def test_where_a_miss_happens_makes_no_difference(project: Project, get: Any) -> None:
    """In a fixture's set-up, in its teardown, in a thread, before a skip, in a test that is expected to fail."""
    project.cassette(test_other=[get("/v1/a")])
    project.write(
        "test_it.py",
        """
        import threading, pytest
        from asking import ask
        @pytest.fixture
        def before(wiretape): ask(wiretape.url + "/v1/before")
        @pytest.fixture
        def after(wiretape):
            yield
            ask(wiretape.url + "/v1/after")
        @pytest.fixture
        def broken(wiretape):
            ask(wiretape.url + "/v1/broken")
            raise ValueError("a fixture of mine")
        def test_before(before): pass
        def test_after(after): pass
        def test_broken(broken): pass
        def test_thread(wiretape):
            thread = threading.Thread(target=ask, args=(wiretape.url + "/v1/thread",)); thread.start(); thread.join()
        def test_skipped(wiretape):
            ask(wiretape.url + "/v1/skip")
            pytest.skip("the API is not there")
        @pytest.mark.xfail(strict=True)
        def test_expected(wiretape): ask(wiretape.url + "/v1/x")
        """,
    )
    done = project.pytest("-rA", "--wiretape=replay")
    lines = {line.split(" - ")[0] for line in done.out.splitlines() if line.startswith(("FAILED", "ERROR ", "XFAIL"))}
    assert lines == {
        "FAILED test_it.py::test_before",
        "ERROR test_it.py::test_after",
        "ERROR test_it.py::test_broken",
        "FAILED test_it.py::test_thread",
        "FAILED test_it.py::test_skipped",
        "XFAIL test_it.py::test_expected",
    }
    # Once each: in the failure's text; the account at the end names the test.
    for path in ("before", "after", "broken", "thread", "skip"):
        assert done.out.count(f"not recorded: GET https://api.aitronos.com/v1/{path}\n") == 1, path


def test_whoever_asks_by_an_old_address(project: Project, get: Any, tells: Callable[..., Any]) -> None:
    """A client that outlives its test asks for nobody: told with the failure, and the run fails in any case."""
    project.cassette(test_a=[get("/v1/a")], test_b=[get("/v1/a")])
    done = tells(
        "stray",
        """
        from asking import ask
        kept = []
        def test_a(wiretape):
            kept.append(wiretape.url)
        def test_b(wiretape):
            ask(kept[0] + "/v1/a")
        """,
    )
    assert (done.code, done.counts) == (1, {"passed": 2})


@pytest.mark.parametrize("damage", ["foreign", "newer"])
def test_a_cassette_that_is_none(project: Project, damage: str) -> None:
    """One line, no traceback; never taken for an empty one."""
    path = project.write("cassettes/test_it.cassette", "this is no cassette" if damage == "foreign" else "")
    project.write("test_it.py", "def test_it(wiretape): wiretape.url\n")
    done = project.pytest("--tb=short")
    assert done.counts == {"failed": 1}, done.out
    assert "test_it.cassette" in done.out
    assert "Traceback" not in done.out
    assert path.stat().st_size == (19 if damage == "foreign" else 0)
