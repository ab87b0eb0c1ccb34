"""What was collected: tests that are led without asking for it, and the sessions that have a test at all."""

from __future__ import annotations

import fnmatch
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wiretape.addons.pytesting import marks, sharing
from wiretape.addons.pytesting.naming import cassette_of
from wiretape.addons.pytesting.orphans import find
from wiretape.addons.pytesting.words import FIXTURES, LED

if TYPE_CHECKING:
    from wiretape.addons.pytesting.options import Choices
    from wiretape.addons.pytesting.suite import Suite


def lead_marked_tests(items: list[pytest.Item], choices: Choices) -> None:
    """Give tests that are marked, and ask for no session by a fixture, one of their own."""
    for item in items:
        names: list[str] | None = getattr(item, "fixturenames", None)
        if names is None or "wiretape" in names:
            continue
        stands = "wiretape_address" in names
        if not stands and (not marks.is_marked(item, vcr=choices.vcr_marks) or not FIXTURES.isdisjoint(names)):
            continue
        item.stash[LED] = not stands
        # Parametrised tests share the list.
        vars(item)["fixturenames"] = _with_ours(item, names)


def _with_ours(item: Any, names: list[str]) -> list[str]:
    """Before all fixtures that are made for each test, after those that outlive it."""
    info: dict[str, Any] = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    own = [name for name in names if name in info and info[name][-1].scope == "function"]
    at = names.index(own[0]) if own else len(names)
    return [*names[:at], "wiretape", *names[at:]]


class Collected:
    """Keeps what was collected, before anything is deselected."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        self._items: list[pytest.Item] = []
        self._broken = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Remember the tests."""
        self._items = list(items)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Where collecting failed, nobody knows what tests there are."""
        self._broken = self._broken or report.failed

    def missing(self, nodeid: str, fixture: str, ran: set[str]) -> str | None:
        """Why not all tests that share a session were run here; None where they were.

        Args:
            nodeid: of the class, the module, or the run (empty).
            fixture: by which the tests share it.
            ran: those that were run.
        """
        below = f"{nodeid}::" if nodeid else ""
        own = [item for item in self._items if item.nodeid.startswith(below)]
        left = [item.nodeid for item in own if fixture in getattr(item, "fixturenames", ()) and item.nodeid not in ran]
        if left:
            return f"of the tests that share it, {len(left)} were not run, such as {left[0]}"
        named = any(self._nodeid(argument).startswith(below) for argument in self._arguments())
        return "only some of the tests that share it were named" if named or self._selects() else None

    def whole(self) -> dict[str, list[str]]:
        """The cassettes of modules that were collected whole, each with the sessions that have a test.

        A cassette is left out where a test that was not collected may use it.
        """
        if self._broken or self._selects() or self._suite.choices.layout != "module":
            return {}
        choices, config = self._suite.choices, self._suite.config
        partly = {self._file(argument) for argument in self._arguments()}
        modules = {item.path for item in self._items if item.path not in partly}
        try:
            used = sharing.sessions_used(self._items, choices)
        except marks.MarkError:
            return {}
        own = {cassette_of(module, choices, config.rootpath) for module in modules}
        judged = [cassette for cassette in {*own, *self._abandoned(modules)} if cassette.exists()]
        found = {str(cassette): sorted(used.get(sharing.same(cassette), ())) for cassette in judged}
        orphans = [Path(cassette) for cassette in find(found)]
        for cassette in sharing.in_doubt(orphans, config, modules) if orphans else ():
            del found[str(cassette)]
        return found

    def _selects(self) -> bool:
        """Whether another plugin leaves tests out already while it collects."""
        return any(self._suite.config.getoption(name, default=False) for name in ("lf", "stepwise"))

    def _arguments(self) -> list[str]:
        """Those that name a part of a file."""
        return [str(argument) for argument in self._suite.config.args if "::" in str(argument)]

    def _file(self, argument: str) -> Path:
        return Path(os.path.normpath(self._suite.config.invocation_params.dir / argument.partition("::")[0]))

    def _nodeid(self, argument: str) -> str:
        file = os.path.relpath(self._file(argument), self._suite.config.rootpath)
        return f"{Path(file).as_posix()}::{argument.partition('::')[2]}"

    def _abandoned(self, modules: set[Path]) -> list[Path]:
        """Cassettes whose module is gone, in folders of which every module was collected whole."""
        config = self._suite.config
        patterns: list[str] = config.getini("python_files")
        if Path(self._suite.choices.folder).is_absolute():
            return []
        named = {Path(mark.kwargs["cassette"]).name for item in self._items for mark in _naming(item)}
        found: list[Path] = []
        for folder in {module.parent for module in modules}:
            there = {file for pattern in patterns for file in folder.glob(pattern)}
            if there <= modules:
                for cassette in (folder / self._suite.choices.folder).glob("*.cassette"):
                    module = folder / f"{cassette.stem}.py"
                    is_ours = any(fnmatch.fnmatch(module.name, pattern) for pattern in patterns)
                    if is_ours and not module.exists() and cassette.name not in named:
                        found.append(cassette)
        return found


def _naming(item: pytest.Item) -> list[pytest.Mark]:
    return [mark for mark in item.iter_markers(marks.MARK) if mark.kwargs.get("cassette")]
