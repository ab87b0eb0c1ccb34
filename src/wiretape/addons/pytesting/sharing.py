"""Which tests use which cassettes, be it by a mark that names the cassette of another module."""

from __future__ import annotations

import fnmatch
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wiretape.addons.pytesting import marks
from wiretape.addons.pytesting.naming import cassette_of, imported_name, place_of, session_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

    import pytest

    from wiretape.addons.pytesting.options import Choices

# A name that only running the module would tell.
_COMPUTED: Final = re.compile(r"\bcassette\s*=\s*(?![\"'=\s])")


def same(cassette: Path) -> Path:
    """What two spellings of a cassette's path have in common."""
    return Path(os.path.realpath(cassette))


def sessions_used(items: Iterable[pytest.Item], choices: Choices) -> dict[Path, set[str]]:
    """The sessions that tests, their classes and their modules may have, by cassette, as `same` spells it.

    Raises:
        MarkError: a mark cannot be read, so that nobody knows what its test uses.
    """
    found: dict[Path, set[str]] = {}
    for item in items:
        own = same(cassette_of(item.path, choices, item.config.rootpath))
        for node in item.listchain():
            if "::" not in node.nodeid and node.path != item.path:
                continue
            found.setdefault(own, set()).add(session_name(node))
            place = place_of(node, choices, marks.read(node, vcr=choices.vcr_marks))
            found.setdefault(same(place.cassette), set()).add(place.session)
        if choices.vcr_marks:
            found[own].add(imported_name(session_name(item)))
    return found


def in_doubt(cassettes: Iterable[Path], config: pytest.Config, modules: AbstractSet[Path]) -> set[Path]:
    """Those of *cassettes* that a file may name of which not all tests were collected, as far as its text tells.

    Args:
        cassettes: their paths.
        config: says where tests may be.
        modules: those that were collected whole.
    """
    asked = set(cassettes)
    found: set[Path] = set()
    for file in _test_files(config):
        if file in modules or found == asked:
            continue
        try:
            text = file.read_text("utf-8", "replace")
        except OSError:
            return asked
        if "wiretape" in text and _COMPUTED.search(text):
            return asked
        found |= {cassette for cassette in asked if cassette.name in text}
    return found


def _test_files(config: pytest.Config) -> Iterator[Path]:
    patterns = [*config.getini("python_files"), "conftest.py"]
    skipped: list[str] = config.getini("norecursedirs")
    for folder, below, files in os.walk(config.rootpath):
        below[:] = [name for name in below if not any(fnmatch.fnmatch(name, pattern) for pattern in skipped)]
        for name in files:
            if any(fnmatch.fnmatch(name, pattern) for pattern in patterns):
                yield Path(folder, name)
