"""The account of a run: gathered from all tests, written as JSON, and told at the end."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any, Final

import pytest

from wiretape.addons.pytesting import verdict
from wiretape.addons.pytesting.words import FACTS

if TYPE_CHECKING:
    from wiretape.addons.pytesting.collecting import Collected
    from wiretape.addons.pytesting.suite import Suite

_FROM_WORKER: Final = "wiretape"
_FIRST: Final = "gw0"
_LISTED: Final = 20


class Ledger:
    """Keeps the account, in the process that leads the run; those of its workers send theirs there."""

    def __init__(self, suite: Suite, collected: Collected) -> None:
        self._suite = suite
        self._collected = collected
        self._whole: dict[str, list[str]] = {}
        self._facts: dict[str, dict[str, Any]] = {}
        self._strays: list[str] = []
        self._orphans: dict[str, list[str]] = {}
        self._pruned = 0
        self._unpruned: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take down what became of a test's sessions; of a test that is run again, the last time counts."""
        if report.when == "setup":
            self._facts.pop(report.nodeid, None)
        for facts in getattr(report, FACTS, ()):
            self._facts[facts["nodeid"]] = facts

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a worker of pytest-xdist kept."""
        sent: dict[str, Any] = getattr(node, "workeroutput", {}).get(_FROM_WORKER, {})
        self._strays += sent.get("strays", [])
        self._whole |= sent.get("whole", {})

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """End what runs, and make up the account."""
        for tape in list(self._suite.live):
            tape.problem = tape.problem or "the run was interrupted"
            self._suite.close(tape)
        self._strays += self._suite.strays()
        self._strays += self._suite.engines.end()
        output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
        if output is not None:
            # All workers collect the same.
            first = session.config.workerinput["workerid"] == _FIRST  # type: ignore[attr-defined]
            output[_FROM_WORKER] = {"strays": self._strays, "whole": self._collected.whole() if first else {}}
            return
        if self._strays and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        self._make_up()

    def _make_up(self) -> None:
        from wiretape.addons.pytesting.orphans import find, prune

        choices = self._suite.choices
        if self._facts or choices.prune:
            self._orphans = find(self._whole or self._collected.whole())
            if choices.prune:
                self._pruned, self._unpruned = prune(self._orphans)
        if choices.report is not None:
            choices.report.parent.mkdir(parents=True, exist_ok=True)
            choices.report.write_text(json.dumps(self._document(), indent=2, ensure_ascii=False) + "\n", "utf-8")

    def _document(self) -> dict[str, Any]:
        from wiretape import __version__

        tests = {nodeid: self._facts[nodeid] for nodeid in sorted(self._facts)}
        return {
            "wiretape": __version__,
            "mode": self._suite.choices.mode,
            "totals": self._totals(),
            "tests": tests,
            "orphans": self._orphans,
            "strays": self._strays,
        }

    def _totals(self) -> dict[str, int]:
        every = list(self._facts.values())
        return {
            "tests": len(every),
            "replayed": sum(facts["replayed"] for facts in every),
            "recorded": sum(facts["recorded"] for facts in every),
            "passed": sum(facts["passed"] for facts in every),
            "misses": sum(len(facts["misses"]) for facts in every),
            "unused": sum(len(facts["unused"]) for facts in every),
        }

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell it."""
        lines = [*self._told_of_tests(), *self._told_of_rest()]
        if lines:
            terminalreporter.section("wiretape")
            for line in lines:
                terminalreporter.line(line)

    def _told_of_tests(self) -> list[str]:
        if not self._facts:
            return []
        from wiretape.store.wording import count

        totals = self._totals()
        did = [f"{word} {totals[word]}" for word in ("replayed", "recorded", "passed") if totals[word]]
        lines = [f"{', '.join(did) or 'nothing was asked'}, in {count(totals['tests'], 'test')}"]
        config = self._suite.config
        missing = [facts for facts in self._facts.values() if facts["misses"]]
        left = [facts for facts in self._facts.values() if facts["unused"]]
        empty = [facts for facts in self._facts.values() if facts["mode"] == "record" and not facts["recorded"]]
        kept = [facts for facts in self._facts.values() if facts["problem"] and facts["recorded"]]
        lines += _listed(
            f"without an answer: {totals['misses']}",
            [f"{len(f['misses'])} in {verdict.here(config, f['nodeid'])}" for f in missing],
            verdict.again(config, [f["nodeid"] for f in missing], "auto"),
        )
        lines += _listed(
            f"recorded, but not asked for: {totals['unused']}",
            [f"{len(f['unused'])} in {verdict.here(config, f['nodeid'])}" for f in left],
            verdict.again(config, [f["nodeid"] for f in left], "record"),
        )
        lines += _listed(
            f"recorded while nobody asked: {count(len(empty), 'test')}",
            [verdict.here(config, f["nodeid"]) for f in empty],
            "have the code under test use wiretape.url, or wiretape.proxy",
        )
        lines += _listed(
            f"kept as incomplete: {count(len(kept), 'recording')}",
            [
                f"{verdict.here(config, f['nodeid'])}: {f['problem']}; to use it all the same: {self._adopting(f)}"
                for f in kept
            ],
            verdict.again(config, [f["nodeid"] for f in kept], "record"),
        )
        return lines

    def _adopting(self, facts: dict[str, Any]) -> str:
        cassette = verdict.shown(self._suite.config, facts["cassette"])
        return shlex.join(["wiretape", "adopt", facts["session"], "-c", cassette])

    def _told_of_rest(self) -> list[str]:
        config = self._suite.config
        gone = sum(map(len, self._orphans.values()))
        did = f"sessions of tests that are gone, removed: {self._pruned}"
        lines = _listed(
            did if self._pruned else f"sessions of tests that are gone: {gone}",
            [f"{name!r} in {verdict.shown(config, path)}" for path, names in self._orphans.items() for name in names],
            "" if self._pruned else "pytest --wiretape-prune (removes them)",
        )
        lines += _listed("not removed:", self._unpruned, "")
        lines += _listed(
            f"asked by an address of no test, so the run fails: {len(self._strays)}",
            self._strays,
            "ask for the address anew in each test, or take that of wiretape_address, which lasts",
        )
        return lines


def _listed(title: str, lines: list[str], mend: str) -> list[str]:
    if not lines:
        return []
    more = [f"  … and {len(lines) - _LISTED} more"] if len(lines) > _LISTED else []
    return [title, *(f"  {line}" for line in lines[:_LISTED]), *more, *([f"  mend: {mend}"] if mend else [])]
