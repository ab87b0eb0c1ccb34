"""The pytest plugin: every test a session of its own, replayed in this process, recorded by one process for all.

It is imported by every run of pytest where wiretape is installed, so it imports pytest and the standard library alone;
the rest comes when a test first asks for it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wiretape.addons.pytesting import marks, options
from wiretape.addons.pytesting.collecting import Collected, lead_marked_tests
from wiretape.addons.pytesting.fixture import Wiretape
from wiretape.addons.pytesting.judging import Judge, Witness
from wiretape.addons.pytesting.ledger import Ledger
from wiretape.addons.pytesting.suite import SUITE, Suite

if TYPE_CHECKING:
    from collections.abc import Generator

    from wiretape.addons.pytesting.address import Address

__all__ = ["Wiretape", "wiretape", "wiretape_address", "wiretape_class", "wiretape_module", "wiretape_session"]

_MEETING = "wiretape_meeting"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add our options."""
    options.add_to(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Read what was chosen; nothing is started."""
    choices = options.read(config)
    config.addinivalue_line("markers", f"{marks.SIGNATURE}: record this test's HTTP, and replay it")
    if choices.vcr_marks:
        config.addinivalue_line("markers", f"{marks.VCR_MARK}: the same, as pytest-recording words it")
    worker: dict[str, Any] | None = getattr(config, "workerinput", None)
    meeting = worker.get(_MEETING) if worker else None
    suite = config.stash[SUITE] = Suite(config, choices, Path(meeting) if meeting else None)
    collected = suite.collected = Collected(suite)
    for part in (Judge(suite), Witness(), collected, Ledger(suite, collected)):
        config.pluginmanager.register(part)
    if choices.block_network:
        from wiretape.addons.pytesting.network import Guard

        suite.guard = Guard(suite, choices)
        suite.guard.install()
        config.pluginmanager.register(suite.guard)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where the recorder is to be met."""
    suite = node.config.stash[SUITE]
    if suite.choices.mode != "replay":
        node.workerinput[_MEETING] = str(suite.engines.leading().folder)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that are marked need not ask for the fixture."""
    lead_marked_tests(items, config.stash[SUITE].choices)


@pytest.fixture
def wiretape(request: pytest.FixtureRequest) -> Generator[Wiretape]:
    """A session of this test's own: `.url` and `.proxy` for the code under test, and more."""
    tape = request.config.stash[SUITE].begin(request, "wiretape")
    yield tape
    # What other fixtures ask for in their teardown belongs to the test too, so the session ends after all of them.
    tape.restore()


@pytest.fixture(scope="session")
def wiretape_address(request: pytest.FixtureRequest) -> Address:
    """One address for the whole run, for clients that outlive a test: each test finds its own session there."""
    return request.config.stash[SUITE].standing()


@pytest.fixture(scope="class")
def wiretape_class(request: pytest.FixtureRequest) -> Generator[Wiretape]:
    """One session for all tests of a class."""
    yield from _shared(request, "wiretape_class")


@pytest.fixture(scope="module")
def wiretape_module(request: pytest.FixtureRequest) -> Generator[Wiretape]:
    """One session for all tests of a module."""
    yield from _shared(request, "wiretape_module")


@pytest.fixture(scope="session")
def wiretape_session(request: pytest.FixtureRequest) -> Generator[Wiretape]:
    """One session for the whole run."""
    yield from _shared(request, "wiretape_session")


def _shared(request: pytest.FixtureRequest, name: str) -> Generator[Wiretape]:
    suite = request.config.stash[SUITE]
    tape = suite.begin(request, name)
    yield tape
    suite.close_shared(tape)
