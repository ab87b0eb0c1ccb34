"""Modules of a package without its own file, in a process of their own."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
from wiretape.addons.mitm.fewer import without_the_rest
{before}
with without_the_rest("mitmproxy.addons"):
    from mitmproxy.addons import core
few = "mitmproxy.addons.clientplayback" not in sys.modules
from mitmproxy import addons
assert addons.core is core
assert any(type(addon) is core.Core for addon in addons.default_addons())
print(few)
"""


def told(before: str) -> str:
    code = CODE.format(before=before)
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def test_who_comes_later_gets_all() -> None:
    """And the modules are the same."""
    assert told("") == "True"


def test_what_is_there_stays() -> None:
    """In the user's own mitmproxy all are needed."""
    assert told("import mitmproxy.addons") == "False"
