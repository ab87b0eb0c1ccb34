"""Tests that are marked for pytest-recording, understood on request."""

from __future__ import annotations

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


def test_not_without_being_asked(project: Project) -> None:
    """The marks may be somebody else's."""
    project.ini(markers="vcr: somebody else's")
    project.write("test_it.py", TESTS)
    done = project.pytest()
    assert done.counts == {"failed": 2}
    assert "KeyError" in done.out
