"""What the parts of the plugin have in common."""

from __future__ import annotations

from typing import Final

import pytest

FIXTURES: Final = frozenset({"wiretape", "wiretape_class", "wiretape_module", "wiretape_session"})
FACTS: Final = "wiretape"
"""The attribute of a report that bears what became of the sessions that ended with it."""

LED: pytest.StashKey[bool] = pytest.StashKey()
"""Whether a test has a session only because it is marked, so that nothing but the environment can lead it there."""
