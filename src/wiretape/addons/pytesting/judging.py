"""How the end of a session becomes the verdict of a test: once, whole, and never instead of the test's own failure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from wiretape.addons.pytesting import verdict
from wiretape.addons.pytesting.facts import plain
from wiretape.addons.pytesting.suite import SUITE
from wiretape.addons.pytesting.words import FACTS

if TYPE_CHECKING:
    from collections.abc import Generator

    from wiretape.addons.pytesting.fixture import Wiretape
    from wiretape.addons.pytesting.suite import Suite

_FAILED: pytest.StashKey[bool] = pytest.StashKey()
_PROPERTIES: Final = ("replayed", "recorded", "misses", "unused")


class Judge:
    """Makes the reports. It comes before those who turn them, so that an expected failure is one for any reason."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add what became of the sessions."""
        report = yield
        if call.when == "setup":
            item.stash[_FAILED] = False
            self._suite.ran.add(item.nodeid)
        if self._suite.live or self._suite.guard is not None:
            self._judge(item, call, report)
        item.stash[_FAILED] = item.stash.get(_FAILED, False) or report.failed
        return report

    def _judge(self, item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
        lines: list[str] = []
        if call.when == "teardown":
            ended = [tape for tape in self._suite.live if tape.facts is not None or tape.nodeid == item.nodeid]
            lines += [line for tape in ended for line in self._ended(tape, report)]
        elif call.when == "call" or report.failed:
            lines += [line for tape in self._suite.live for line in self._missed(tape)]
        if self._suite.guard is not None:
            lines += self._suite.guard.taken()
        if lines:
            _tell(item, call, report, "\n".join(lines))
        if report.failed and (strays := self._suite.new_strays()):
            report.sections.append(("wiretape: asked by an address of no test", "\n".join(strays)))

    def _ended(self, tape: Wiretape, report: pytest.TestReport) -> list[str]:
        """Close a session, and account for what it did not account for yet."""
        self._suite.live.remove(tape)
        if report.failed and tape.problem is None:
            tape.problem = f"{tape.nodeid} failed"
        facts = self._suite.close(tape)
        if facts is None:
            return []
        vars(report).setdefault(FACTS, []).append(plain(facts))
        report.user_properties += [(f"wiretape_{name}", _count(facts[name])) for name in _PROPERTIES]
        lines = self._missed(tape)
        config, place, nodeid = self._suite.config, tape.place, tape.nodeid
        if facts["unused"] and facts["strict"]:
            lines += verdict.unused(config, place, nodeid, facts["unused"])
        # A test that failed knows why its recording is not complete, unless there is more to it.
        why = [*facts["faults"], *([tape.lost] if tape.lost else [])]
        if facts["problem"] is not None and tape.problem is None:
            why = why or [facts["problem"]]
        if why:
            lines += verdict.incomplete(config, place, nodeid, why)
        return lines

    def _missed(self, tape: Wiretape) -> list[str]:
        misses = self._suite.misses(tape)
        new, tape.told = misses[tape.told :], len(misses)
        if not new:
            return []
        opened = tape.opened
        known = opened is not None and opened.known
        notes = opened.run.warnings if opened is not None and opened.run is not None else []
        return verdict.missed(self._suite.config, tape.place, tape.nodeid, new, known=known, notes=notes)


class Witness:
    """Sees the reports as they are in the end: what is recorded during a failure is not to be kept."""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Look at the outcome."""
        report = yield
        if report.failed:
            fixtures: list[str] = getattr(item, "fixturenames", [])
            for tape in item.config.stash[SUITE].live:
                if tape.fixture in fixtures and tape.problem is None:
                    tape.problem = f"{item.nodeid} failed"
        return report


def _tell(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport, text: str) -> None:
    """Fail the test, unless it has failed already: then the account stands beside."""
    if report.failed or item.stash.get(_FAILED, False):
        # Sections of a teardown are shown with the test's failure if their name says so.
        report.sections.append((f"wiretape {call.when}", text))
        return
    call.excinfo = pytest.CallInfo.from_call(lambda: pytest.fail(text, pytrace=False), call.when).excinfo
    failed = pytest.TestReport.from_item_and_call(item, call)
    report.outcome, report.longrepr = failed.outcome, failed.longrepr


def _count(fact: Any) -> int:
    return fact if isinstance(fact, int) else len(fact)
