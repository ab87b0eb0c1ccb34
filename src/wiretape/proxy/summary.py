"""What became of a run, and the code to exit with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from wiretape.proxy.decide.misses import Miss
    from wiretape.proxy.decide.modes import Mode
    from wiretape.proxy.settings import Settings
    from wiretape.store.interaction import Interaction

_EXIT_FAILED = 1
_EXIT_FAULT = 2


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a run.

    Attributes:
        mode: what was done; never `once`.
        session: the name under which the session now stands.
        recorded: how many interactions were recorded.
        secrets: how many values, each counted once, were replaced in them.
        served: how many answers came from the cassette, `repeats` of them once more.
        passed: how many requests went live without being kept.
        misses: requests without an answer.
        unused: recorded interactions nobody asked for.
        unreachable: what could not be reached upstream, and why.
        defects: what we did wrong; the client's answers were not touched by it.
        findings: what was recorded and would not be replayed as it was, a line each.
        silent: rules of the user's for redaction that never did anything.
        problem: why the session is incomplete; None where it is not.
    """

    settings: Settings
    mode: Mode
    session: str
    recorded: int
    secrets: int
    served: int
    repeats: int
    passed: int
    misses: list[Miss]
    unused: list[Interaction]
    unreachable: list[str]
    defects: list[str]
    findings: list[str]
    silent: list[str]
    problem: str | None

    def exit_code(self, command: int) -> int:
        """The code to exit with, where the command's own was *command* (0 without one)."""
        if command:
            return command
        if self.unreachable:
            return _EXIT_FAULT
        failed = self.misses or self.defects or self.findings or (self.settings.strict and self.unused)
        return _EXIT_FAILED if failed else 0
