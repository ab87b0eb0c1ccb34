"""The recordings that the repository holds: whole, of this version, without secrets. `make examples` replays them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wiretape.store.cassette import Cassette

if TYPE_CHECKING:
    from tests.functional.conftest import Wiretape

pytestmark = pytest.mark.functional

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
CASSETTES = sorted(EXAMPLES.rglob("*.cassette"))
IDS = [path.stem for path in CASSETTES]


def test_there_are_some() -> None:
    """Else nothing below would be tested."""
    assert CASSETTES


@pytest.mark.parametrize("path", CASSETTES, ids=IDS)
def test_whole(wiretape: Wiretape, path: Path) -> None:
    """Bytes, keys and readings are what this version makes of them."""
    done = wiretape("verify", "-c", path, cassette=False)
    assert done.code == 0, done.out + done.err
    assert not path.with_name(f"{path.name}-wal").exists()


@pytest.mark.parametrize("path", CASSETTES, ids=IDS)
def test_complete(path: Path) -> None:
    """Every session was recorded to its end."""
    with Cassette.open(path) as cassette:
        assert {session.state for session in cassette.sessions()} == {"complete"}


@pytest.mark.parametrize("path", CASSETTES, ids=IDS)
def test_no_secrets(path: Path) -> None:
    """Not even the key that is none: it went out in a header, and a header's credential is never kept."""
    with Cassette.open(path) as cassette:
        names = {
            name.lower() for found in cassette.interactions() for name, _ in cassette.request_head(found.id).headers
        }
    assert b"x-api-key" in names
    assert b"ak_none" not in path.read_bytes()
