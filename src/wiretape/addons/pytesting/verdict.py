"""What a test is told when its session was not what it asked for: the whole account, and the command that mends it."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pytest

    from wiretape.addons.pytesting.naming import Place
    from wiretape.proxy.decide.misses import Miss

# A loop that misses a thousand times is understood from its beginning.
_IN_FULL: Final = 5
_LISTED: Final = 20


def command(config: pytest.Config, nodeid: str, mode: str) -> str:
    """The command that runs a test again in another mode."""
    return f"pytest --wiretape={mode} {shlex.quote(here(config, nodeid))}".rstrip()


def again(config: pytest.Config, nodeids: Sequence[str], mode: str) -> str:
    """The command that runs several tests again, or all where they are too many to be named."""
    few = nodeids if len(nodeids) <= _IN_FULL else ()
    return " ".join([f"pytest --wiretape={mode}", *(shlex.quote(here(config, nodeid)) for nodeid in few)])


def here(config: pytest.Config, nodeid: str) -> str:
    """A node id as it is named from the folder in which pytest was called."""
    file, colons, rest = nodeid.partition("::")
    return f"{shown(config, config.rootpath / file)}{colons}{rest}" if file else ""


def shown(config: pytest.Config, path: Path | str) -> str:
    """A path as it is shortest from the folder in which pytest was called."""
    return os.path.relpath(path, config.invocation_params.dir)


def mend(config: pytest.Config, nodeid: str) -> str:
    """What mends a miss."""
    return f"{command(config, nodeid, 'auto')} (records what is missing)"


def missed(
    config: pytest.Config, place: Place, nodeid: str, misses: Sequence[Miss], *, known: bool, notes: Sequence[str] = ()
) -> list[str]:
    """The account of requests that got no answer.

    Args:
        config: of the run.
        place: where an answer was looked for.
        nodeid: the test.
        misses: the requests; one at least.
        known: whether there is such a session at all.
        notes: what else a person should know of it.
    """
    from wiretape.store.wording import count

    more = f", nor to {count(len(misses) - 1, 'more request')}" if len(misses) > 1 else ""
    lines = [f"wiretape: no answer to {misses[0].request}{more}", f"  in {_named(config, place)}"]
    if not known:
        lines.append("  there is no such session: the test was never recorded, or under another name")
    lines += [f"  {note}" for note in notes]
    for miss in misses[:_IN_FULL]:
        lines += [f"  {line}" for line in _account(miss)]
    lines += [f"  {miss.lines()[0]}" for miss in misses[_IN_FULL:_LISTED]]
    if len(misses) > _LISTED:
        lines.append(f"  … and {len(misses) - _LISTED} more")
    anew = command(config, nodeid, "record")
    return [*lines, f"  mend: {mend(config, nodeid)}", f"    or: {anew} (records all of the test anew)"]


def _account(miss: Miss) -> list[str]:
    """The account of one request, without what mends all of them, which is said once."""
    lines = [line for line in miss.lines() if not line.startswith("  mend:")]
    if miss.kind == "failure":
        return [*lines, f"  mend: {miss.mend}"]
    if "--intercept" in miss.mend:
        return [*lines, "  mend: name the host under `intercept` in wiretape.toml or [tool.wiretape] first"]
    return lines


def unused(config: pytest.Config, place: Place, nodeid: str, left: Sequence[dict[str, Any]]) -> list[str]:
    """The account of recorded interactions that nobody asked for."""
    from wiretape.store.wording import count

    lines = [
        f"wiretape: {count(len(left), 'recorded interaction')} not asked for, and the test is strict",
        f"  in {_named(config, place)}",
    ]
    lines += [f"  {found['interaction']} {found['method']} {found['path']}" for found in left[:_LISTED]]
    if len(left) > _LISTED:
        lines.append(f"  … and {len(left) - _LISTED} more")
    return [*lines, f"  mend: {command(config, nodeid, 'record')} (records all of the test anew)"]


def incomplete(config: pytest.Config, place: Place, nodeid: str, why: Sequence[str]) -> list[str]:
    """The account of a session that is not to be relied on."""
    return [
        f"wiretape: not all went well: {why[0]}",
        *(f"  {line}" for line in why[1:_LISTED]),
        f"  in {_named(config, place)}",
        f"  mend: {command(config, nodeid, 'record')}",
    ]


def _named(config: pytest.Config, place: Place) -> str:
    return f"session {place.session!r} of {shown(config, place.cassette)}"
