"""What was collected: tests that are led without asking for it, and the sessions that have a test at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wiretape.addons.pytesting import marks
from wiretape.addons.pytesting.naming import cassette_of, place_of, session_name
from wiretape.addons.pytesting.words import FIXTURES, LED

if TYPE_CHECKING:
    from pathlib import Path

    from wiretape.addons.pytesting.options import Choices
    from wiretape.addons.pytesting.suite import Suite


def lead_marked_tests(items: list[pytest.Item], choices: Choices) -> None:
    """Give tests that are marked, and ask for no session by a fixture, one of their own."""
    for item in items:
        names: list[str] | None = getattr(item, "fixturenames", None)
        if names is None or not marks.is_marked(item, vcr=choices.vcr_marks) or not FIXTURES.isdisjoint(names):
            continue
        item.stash[LED] = True
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

    def whole(self) -> dict[str, list[str]]:
        """The cassettes of modules that were collected whole, each with the sessions that have a test."""
        config = self._suite.config
        if self._broken or config.getoption("lf", default=False) or config.getoption("stepwise", default=False):
            return {}
        parts = {str(argument).partition("::")[0] for argument in config.args if "::" in str(argument)}
        partly = {(config.invocation_params.dir / part).resolve() for part in parts}
        found: dict[str, set[str]] = {}
        for item in self._items:
            if item.path.resolve() in partly:
                continue
            for cassette, names in self._of(item).items():
                found.setdefault(str(cassette), set()).update(names)
        return {cassette: sorted(names) for cassette, names in found.items()}

    def _of(self, item: pytest.Item) -> dict[Path, set[str]]:
        """The module's cassette, and the sessions that *item*, its class and its module may have in it."""
        choices = self._suite.choices
        if choices.layout != "module":
            return {}
        own = cassette_of(item.path, choices, self._suite.config.rootpath)
        names = {session_name(node) for node in item.listchain() if "::" in node.nodeid or node.path == item.path}
        try:
            marked = marks.read(item, vcr=choices.vcr_marks)
        except marks.MarkError:
            return {own: names}
        place = place_of(item, choices, marked)
        return {own: names | ({place.session} if place.cassette == own else set())}
