"""mitmproxy's addons one by one: its package imports all of them, which takes longer than what a recorder needs."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator


@contextlib.contextmanager
def without_the_rest(package: str) -> Generator[None]:
    """Let modules of *package* be imported here without running the package's own file.

    Only where nobody has imported it yet; who imports it later gets all of it. Web pages and LDAP, which mitmproxy's
    addons bring with them, are a third of what importing them takes.
    """
    spec = None if package in sys.modules else importlib.util.find_spec(package)
    if spec is None:
        yield
        return
    sys.modules[package] = importlib.util.module_from_spec(spec)
    try:
        yield
    finally:
        del sys.modules[package]
