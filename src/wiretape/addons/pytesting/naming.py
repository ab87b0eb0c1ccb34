"""Which session of which cassette is a test's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from wiretape.addons.pytesting.marks import Marked
    from wiretape.addons.pytesting.options import Choices

_LONGEST: Final = 100
_UNFIT: Final = re.compile(r"[^A-Za-z0-9._\[\]=,+@-]+")
# What pytest-recording keeps out of the names of its files.
_NOT_IN_FILES: Final = "<>?%*:|\"'/\\"
WHOLE_MODULE: Final = "module"
WHOLE_SUITE: Final = "suite"


class Place(NamedTuple):
    """A session of a cassette."""

    cassette: Path
    session: str


def place_of(node: Any, choices: Choices, marked: Marked) -> Place:
    """The place of a test; for a class, a module or the whole session, of what they do together."""
    module = module_of(node)
    name = session_name(node)
    if marked.cassette is not None:
        folder = node.config.rootpath if module is None else module.parent
        cassette = folder / Path(marked.cassette).expanduser()
    elif module is None or choices.layout == "suite":
        cassette = node.config.rootpath / choices.folder / "suite.cassette"
        name = fit(node.nodeid) if module is not None else name
    elif choices.layout == "test":
        whole = cassette_of(module, choices, node.config.rootpath)
        cassette = whole.with_suffix("") / f"{_file_name(name)}.cassette"
    else:
        cassette = cassette_of(module, choices, node.config.rootpath)
    return Place(cassette, marked.session or name)


def cassette_of(module: Path, choices: Choices, root: Path) -> Path:
    """The cassette of a module."""
    if Path(choices.folder).is_absolute() and module.is_relative_to(root):
        # In one folder for all, modules of the same name must not meet.
        return choices.folder / module.relative_to(root).with_suffix(".cassette")
    return module.parent / choices.folder / f"{module.stem}.cassette"


def module_of(node: Any) -> Path | None:
    """The file of a test, a class or a module; None for the whole session."""
    return node.path if "::" in node.nodeid or node.path.is_file() else None


def session_name(node: Any) -> str:
    """The name of a session in a module's cassette: the node id without the file."""
    _, _, name = node.nodeid.partition("::")
    if name:
        return fit(name)
    return WHOLE_SUITE if module_of(node) is None else WHOLE_MODULE


def imported_name(session: str) -> str:
    """What a session is called that was imported from the file of pytest-recording for the same test."""
    name, bracket, parameters = session.partition("[")
    file = ".".join(name.split("::")[-2:]) + bracket + parameters
    return "".join("-" if c in _NOT_IN_FILES else c for c in file)


def fit(name: str) -> str:
    """*name* as a session may bear it: `~` tells those apart that were recorded beside one of the same name."""
    return "".join(c if c.isprintable() and c != "~" else f"%{ord(c):02X}" for c in name)


def _file_name(name: str) -> str:
    plain = _UNFIT.sub("-", name.replace("::", ".").replace("/", "_"))
    if len(plain) <= _LONGEST and plain == name.replace("::", "."):
        return plain
    import hashlib

    # Two names that differ in what a file's name cannot hold must not share a file.
    return f"{plain[:_LONGEST]}-{hashlib.blake2b(name.encode(), digest_size=4).hexdigest()}"
