"""Does the suite notice when something breaks? Each mutation is a small wrong change; some test has to fail for it.

Run it by hand after changes to what decides: `python scripts/mutations.py [NAME…]`. It works on a copy, takes some
minutes, and exits 1 if a mutation survives.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
SOURCE = Path("src/wiretape")
LEFT_OUT = (".git", ".venv", "build", "dist", "__pycache__", ".*_cache", ".hypothesis")


class Mutation(NamedTuple):
    """A wrong change: in *file*, *old* (which stands there once) becomes *new*; *tests* are to notice."""

    file: str
    old: str
    new: str
    tests: str


DECIDE = "tests/proxy/decide tests/proxy/test_run.py tests/proxy/test_runs.py"
MUTATIONS = {
    "a cursor that stays": Mutation(
        "proxy/decide/player.py", "self._cursors[match_key] += 1", "self._cursors[match_key] += 0", DECIDE
    ),
    "a refusal that consumes": Mutation(
        "proxy/decide/player.py",
        "self._cursors[match_key] -= 1  # a refusal",
        "self._cursors[match_key] -= 0  # a refusal",
        DECIDE,
    ),
    "a cycle that repeats": Mutation("proxy/decide/player.py", "consumed % len(answers)", "-1", DECIDE),
    "bearers who are not told apart": Mutation(
        "proxy/decide/player.py", "place = bearer.first(order, turn)", "place = turn", DECIDE
    ),
    "a key without the body": Mutation("proxy/decide/matching.py", "(form) + form.body", "(form)", DECIDE),
    "a key without the query": Mutation("proxy/decide/matching.py", "{_joined(form.query)}", "", DECIDE),
    "a key without the host": Mutation(
        "proxy/decide/matching.py", "{len(identity)}:{identity}", "", "tests/proxy/decide"
    ),
    "1.0 is not 1": Mutation("proxy/decide/jsonform.py", "return int(exact)", "return value", "tests/proxy/decide"),
    "numbers that no double holds": Mutation(
        "proxy/decide/jsonform.py", "raise _InexactError(text)", "return value", "tests/proxy/decide"
    ),
    "replay lets the unknown go live": Mutation(
        "proxy/decide/modes.py",
        "Mode.REPLAY: {Found.FOUND: Action.ANSWER, Found.SPENT: Action.SPEND, Found.UNKNOWN: Action.REFUSE}",
        "Mode.REPLAY: {Found.FOUND: Action.ANSWER, Found.SPENT: Action.SPEND, Found.UNKNOWN: Action.PASS}",
        DECIDE,
    ),
    "auto answers nothing": Mutation(
        "proxy/decide/modes.py",
        "Mode.AUTO: {Found.FOUND: Action.ANSWER",
        "Mode.AUTO: {Found.FOUND: Action.KEEP",
        DECIDE,
    ),
    "auto does not record what is spent": Mutation(
        "proxy/decide/modes.py",
        "Mode.AUTO: {Found.FOUND: Action.ANSWER, Found.SPENT: Action.KEEP",
        "Mode.AUTO: {Found.FOUND: Action.ANSWER, Found.SPENT: Action.PASS",
        DECIDE,
    ),
    "live records": Mutation(
        "proxy/decide/modes.py", "Mode.LIVE: {Found.FOUND: Action.PASS", "Mode.LIVE: {Found.FOUND: Action.KEEP", DECIDE
    ),
    "a miss that the SDK retries": Mutation("proxy/decide/misses.py", "STATUS = 424", "STATUS = 503", DECIDE),
    "misses that end well": Mutation("proxy/summary.py", "failed = self.misses or ", "failed = ", DECIDE),
    "a command's code that is lost": Mutation("proxy/runs.py", "return command\n", "return 0\n", DECIDE),
    "other sessions' misses do not count": Mutation(
        "proxy/runs.py", "for summary in summaries}", "for summary in summaries[:1]}", DECIDE
    ),
    "sessions that are one": Mutation(
        "proxy/runs.py", "found = self._open.get(label)", "found = self.default", "tests/proxy/test_runs.py"
    ),
    "prefixes that stay": Mutation(
        "proxy/decide/belonging.py",
        "rest = target[found.end() :]",
        "rest = target",
        "tests/proxy/decide/test_belonging.py",
    ),
    "no self-check": Mutation("proxy/run.py", "findings = self._checked()", "findings: list[str] = []", DECIDE),
    "a digest that nobody compares": Mutation(
        "store/cassette.py", "if digest is not None and found.hexdigest() != digest:", "if False:", "tests/store"
    ),
    "ends before the commit": Mutation(
        "addons/mitm/traffic.py",
        "flow.metadata[HELD] = visit.tee.held",
        "flow.metadata[HELD] = b''",
        "tests/functional/test_survival.py tests/functional/test_main_job.py",
    ),
    "the first lock": Mutation(
        "addons/mitm/layers.py",
        'elif flow is None or LIVE in flow.metadata or flow.request.method == "CONNECT":',
        "elif True:",
        "tests/addons/mitm tests/conformance/test_side_by_side.py",
    ),
}


def passes(tests: str, mutation: Mutation | None = None) -> bool:
    """Whether *tests* pass on a copy, with a *mutation* or as it is."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as name:
        copy = Path(name, "copy")
        shutil.copytree(ROOT, copy, symlinks=True, ignore=shutil.ignore_patterns(*LEFT_OUT))
        if mutation is not None:
            mutate(copy / SOURCE / mutation.file, mutation)
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-n2", *tests.split()]
        environment = os.environ | {"PYTHONPATH": str(copy / "src")}
        return subprocess.run(command, cwd=copy, env=environment, capture_output=True, check=False).returncode == 0


def mutate(file: Path, mutation: Mutation) -> None:
    """Make the wrong change."""
    text = file.read_text()
    if text.count(mutation.old) != 1:
        sys.exit(f"{mutation.file}: {mutation.old!r} stands there {text.count(mutation.old)} times, not once")
    file.write_text(text.replace(mutation.old, mutation.new))


def main() -> None:
    """Try those that are named, or all."""
    chosen = [(name, MUTATIONS[name]) for name in sys.argv[1:] or MUTATIONS]
    for tests in {mutation.tests for _, mutation in chosen}:
        if not passes(tests):
            sys.exit(f"{tests}: fails without any mutation")
    survived = 0
    for name, mutation in chosen:
        found = passes(mutation.tests, mutation)
        print(f"{'SURVIVED' if found else 'noticed '}  {name}", flush=True)
        survived += found
    sys.exit(f"{survived} survived" if survived else 0)


if __name__ == "__main__":
    main()
