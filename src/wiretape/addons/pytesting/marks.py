"""What `@pytest.mark.wiretape(…)` says of a test, its class or its module; the nearest counts."""

from __future__ import annotations

import dataclasses
import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from wiretape.addons.pytesting.options import MODES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pytest

MARK: Final = "wiretape"
VCR_MARK: Final = "vcr"
_SPENT: Final = ("miss", "repeat", "cycle")
# The word of VCR.py, and ours.
_VCR_MODES: Final = {
    "none": "replay",
    "once": "once",
    "new_episodes": "auto",
    "all": "record",
    "rewrite": "record",
    "any": "auto",
}


class MarkError(ValueError):
    """The marker's words are off; the text says which."""


@dataclasses.dataclass(frozen=True)
class Marked:
    """What is marked; None and nothing where it is not.

    Attributes:
        session: the session's name.
        cassette: the file, from the test file's folder.
        mode: what to do, as `--wiretape` says for all.
        when_spent: what a request gets that was asked more often than recorded.
        strict: an interaction that nobody asked for fails the test.
        pace: `instant`, `recorded`, or a factor like `4x`.
        ignore: JSON paths that do not count in matching.
        environ: the environment of this process leads to the session.
        there: whether there is a mark at all.
    """

    session: str | None = None
    cassette: str | Path | None = None
    mode: str | None = None
    when_spent: str | None = None
    strict: bool | None = None
    pace: str | None = None
    ignore: tuple[str, ...] = ()
    environ: bool | None = None
    there: bool = False


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _pace(value: object) -> bool:
    from wiretape.proxy.decide.pace import parse_pace
    from wiretape.store.errors import UsageError

    try:
        parse_pace(str(value))
    except UsageError:
        return False
    return isinstance(value, str)


def _paths(value: object) -> bool:
    from wiretape.proxy.decide.jsonpath import compile_path

    if not isinstance(value, list | tuple):
        return False
    try:
        for path in cast("list[str]", value):
            compile_path(path)
    except (ValueError, TypeError):
        return False
    return True


_ARGUMENTS: Final[Mapping[str, tuple[Callable[[object], bool], str]]] = {
    "session": (_text, "a name"),
    "cassette": (lambda value: isinstance(value, Path) or _text(value), "a path"),
    "mode": (lambda value: value in MODES, f"one of {', '.join(MODES)}"),
    "when_spent": (lambda value: value in _SPENT, f"one of {', '.join(_SPENT)}"),
    "strict": (lambda value: isinstance(value, bool), "True or False"),
    "pace": (_pace, "'instant', 'recorded', or a factor like '4x'"),
    "ignore": (_paths, "a list of JSON paths like '$.metadata.trace'"),
    "environ": (lambda value: isinstance(value, bool), "True or False"),
}
SIGNATURE: Final = f"wiretape({', '.join(_ARGUMENTS)})"


def is_marked(node: pytest.Item | pytest.Collector, *, vcr: bool) -> bool:
    """Whether a mark says that the test is ours."""
    return node.get_closest_marker(MARK) is not None or (vcr and node.get_closest_marker(VCR_MARK) is not None)


def read(node: Any, *, vcr: bool) -> Marked:
    """What the marks of *node*, from the outermost to its own, come to.

    Raises:
        MarkError: an argument is unknown or not what it should be.
    """
    found: dict[str, Any] = {}
    if vcr:
        for mark in reversed(list(node.iter_markers(VCR_MARK))):
            mode = _VCR_MODES.get(str(mark.kwargs.get("record_mode", "")))
            found |= {"there": True, **({"mode": mode} if mode else {})}
    for mark in reversed(list(node.iter_markers(MARK))):
        found |= {"there": True, **_checked(mark)}
    return Marked(**found)


def _checked(mark: pytest.Mark) -> dict[str, Any]:
    if mark.args:
        raise MarkError(f"@pytest.mark.wiretape takes its arguments by name, not {mark.args[0]!r}: {SIGNATURE}")
    for name, value in mark.kwargs.items():
        if name not in _ARGUMENTS:
            near = difflib.get_close_matches(name, _ARGUMENTS, 1)
            advice = f"do you mean {near[0]}?" if near else f"there are {', '.join(_ARGUMENTS)}"
            raise MarkError(f"@pytest.mark.wiretape knows no argument {name!r}; {advice}")
        fits, what = _ARGUMENTS[name]
        if not fits(value):
            raise MarkError(f"@pytest.mark.wiretape({name}={value!r}): it takes {what}")
    kwargs = dict(mark.kwargs)
    if "ignore" in kwargs:
        kwargs["ignore"] = tuple(kwargs["ignore"])
    return kwargs
