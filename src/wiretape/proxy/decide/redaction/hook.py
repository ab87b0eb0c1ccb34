"""The user's own function over bodies. Who imports it puts it here under its name; a name alone leads to nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wiretape.store.errors import WiretapeError

if TYPE_CHECKING:
    from collections.abc import Callable

    type Hook = Callable[[bytes], bytes | None]

_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")

_installed: dict[str, Hook] = {}


class RedactionFailed(WiretapeError):
    """The user's function raised an error, gave something else than bytes, or is not there."""


def check_name(name: str) -> None:
    """See whether *name* can be a function's.

    Raises:
        ValueError: it is not of the form `package.module:function`.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"redaction's callable {name!r} is no name; give it as package.module:function")


def install(name: str, function: Hook) -> None:
    """Have *function* answer to *name* from now on."""
    _installed[name] = function


def installed(name: str | None) -> bool:
    """Whether there is a function of that name."""
    return name in _installed


def applied(name: str, data: bytes) -> bytes:
    """What the function called *name* makes of *data*; the same where it gives None, or where there is none.

    Raises:
        RedactionFailed: it raised an error, or gave something else.
    """
    function = _installed.get(name)
    if function is None:
        return data
    try:
        made = function(data)
    except Exception as error:
        raise RedactionFailed(f"redaction's callable {name!r} raised {type(error).__name__}: {error}") from error
    if made is None:
        return data
    if not isinstance(made, bytes):  # pyright: ignore[reportUnnecessaryIsInstance] - it is the user's
        raise RedactionFailed(f"redaction's callable {name!r} gave a {type(made).__name__}, not bytes or None")
    return made
