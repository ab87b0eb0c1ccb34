"""One run of pytest in one process: which test has which session, and what became of it."""

from __future__ import annotations

import secrets
import unittest
from typing import TYPE_CHECKING, Any

import pytest

from wiretape.addons.pytesting import marks, verdict
from wiretape.addons.pytesting.engines import Engines, Order
from wiretape.addons.pytesting.fixture import Wiretape
from wiretape.addons.pytesting.naming import imported_name, place_of
from wiretape.addons.pytesting.words import LED

if TYPE_CHECKING:
    from pathlib import Path

    from wiretape.addons.pytesting.address import Address
    from wiretape.addons.pytesting.collecting import Collected
    from wiretape.addons.pytesting.marks import Marked
    from wiretape.addons.pytesting.naming import Place
    from wiretape.addons.pytesting.network import Guard
    from wiretape.addons.pytesting.options import Choices
    from wiretape.addons.pytesting.recording import Recorded
    from wiretape.addons.pytesting.replaying import Replayed
    from wiretape.proxy.decide.misses import Miss


class Suite:
    """What is shared by the tests of a process.

    Attributes:
        choices: what was chosen for the run.
        engines: what answers the tests.
        live: the sessions that are not over yet, or not accounted for.
        guard: who keeps this process from the network; None where nobody does.
        collected: what tests there are.
        ran: the tests that were run in this process.
    """

    def __init__(self, config: pytest.Config, choices: Choices, meeting: Path | None = None) -> None:
        """Begin a run.

        Args:
            config: of the run.
            choices: what was chosen.
            meeting: the folder of the process that leads the run; None where this is it.
        """
        self.config = config
        self.choices = choices
        self.live: list[Wiretape] = []
        self.guard: Guard | None = None
        self.collected: Collected | None = None
        self.ran: set[str] = set()
        self.engines = Engines(config, choices, meeting)
        self._strays = 0
        self._standing: str | None = None
        self._owners: dict[str, str] = {}

    def standing(self) -> Address:
        """The one address of this process under which every test from now on finds its own session."""
        from wiretape.store.errors import WiretapeError

        self._standing = self._standing or _new_label()
        try:
            return self.engines.address(self._standing)
        except WiretapeError as error:
            why = str(error)
        pytest.fail(f"wiretape: {why}", pytrace=False)

    def begin(self, request: pytest.FixtureRequest, fixture: str) -> Wiretape:
        """The session of a test, a class, a module or the run; it fails the test where its marks are off."""
        node: Any = request.node
        marked = self._marked(node)
        place = self._place(node, marked)
        label = self._standing if fixture == "wiretape" and self._standing else _new_label()
        self._owners[label] = node.nodeid
        order = Order(node.nodeid, place, marked, label, label == self._standing)
        tape = Wiretape(fixture, node.nodeid, place, lambda: self._open(order))
        self.live.append(tape)
        _give(request, tape)
        if self._is_led(node, marked, fixture):
            tape.environ()
        if order.stands:
            # Nobody has to ask this one for its address.
            tape.open()
        return tape

    def _open(self, order: Order) -> Replayed | Recorded:
        """Open a session; where that cannot be, the test fails."""
        from wiretape.store.errors import WiretapeError

        try:
            return self.engines.open(order)
        except WiretapeError as error:
            why = str(error)
        pytest.fail(f"wiretape: {verdict.here(self.config, order.nodeid)}: {why}", pytrace=False)

    def _place(self, node: Any, marked: Marked) -> Place:
        """The session of a test; where tests are marked for pytest-recording, the one imported from its file counts."""
        place = place_of(node, self.choices, marked)
        if self.choices.vcr_marks:
            from wiretape.addons.pytesting.looking import is_complete

            imported = place._replace(session=imported_name(place.session))
            if imported != place and not is_complete(place) and is_complete(imported):
                return imported
        return place

    def _marked(self, node: Any) -> Marked:
        try:
            return marks.read(node, vcr=self.choices.vcr_marks)
        except marks.MarkError as error:
            why = str(error)
        pytest.fail(why, pytrace=False)

    def _is_led(self, node: Any, marked: Marked, fixture: str) -> bool:
        """Whether the environment of this process is to lead to the session."""
        if marked.environ is not None:
            return marked.environ
        used = any(fixture in mark.args for mark in node.iter_markers("usefixtures"))
        return self.choices.environ or used or bool(node.stash.get(LED, False))

    def close(self, tape: Wiretape) -> dict[str, Any] | None:
        """End a session; the facts of it, None where nobody asked for it."""
        from wiretape.addons.pytesting.facts import facts_of

        return facts_of(tape)

    def close_shared(self, tape: Wiretape) -> None:
        """End a session of several tests; what only some of them recorded is not to take the place of it all."""
        opened = tape.opened
        recorded = opened is not None and opened.mode == "record"
        if recorded and tape.problem is None and self.collected is not None:
            missing = self.collected.missing(tape.nodeid, tape.fixture, self.ran)
            if missing:
                tape.problem = f"{missing}; run all of them in one process to record it (with pytest-xdist: -n0)"
        self.close(tape)

    def misses(self, tape: Wiretape) -> list[Miss]:
        """The requests of a session that got no answer so far; of one that is recorded, once it is over."""
        if tape.facts is not None:
            return list(tape.facts["misses"])
        opened = tape.opened
        return opened.misses() if opened is not None and opened.mode == "replay" else []

    def new_strays(self) -> list[str]:
        """What was asked by addresses of no test since this was last asked, a line each."""
        strays = self.strays()
        new, self._strays = strays[self._strays :], len(strays)
        return new

    def strays(self) -> list[str]:
        """What was asked by addresses of no test, a line each."""
        return [f"{miss.request}: {self._whose(miss.detail)}" for miss in self.engines.strays()]

    def _whose(self, detail: str) -> str:
        over = [nodeid for label, nodeid in self._owners.items() if label in detail]
        if over:
            return f"by the address of {verdict.here(self.config, over[0])}, which is over"
        return detail if "no session is open" in detail else "by the proxy's own address, not that of a session"


def _give(request: pytest.FixtureRequest, tape: Wiretape) -> None:
    """Tests of `unittest` take no arguments: theirs is an attribute of the case."""
    given: Any = request
    if given.scope not in ("function", "class") or not issubclass(given.cls or object, unittest.TestCase):
        return
    if given.scope == "class":
        setattr(given.cls, tape.fixture, tape)
    else:
        vars(request.instance)[tape.fixture] = tape


def _new_label() -> str:
    """A label that nobody can have known before."""
    return f"_{secrets.token_hex(8)}"


SUITE: pytest.StashKey[Suite] = pytest.StashKey()
"""Where the run's suite is kept."""
