"""What strangers did that nobody had thought of."""

from __future__ import annotations

import json
import socket
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from tests.functional.conftest import Wiretape
    from wiretape.addons.standin import StandIn

pytestmark = pytest.mark.functional

CALL = "import os, httpx; print(httpx.get(os.environ['WIRETAPE_URL'] + '/v1/models').text)"


def test_a_foreign_host_that_is_gone_fails_nothing(wiretape: Wiretape, standin: StandIn) -> None:
    """It is none of the recording's."""
    telemetry = "\nprint(httpx.get('http://telemetry.invalid/x', proxy=os.environ['HTTP_PROXY']).status_code)"
    done = wiretape.python("record", CALL + telemetry, "--upstream", standin.url)
    assert done.code == 0, done.err
    assert done.out.endswith("502\n")
    assert wiretape.json("sessions")[0]["state"] == "complete"


def test_once_is_not_settled_by_an_empty_recording(wiretape: Wiretape, standin: StandIn) -> None:
    """A run during which nobody called is nothing to replay."""
    once = ["--mode", "once", "--upstream", standin.url]
    empty = wiretape.python("run", "", *once)
    assert "no request came" in empty.err
    assert wiretape.python("run", CALL, *once).out == wiretape.python("run", CALL, *once).out
    assert standin.hits == 1


@pytest.mark.parametrize("name", [":memory:", "file:x.cassette", "with space?&#%41.cassette", "ü.cassette"])
def test_any_name_is_a_file(wiretape: Wiretape, standin: StandIn, name: str) -> None:
    """Whatever SQLite would make of it."""
    environment = {"WIRETAPE_CASSETTE": name}
    wiretape.cassette = wiretape.folder / name
    command = ["--", sys.executable, "-c", CALL]
    recorded = wiretape("record", "--upstream", standin.url, *command, cassette=False, env=environment)
    assert recorded.code == 0, recorded.err
    assert wiretape.cassette.stat().st_size > 1000
    replayed = wiretape("replay", *command, cassette=False, env=environment)
    assert (replayed.code, replayed.out) == (0, recorded.out)


def test_a_cassette_removed_while_recording(wiretape: Wiretape, standin: StandIn) -> None:
    """Said, and nothing is left that could be taken for it."""
    done = wiretape.python("record", CALL + f"; os.remove({str(wiretape.cassette)!r})", "--upstream", standin.url)
    assert done.code == 1
    assert "was removed while it was recorded into" in done.err
    assert not wiretape.cassette.exists()


def test_an_upstream_that_hangs_up_without_an_answer(wiretape: Wiretape, standin: StandIn) -> None:
    """So does the proxy; replay says that no answer came."""
    ask = (
        "import os, httpx\n"
        "try: r = httpx.post(os.environ['WIRETAPE_URL'] + '/v1/model/response', headers={'X-Standin': 'cut=head'},"
        " json={'inputs': [{'role': 'user', 'content': 'x'}]}); print(r.status_code, r.text)\n"
        "except httpx.RemoteProtocolError as error: print(error)"
    )
    done = wiretape.python("record", ask, "--upstream", standin.url)
    assert done.out == "Server disconnected without sending a response.\n"
    assert "the upstream gave no answer to POST" in done.err
    replayed = wiretape.python("replay", ask)
    assert replayed.out.startswith("424 ")
    assert "recorded without an answer" in replayed.out


def test_a_client_that_does_not_trust_us(wiretape: Wiretape, standin: StandIn) -> None:
    """Nothing of it is recorded, so it is said."""
    script = (
        "import httpx, ssl\n"
        "try: httpx.get('https://api.aitronos.com/', verify=ssl.create_default_context(capath='/none'))\n"
        "except httpx.ConnectError: pass"
    )
    done = wiretape.python("record", script, "--upstream", standin.url)
    assert "does not trust our certificate for api.aitronos.com" in done.err
    assert "wiretape ca" in done.err


@pytest.mark.parametrize("engine", ["direct", "mitmproxy"])
def test_replay_asks_no_proxy_of_the_environment(wiretape: Wiretape, standin: StandIn, engine: str) -> None:
    """Even one that recording could not use."""
    recorded = wiretape.python("record", CALL, "--upstream", standin.url)
    socks = {"ALL_PROXY": "socks5://127.0.0.1:1"}
    call = CALL.replace("'/v1/models')", "'/v1/models', trust_env=False)")
    assert wiretape.python("replay", call, "--engine", engine, env=socks).out == recorded.out
    refused = wiretape.python("record", call, "--upstream", standin.url, env=socks)
    assert refused.code == 2
    assert "ALL_PROXY=" in refused.err


@pytest.mark.parametrize("engine", ["direct", "mitmproxy"])
def test_bytes_in_an_address_that_are_none(wiretape: Wiretape, standin: StandIn, engine: str) -> None:
    """Recorded percent-encoded; whether it is replayed or refused, never is our failure."""
    with wiretape.serving("record", "--upstream", standin.url) as proxy:
        raw_get(proxy.url, b"/v1/models?b=M\xfcller")
        assert proxy.end().code == 0
    assert wiretape.json("ls")[0]["url"].endswith("/v1/models?b=M%FCller")
    with wiretape.serving("replay", "--engine", engine) as proxy:
        assert raw_get(proxy.url, b"/v1/models?b=M%FCller").startswith(b"HTTP/1.1 200 ")
        proxy.end()


def raw_get(url: str, target: bytes) -> bytes:
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    with socket.create_connection((parts.hostname, parts.port)) as raw:
        raw.sendall(b"GET %b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % target)
        return b"".join(iter(lambda: raw.recv(65536), b""))


def test_a_failed_completion_is_not_called_incomplete(wiretape: Wiretape, standin: StandIn) -> None:
    """The session is as complete as it was, and nobody is sent to adopt it."""
    wiretape.python("record", CALL, "--upstream", standin.url)
    done = wiretape.python("auto", CALL + "; raise SystemExit(3)")
    assert done.code == 3
    assert "adopt" not in done.err
    assert wiretape.json("sessions")[0]["state"] == "complete"


def test_what_a_command_makes_of_ctrl_c_is_its_code(wiretape: Wiretape, standin: StandIn) -> None:
    """A test runner that is interrupted has failed; a server that dies of it has ended."""
    wiretape.python("record", CALL, "--upstream", standin.url)
    for handler, code in (("lambda *_: sys.exit(2)", 2), ("signal.SIG_DFL", 0)):
        script = (
            f"import os, signal, sys; signal.signal(signal.SIGINT, {handler});"
            "os.kill(os.getppid(), signal.SIGINT); signal.pause()"
        )
        assert wiretape("replay", "--", sys.executable, "-c", script).code == code


def test_an_id_that_no_number_can_hold(wiretape: Wiretape, standin: StandIn) -> None:
    """There is no such interaction."""
    wiretape.python("record", CALL, "--upstream", standin.url)
    done = wiretape("show", "9" * 30)
    assert done.code == 2
    assert "no interaction" in done.err


def test_output_that_cannot_be_written(wiretape: Wiretape, standin: StandIn) -> None:
    """A full disk is no defect of ours."""
    wiretape.python("record", CALL, "--upstream", standin.url)
    command = f"{sys.executable} -m wiretape ls -c {wiretape.cassette} --json > /dev/full"
    done = wiretape("record", "--session", "other", "--upstream", standin.url, "--", "sh", "-c", command)
    assert done.code == 2
    assert "standard output: No space left" in done.err
    assert json.loads(wiretape("ls", "--json").out)
