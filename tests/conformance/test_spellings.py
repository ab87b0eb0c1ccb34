"""The same calls as different clients spell them: what one has recorded answers every other, in both engines.

`tests/data/spellings` holds the bytes that they sent, captured by `scripts/capture_spellings.py`; those that are
installed here are asked themselves as well.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wiretape.addons.formats.rawhttp import read_raw_http
from wiretape.addons.standin import StandIn
from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.matching import match_key
from wiretape.store.cassette import Cassette

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.conftest import Proxy, Serve

ENGINES = ("direct", "mitmproxy")
FOLDER = Path(__file__).parent.parent / "data" / "spellings"
CALLS = ("ask", "stream", "query", "upload", "form", "get")
SENT = {
    client.name: {path.stem: path.read_bytes() for path in sorted(client.glob("*.http"))}
    for client in sorted(FOLDER.iterdir())
    if client.is_dir() and client.name != "clients"
}
LIVE = {
    "httpx": ("with_httpx.py", "httpx"),
    "requests": ("with_requests.py", "requests"),
    "sdk": ("with_sdk.py", "aitronos"),
    "node": ("with_node.mjs", None),
}


def label(client: str) -> str:
    return client.replace(".", "-")


def asked(client: str, call: str, session: str) -> bytes:
    """What *client* sends, for a session."""
    line, _, rest = SENT[client][call].partition(b"\r\n")
    return line + f"\r\nX-Wiretape-Session: {label(session)}\r\n".encode() + rest


def exchanged(proxy: Proxy, request: bytes) -> bytes:
    with proxy.line() as line:
        return line.ask(request)


@pytest.fixture(scope="module")
def recorded(serving: Serve, own_home: Path) -> tuple[Path, dict[tuple[str, str], bytes]]:
    """A session recorded by each client, and what it was answered: the stand-in numbers its answers."""
    pytest.importorskip("mitmproxy")
    cassette = own_home / "spellings.cassette"
    with (
        StandIn(frame_delay_ms=0) as standin,
        serving("record", "-c", str(cassette), "--upstream", standin.url) as proxy,
    ):
        answers = {
            (client, call): exchanged(proxy, asked(client, call, client)) for client in SENT for call in SENT[client]
        }
    return cassette, answers


@pytest.fixture(scope="module", params=ENGINES)
def proxy(
    request: pytest.FixtureRequest, recorded: tuple[Path, dict[tuple[str, str], bytes]], serving: Serve
) -> Iterator[Proxy]:
    """Replays all of them."""
    with serving("replay", "-c", str(recorded[0]), "--engine", request.param, "--when-spent", "repeat") as proxy:
        yield proxy


def test_they_do_spell_differently() -> None:
    """Else there would be nothing to test."""
    for call, spellings in (("ask", 3), ("query", 2), ("upload", len(SENT))):
        bodies = {(request.split(b" ")[1], request.partition(b"\r\n\r\n")[2]) for request in _all(call)}
        assert len(bodies) >= spellings, call
    assert len({client for client in SENT if "form" in SENT[client]}) >= 4


def _all(call: str) -> list[bytes]:
    return [SENT[client][call] for client in SENT if call in SENT[client]]


@pytest.mark.parametrize("call", CALLS)
def test_one_key(call: str) -> None:
    """However it is spelled, and no other call has it."""
    keys = {name: {match_key(canonical(read_raw_http(request), "api")) for request in _all(name)} for name in CALLS}
    (key,) = keys[call]
    assert [name for name in CALLS if key in keys[name]] == [call]


def test_recorded_alike(recorded: tuple[Path, dict[tuple[str, str], bytes]]) -> None:
    """Each session has the same keys, those of the calls that its client makes."""
    with Cassette.open(recorded[0]) as tape:
        keys = {client: [i.match_key for i in tape.interactions(label(client))] for client in SENT}
    assert {len(found) for found in keys.values()} == {5, 6}
    assert len({key for found in keys.values() for key in found}) == len(CALLS)


@pytest.mark.parametrize("recorder", SENT)
def test_each_is_answered_by_what_another_recorded(
    recorder: str, recorded: tuple[Path, dict[tuple[str, str], bytes]], proxy: Proxy
) -> None:
    """To the byte."""
    _, answers = recorded
    for client, spellings in SENT.items():
        for call in spellings.keys() & SENT[recorder].keys():
            assert exchanged(proxy, asked(client, call, recorder)) == answers[recorder, call], (client, call)


@pytest.mark.parametrize("client", LIVE)
def test_those_installed_here(client: str, proxy: Proxy) -> None:
    """As they are today, against what an old one recorded."""
    program, module = LIVE[client]
    if module is None and shutil.which("node") is None:
        pytest.skip("node is not installed here")
    if module is not None and importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed here")
    url = f"http://127.0.0.1:{proxy.port}/~{label('httpx-0.25')}"
    interpreter = sys.executable if module else "node"
    command = [interpreter, str(FOLDER / "clients" / program), str(FOLDER / "calls.json"), url]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    statuses = dict(line.split() for line in said.splitlines())
    assert set(statuses) >= set(CALLS) - {"form"}
    assert "424" not in statuses.values()
