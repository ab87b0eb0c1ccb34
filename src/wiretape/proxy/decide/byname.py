"""Functions of the user's by their names. Who imports one puts it here; a name alone leads to nothing.

So whatever a cassette of somebody else's names is never run.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_NAME: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")


class ByName[F: Callable[..., object]]:
    """The functions for one purpose."""

    def __init__(self, purpose: str) -> None:
        """Begin with none; *purpose* is what people call such a function."""
        self._purpose = purpose
        self._installed: dict[str, F] = {}

    def check_name(self, name: str) -> None:
        """See whether *name* can be a function's.

        Raises:
            ValueError: it is not of the form `package.module:function`.
        """
        if not _NAME.fullmatch(name):
            raise ValueError(f"{self._purpose} {name!r} is no name; give it as package.module:function")

    def install(self, name: str, function: F) -> None:
        """Have *function* answer to *name* from now on."""
        self._installed[name] = function

    def installed(self, name: str | None) -> bool:
        """Whether there is a function of that name."""
        return name in self._installed

    def get(self, name: str) -> F | None:
        """The function of that name."""
        return self._installed.get(name)
