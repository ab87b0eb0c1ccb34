"""wiretape inside the user's own mitmproxy, brought in by `-s "$(wiretape addon)"`."""

from __future__ import annotations

import contextlib
import re
import signal
import ssl
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import msgspec
import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

    from tests.functional.conftest import Wiretape
    from wiretape.addons.standin import StandIn

pytestmark = pytest.mark.functional

ASK = {"inputs": [{"role": "user", "content": "Hello"}]}


class Dump(msgspec.Struct):
    """A mitmdump that listens."""

    url: str
    confdir: Path


@contextlib.contextmanager
def mitmdump(wiretape: Wiretape, *options: str) -> Generator[Dump]:
    """The user's own mitmproxy with our addon."""
    script = wiretape("addon", cassette=False).out.strip()
    confdir = wiretape.folder / "mitmproxy"
    sets = [f"confdir={confdir}", f"wiretape_cassette={wiretape.cassette}", "listen_port=0", *options]
    process = subprocess.Popen(
        [Path(sys.executable).with_name("mitmdump"), "-s", script, *[w for s in sets for w in ("--set", s)]],
        env=wiretape.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    told = ""
    try:
        for line in process.stdout:
            told += line
            found = re.search(r"listening at \S*?:(\d+)", line)
            if found:
                yield Dump(f"http://127.0.0.1:{found[1]}", confdir)
                break
        else:
            pytest.fail(told)
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=30)
        assert process.returncode == 0, told + rest
        assert "Traceback" not in told + rest
    finally:
        process.kill()
        process.communicate()


def see(dump: Dump) -> list[tuple[int, bytes]]:
    """What a client gets by either way in."""
    trusted = ssl.create_default_context(cafile=dump.confdir / "mitmproxy-ca-cert.pem")
    seen: list[tuple[int, bytes]] = []
    with (
        httpx.Client(trust_env=False) as plain,
        httpx.Client(proxy=dump.url, verify=trusted, trust_env=False) as proxied,
    ):
        for client, base in ((plain, dump.url), (proxied, "https://api.aitronos.com")):
            for stream in (False, True):
                answer = client.post(f"{base}/v1/model/response", json={**ASK, "stream": stream})
                seen.append((answer.status_code, answer.content))
    return seen


def test_record_and_replay(wiretape: Wiretape, standin: StandIn) -> None:
    """The same addons, the user's confdir, the user's other addons."""
    with mitmdump(wiretape, f"wiretape_upstream={standin.url}") as dump:
        recorded = see(dump)
    assert [status for status, _ in recorded] == [200] * 4
    assert len({body for _, body in recorded}) == 4
    hits = standin.hits
    with mitmdump(wiretape, "wiretape_mode=replay") as dump:
        assert see(dump) == recorded
        missed = httpx.post(f"{dump.url}/v1/model/response", json={"inputs": []}, trust_env=False)
        assert missed.status_code == 424
    assert standin.hits == hits
    assert wiretape.json("sessions")[0]["state"] == "complete"


@pytest.mark.parametrize("option", ["wiretape_mode=nonsense", "wiretape_upstream=nonsense", "wiretape_session=a~b"])
def test_options_that_are_off(wiretape: Wiretape, option: str) -> None:
    """Mitmproxy does not start, and says why."""
    script = wiretape("addon", cassette=False).out.strip()
    done = subprocess.run(
        [Path(sys.executable).with_name("mitmdump"), "-s", script, "--set", option, "--set", "listen_port=0"],
        cwd=wiretape.folder,
        env=wiretape.environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode != 0
    assert "nonsense" in done.stderr + done.stdout or "a~b" in done.stderr + done.stdout
