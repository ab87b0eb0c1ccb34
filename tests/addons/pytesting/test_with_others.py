"""Beside the plugins that people use: xdist, randomly, rerunfailures, asyncio, anyio, and unittest's cases."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.addons.pytesting.conftest import Project
    from wiretape.addons.standin import StandIn

MANY = """
import pytest
from asking import ask
@pytest.mark.parametrize("n", range(12))
def test_it(wiretape, n, record_property):
    body = {"inputs": [{"role": "user", "content": f"question {n}"}]}
    answers = [ask(wiretape.url + "/v1/model/response", "POST", body) for _ in range(3)]
    record_property("seen", repr(answers))
"""


def seen(report: str) -> set[tuple[str, str]]:
    """What all tests saw, by JUnit's report; the API never says the same twice."""
    return set(re.findall(r'name="test_it(.*?)".*?name="seen" value="(.*?)"', report))


def test_xdist_records_once_and_replays(recorded: Project, standin: StandIn) -> None:
    """One recorder, many workers, one cassette; then any order sees what was recorded."""
    recorded.write("test_it.py", MANY)
    junit = recorded.folder / "junit.xml"
    first = recorded.pytest("-n3", f"--junitxml={junit}", plugins=["xdist"])
    assert first.code == 0, first.out
    assert (standin.hits, first.ours) == (36, "recorded 36, in 12 tests\n")
    expected = seen(junit.read_text())
    assert len(expected) == 12
    assert recorded.sessions() == {f"test_it[{n}]": ("complete", 3) for n in range(12)}
    assert [path.name for path in (recorded.folder / "cassettes").iterdir()] == ["test_it.cassette"]
    for seed in range(2):
        plugins = ["xdist", "pytest_randomly"]
        again = recorded.pytest("-n2", f"--randomly-seed={seed}", f"--junitxml={junit}", plugins=plugins)
        assert again.code == 0, again.out
        assert again.ours == "replayed 36, in 12 tests\n"
        assert (standin.hits, seen(junit.read_text())) == (36, expected)


def test_a_worker_that_dies_completes_nothing(recorded: Project) -> None:
    """The session that it had open is closed by the process that leads the run."""
    recorded.write(
        "test_it.py",
        """
        import os
        from asking import ask
        def test_a(wiretape): ask(wiretape.url + "/v1/models")
        def test_b(wiretape):
            ask(wiretape.url + "/v1/models")
            os._exit(7)
        """,
    )
    done = recorded.pytest("-n1", plugins=["xdist"])
    assert done.counts["failed"] == 1, done.out
    assert recorded.sessions() == {"test_a": ("complete", 1), "test_b": ("incomplete", 1)}


def test_failures_and_strays_cross_to_the_controller(project: Project, get: Any) -> None:
    """The account at the end knows all workers' tests."""
    project.cassette(test_it=[get("/v1/a")], test_gone=[get("/v1/a")])
    project.write(
        "test_it.py",
        """
        from asking import ask
        def test_it(wiretape):
            ask(wiretape.url + "/v1/b")
            ask(wiretape.url.partition("/~")[0] + "/v1/stray")
        def test_fine(wiretape): pass
        """,
    )
    done = project.pytest("-n2", plugins=["xdist"])
    assert done.counts == {"passed": 1, "failed": 1}, done.out
    (facts,) = done.report["tests"].values()
    assert facts["misses"][0]["request"] == "GET https://api.aitronos.com/v1/b"
    assert "nearest recording: test_it/1 GET /v1/a" in done.out
    assert done.report["strays"][0].startswith("GET https://api.aitronos.com/v1/stray")
    assert done.report["orphans"] == {str(project.folder / "cassettes/test_it.cassette"): ["test_gone"]}


def test_rerunfailures_begins_anew(project: Project, get: Any) -> None:
    """Cursors at the beginning, misses forgotten; only the last time counts."""
    project.cassette(test_it=[get("/v1/a", 1), get("/v1/a", 2)])
    project.write(
        "test_it.py",
        """
        from asking import ask
        times = []
        def test_it(wiretape):
            times.append(1)
            assert ask(wiretape.url + "/v1/a")[1] == {"n": 1}
            if len(times) < 3: ask(wiretape.url + "/v1/miss")
        """,
    )
    done = project.pytest("--reruns=3", plugins=["pytest_rerunfailures"])
    assert (done.code, done.counts) == (0, {"passed": 1, "rerun": 2}), done.out
    assert done.report["totals"]["misses"] == 0
    assert done.report["totals"]["replayed"] == 1
    assert "without an answer" not in done.ours


def test_rerunfailures_records_the_last_time(recorded: Project) -> None:
    """What the failed times recorded is not adopted."""
    recorded.write(
        "test_it.py",
        """
        from asking import ask
        times = []
        def test_it(wiretape):
            times.append(1)
            for _ in range(len(times)): ask(wiretape.url + "/v1/models")
            assert len(times) == 2
        """,
    )
    done = recorded.pytest("--reruns=3", plugins=["pytest_rerunfailures"])
    assert (done.code, done.counts) == (0, {"passed": 1, "rerun": 1}), done.out
    assert recorded.sessions() == {"test_it": ("complete", 2)}


def test_asyncio_and_anyio(project: Project, get: Any) -> None:
    """Async tests and async fixtures, by either plugin; the replay has a loop of its own, elsewhere."""
    project.cassette(
        **{"test_asyncio": [get("/v1/a")], "test_anyio[asyncio]": [get("/v1/a")], "test_transport": [get("/v1/a")]}
    )
    project.ini(asyncio_default_fixture_loop_scope="function")
    project.write(
        "test_it.py",
        """
        import httpx, pytest, pytest_asyncio
        @pytest.fixture
        def anyio_backend(): return "asyncio"
        @pytest_asyncio.fixture
        async def client(wiretape):
            async with httpx.AsyncClient(base_url=wiretape.url) as client: yield client
        @pytest.mark.asyncio
        async def test_asyncio(client): assert (await client.get("/v1/a")).json() == {"n": 1}
        @pytest.mark.anyio
        async def test_anyio(wiretape, anyio_backend):
            async with httpx.AsyncClient() as client:
                assert (await client.get(wiretape.url + "/v1/a")).json() == {"n": 1}
                await client.get(wiretape.url + "/v1/miss")
        @pytest.mark.asyncio
        async def test_transport(wiretape):
            async with httpx.AsyncClient(transport=wiretape.async_transport()) as client:
                assert (await client.get("https://api.aitronos.com/v1/a")).json() == {"n": 1}
                assert (await client.get("https://api.aitronos.com/v1/miss")).status_code == 424
        """,
    )
    project.cassette(test_anyio=[get("/v1/a")])
    # The anyio that there is for Python 3.12 warns under a current pytest.
    quiet = ("-W", "ignore:_pytest.python.CallSpec2 has been renamed")
    done = project.pytest(*quiet, plugins=["pytest_asyncio.plugin", "anyio.pytest_plugin"])
    assert done.counts == {"passed": 1, "failed": 2}, done.out
    assert done.report["totals"]["misses"] == 2
    assert done.report["totals"]["replayed"] == 3


def test_unittest(project: Project, get: Any) -> None:
    """Cases take no arguments: the session is an attribute, and the environment leads to it."""
    project.cassette(
        TestA__test_it=[get("/v1/a")], TestA__test_miss=[get("/v1/a")], TestB=[get("/v1/a", 1), get("/v1/a", 2)]
    )
    project.write(
        "test_it.py",
        """
        import os, unittest, pytest
        from asking import ask
        @pytest.mark.usefixtures("wiretape")
        class TestA(unittest.TestCase):
            def test_it(self):
                assert os.environ["WIRETAPE_URL"] == self.wiretape.url
                self.assertEqual(ask(self.wiretape.url + "/v1/a")[0], 200)
            def test_miss(self):
                self.assertEqual(ask(self.wiretape.url + "/v1/miss")[0], 200)
        @pytest.mark.usefixtures("wiretape_class")
        class TestB(unittest.TestCase):
            def test_1(self): self.assertEqual(ask(self.wiretape_class.url + "/v1/a")[1], {"n": 1})
            def test_2(self): self.assertEqual(ask(os.environ["WIRETAPE_URL"] + "/v1/a")[1], {"n": 2})
        class TestC(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def led(self, wiretape): self.url = wiretape.url
            def test_swallowed(self): ask(self.url + "/v1/miss")
        """,
    )
    done = project.pytest("--wiretape=replay")
    assert done.counts == {"passed": 3, "failed": 2}, done.out
    # Beside the case's own failure, and in the place of none.
    assert done.out.count("\nwiretape: no answer to GET https://api.aitronos.com/v1/miss\n") == 2
    assert "AssertionError: 424 != 200" in done.out


def test_a_child_process_under_xdist(recorded: Project, standin: StandIn) -> None:
    """A command of the test's own is led by its environment, in any worker."""
    recorded.write(
        "test_it.py",
        """
        import subprocess, sys, pytest
        CODE = "import os, asking; print(asking.ask(os.environ['WIRETAPE_URL'] + '/v1/models')[0])"
        @pytest.mark.parametrize("n", range(2))
        def test_it(wiretape, n):
            done = wiretape.run([sys.executable, "-c", CODE], stdout=subprocess.PIPE, text=True)
            assert done.stdout == "200\\n"
        """,
    )
    assert recorded.pytest("-n2", plugins=["xdist"]).code == 0
    standin.stop()
    again = recorded.pytest("-n2", plugins=["xdist"])
    assert (again.code, again.ours) == (0, "replayed 2, in 2 tests\n"), again.out


def test_the_installed_plugin_is_found_by_itself(project: Project) -> None:
    """By its entry point; our own suite keeps it out."""
    project.write("test_it.py", "def test_it(wiretape): assert wiretape.misses == []\n")
    names = ("randomly", "rerunfailures", "anyio", "asyncio", "hypothesispytest", "timeout", "xdist")
    without = [word for name in names for word in ("-p", f"no:{name}")]
    environment = {k: v for k, v in project.environment.items() if k != "PYTEST_DISABLE_PLUGIN_AUTOLOAD"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *without],
        cwd=project.folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
