"""The user's own function over bodies. Who imports it puts it here under its name; a name alone leads to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wiretape.proxy.decide.byname import ByName
from wiretape.store.errors import WiretapeError

if TYPE_CHECKING:
    from collections.abc import Callable

    type Hook = Callable[[bytes], bytes | None]

_functions: ByName[Hook] = ByName("redaction's callable")
check_name, install, installed = _functions.check_name, _functions.install, _functions.installed


class RedactionFailed(WiretapeError):
    """The user's function raised an error, gave something else than bytes, or is not there."""


def applied(name: str, data: bytes) -> bytes:
    """What the function called *name* makes of *data*; the same where it gives None, or where there is none.

    Raises:
        RedactionFailed: it raised an error, or gave something else.
    """
    function = _functions.get(name)
    if function is None:
        return data
    try:
        made = function(data)
    except (Exception, SystemExit) as error:
        raise RedactionFailed(f"redaction's callable {name!r} raised {type(error).__name__}: {error}") from error
    if made is None:
        return data
    if not isinstance(made, bytes):  # pyright: ignore[reportUnnecessaryIsInstance] - it is the user's
        raise RedactionFailed(f"redaction's callable {name!r} gave a {type(made).__name__}, not bytes or None")
    return made
