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
    from collections.abc import Generator, Sequence

    from tests.functional.conftest import Wiretape
    from wiretape.addons.standin import StandIn

pytestmark = pytest.mark.functional

ASK = {"inputs": [{"role": "user", "content": "Hello"}]}


class Dump(msgspec.Struct):
    """A mitmdump that listens."""

    url: str
    confdir: Path
    told: str = ""


@contextlib.contextmanager
def mitmdump(wiretape: Wiretape, *options: str, scripts: Sequence[Path] = ()) -> Generator[Dump]:
    """The user's own mitmproxy with our addon, and *scripts* of others."""
    script = wiretape("addon", cassette=False).out.strip()
    confdir = wiretape.folder / "mitmproxy"
    sets = [f"confdir={confdir}", f"wiretape_cassette={wiretape.cassette}", "listen_port=0", *options]
    process = subprocess.Popen(
        [
            Path(sys.executable).with_name("mitmdump"),
            *[w for path in (script, *scripts) for w in ("-s", str(path))],
            *[w for s in sets for w in ("--set", s)],
        ],
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
                dump = Dump(f"http://127.0.0.1:{found[1]}", confdir)
                yield dump
                break
        else:
            pytest.fail(told)
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=30)
        dump.told = told + rest
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


def test_a_password(wiretape: Wiretape, standin: StandIn) -> None:
    """Where the environment names one, it is asked for there too; mitmproxy prints no address that has it."""
    wiretape.environment["WIRETAPE_PASSWORD"] = word = "a-long-password"
    with mitmdump(wiretape, f"wiretape_upstream={standin.url}") as dump:
        answers = [
            httpx.get(f"{dump.url}{path}", trust_env=False)
            for path in ("/v1/models", f"/~:{word}/v1/models", f"/~a:{word}/v1/models", f"/~wiretape:{word}/health")
        ]
    assert [answer.status_code for answer in answers] == [424, 200, 200, 200]
    assert answers[0].json()["error"]["code"] == "WIRETAPE_PASSWORD"
    assert standin.hits == 2
    assert "refused a request that did not bring the password" in dump.told
    assert word not in dump.told
    assert {i["path"] for i in wiretape.json("ls")} == {"/v1/models"}


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


MEDDLING = """
from mitmproxy import ctx, exceptions

class Meddling:
    def request(self, flow):
        print("meddling", flush=True)
        for changes in ({"wiretape_mode": "live"}, {"connection_strategy": "eager"}, {"upstream_cert": True}):
            try:
                ctx.options.update(**changes)
            except exceptions.OptionsError:
                pass

addons = [Meddling()]
"""


def test_meddling_with_a_replay(wiretape: Wiretape, standin: StandIn) -> None:
    """Whatever somebody else's script does to mitmproxy's options meanwhile, nothing goes live."""
    with mitmdump(wiretape, f"wiretape_upstream={standin.url}") as dump:
        recorded = see(dump)
    script = wiretape.folder / "meddling.py"
    script.write_text(MEDDLING)
    hits = standin.hits
    with mitmdump(wiretape, f"wiretape_upstream={standin.url}", "wiretape_mode=replay", scripts=[script]) as dump:
        answer = httpx.post(f"{dump.url}/v1/model/response", json={**ASK, "stream": False}, trust_env=False)
        assert (answer.status_code, answer.content) == recorded[0]
        # Told to connect eagerly, mitmproxy asks for an upstream before it opens a tunnel, and gets none.
        with contextlib.suppress(httpx.ProxyError):
            see(dump)
        for path in ("/v1/unknown", "/v1/other"):
            assert httpx.get(dump.url + path, trust_env=False).status_code == 424
    assert standin.hits == hits
    assert "meddling" in dump.told
