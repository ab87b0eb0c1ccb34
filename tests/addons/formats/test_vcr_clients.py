"""VCR.py's newest version records with each client library; imported and replayed, the client reads the same."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wiretape.addons.standin import StandIn

if TYPE_CHECKING:
    from tests.addons.formats.conftest import Imports

CLIENTS = ("httpx", "httpx-async", "requests", "urllib3", "aiohttp", "http.client", "tornado")
# Between wire and client these change: VCR.py keeps some bodies decoded and whole, and the address is another.
FRAMING = {"content-encoding", "content-length", "transfer-encoding", "location", "x-consumed-content-encoding"}


def ask(*arguments: str) -> Any:
    """What a client says it read."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(Path(__file__).with_name("asking.py")), *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def without_framing(told: dict[str, Any]) -> dict[str, Any]:
    return {**told, "headers": {name: value for name, value in told["headers"].items() if name not in FRAMING}}


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_reads_what_it_read_under_vcr(client: str, imports: Imports, tmp_path: Path) -> None:
    """Umlauts, gzip, an upload, a stream, a redirect, a 404, binary, the same question twice."""
    file = tmp_path / f"{client}.yaml"
    with StandIn(first=1) as standin:
        recorded = ask(client, standin.url, str(file))
        asked = standin.hits
    assert [told["status"] for told in recorded] == [200, 200, 200, 200, 200, 200, 200, 404, 200]

    assert imports(file)[0] == 0
    assert len(imports.interactions(file.stem)) == asked
    # Under tornado VCR.py keeps a redirect's goal by itself, and again under the address that was asked for.
    with imports.replay(file.stem, unused=1 if client == "tornado" else 0) as url:
        replayed = ask(client, url)

    assert list(map(without_framing, replayed)) == list(map(without_framing, recorded))
