"""Tests that are marked for pytest-recording, understood on request."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.addons.pytesting.conftest import Project

TESTS = """
import os, pytest
from asking import ask
@pytest.mark.vcr
def test_it(): assert ask(os.environ["WIRETAPE_URL"] + "/v1/a")[0] == 200
@pytest.mark.vcr("ignored.yaml", record_mode="none", filter_headers=["authorization"])
def test_none(): assert ask(os.environ["WIRETAPE_URL"] + "/v1/miss")[0] == 424
"""


def test_vcr_marks(project: Project, get: Any) -> None:
    """The environment leads the process to the session; `record_mode` is understood, filters are not needed."""
    project.ini(wiretape_vcr_marks="true")
    project.cassette(test_it=[get("/v1/a")])
    project.write("test_it.py", TESTS)
    done = project.pytest("--strict-markers")
    assert done.counts == {"passed": 1, "failed": 1}, done.out
    assert "no answer to GET https://api.aitronos.com/v1/miss" in done.out


def test_what_was_imported(project: Project, get: Any) -> None:
    """Sessions named as pytest-recording names its files are those of the same tests, and no orphans."""
    project.ini(wiretape_vcr_marks="true")
    project.cassette(**{"TestC.test_m[a-b-c]": [get("/v1/a")]})
    project.write(
        "test_it.py",
        """
        import os, pytest
        from asking import ask
        class TestC:
            @pytest.mark.vcr
            @pytest.mark.parametrize("p", ["a/b:c"])
            def test_m(self, p): assert ask(os.environ["WIRETAPE_URL"] + "/v1/a")[0] == 200
        """,
    )
    done = project.pytest()
    assert (done.code, done.ours) == (0, "replayed 1, in 1 test\n"), done.out


FILE = """
interactions:
- request: {body: "", headers: {}, method: GET, uri: "https://api.example.com/v1/a?x=1"}
  response:
    body: {string: '{"n": 1}'}
    headers: {Content-Type: [application/json]}
    status: {code: 200, message: OK}
version: 1
"""


def test_the_whole_way_from_pytest_recording(project: Project) -> None:
    """Its files imported, its marks kept, its code untouched: clients find the proxy and the CA in the environment."""
    project.ini(wiretape_vcr_marks="true")
    files = [
        str(project.write(f"cassettes/test_it/{name}.yaml", FILE)) for name in ("TestC.test_httpx", "test_requests")
    ]
    line = [sys.executable, "-m", "wiretape", "import", "-c", "cassettes/test_it.cassette", *files]
    subprocess.run(line, cwd=project.folder, env=project.environment, check=True, capture_output=True)
    project.write(
        "test_it.py",
        """
        import httpx, pytest, requests
        class TestC:
            @pytest.mark.vcr
            def test_httpx(self): assert httpx.get("https://api.example.com/v1/a?x=1").json() == {"n": 1}
        @pytest.mark.vcr
        def test_requests(): assert requests.get("https://api.example.com/v1/a?x=1").json() == {"n": 1}
        """,
    )
    done = project.pytest("--wiretape-block-network", "--wiretape=replay")
    assert (done.code, done.ours) == (0, "replayed 2, in 2 tests\n"), done.out


def test_not_without_being_asked(project: Project) -> None:
    """The marks may be somebody else's."""
    project.ini(markers="vcr: somebody else's")
    project.write("test_it.py", TESTS)
    done = project.pytest()
    assert done.counts == {"failed": 2}
    assert "KeyError" in done.out
