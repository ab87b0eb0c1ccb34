"""What stands around serving: certificates, the client's environment, proxies on the way out, the command, files."""

from __future__ import annotations

import asyncio
import datetime
import os
import signal
import ssl
import stat
import sys
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from wiretape.proxy.serve.authority import authority, home
from wiretape.proxy.serve.chaining import CorporateProxies
from wiretape.proxy.serve.command import Command
from wiretape.proxy.serve.environment import client_environment
from wiretape.proxy.serve.files import write_atomically
from wiretape.store.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def test_the_authority_is_made_once_and_kept_private(tmp_path: Path) -> None:
    """The key is readable by its owner alone; a second run trusts the same certificate."""
    environment = {"WIRETAPE_HOME": str(tmp_path / "deep" / "home")}
    ours = authority(environment, NOW)
    first = ours.certificate.read_bytes()
    assert authority(environment, NOW).certificate.read_bytes() == first
    assert stat.S_IMODE(ours.folder.stat().st_mode) == 0o700
    for path in ours.folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert b"PRIVATE KEY" not in first + ours.bundle.read_bytes()
    certificate = x509.load_pem_x509_certificate(first)
    assert certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "wiretape CA"
    assert certificate.not_valid_after_utc - NOW > datetime.timedelta(days=3000)


def test_the_bundle_holds_the_public_authorities_and_ours(tmp_path: Path) -> None:
    """The one named in the environment is taken; clients can load the result."""
    public = tmp_path / "company.pem"
    public.write_bytes(authority({"WIRETAPE_HOME": str(tmp_path / "other")}, NOW).certificate.read_bytes())
    ours = authority({"WIRETAPE_HOME": str(tmp_path / "home"), "SSL_CERT_FILE": str(public)}, NOW)
    trusted = ssl.create_default_context(cafile=ours.bundle)
    assert len(trusted.get_ca_certs()) == 2
    assert ours.bundle.read_bytes().startswith(public.read_bytes().rstrip())


def test_where_the_authority_lies(tmp_path: Path) -> None:
    """WIRETAPE_HOME, else the folder for data."""
    assert home({"WIRETAPE_HOME": str(tmp_path), "XDG_DATA_HOME": "/x"}) == tmp_path
    assert home({"XDG_DATA_HOME": str(tmp_path)}) == tmp_path / "wiretape"
    assert home({}).parts[-3:] == (".local", "share", "wiretape")


def test_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    """One line that says how to name another."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="WIRETAPE_HOME"):
        authority({"WIRETAPE_HOME": str(tmp_path / "file" / "x")}, NOW)


def environment(tmp_path: Path, **inherited: str) -> dict[str, str]:
    return client_environment(
        inherited,
        proxy="http://127.0.0.1:8787",
        certificate=tmp_path / "ca.pem",
        bundle=tmp_path / "bundle.pem",
        api_hosts=["api.aitronos.com", "gateway.test"],
    )


def test_the_clients_environment(tmp_path: Path) -> None:
    """Every client that heeds any of these finds the proxy and trusts it."""
    found = environment(tmp_path)
    assert found["WIRETAPE_URL"] == "http://127.0.0.1:8787"
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        assert found[name] == "http://127.0.0.1:8787"
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        assert found[name] == str(tmp_path / "bundle.pem")
    assert found["NODE_EXTRA_CA_CERTS"] == str(tmp_path / "ca.pem")
    assert found["NO_PROXY"] == found["no_proxy"] == "localhost,127.0.0.1,::1"


def test_a_base_url_of_its_own(tmp_path: Path) -> None:
    """Where the proxy's address and the API's are written differently, each client gets its own."""
    found = client_environment(
        {},
        proxy="http://wiretape:word@127.0.0.1:8787",
        base="http://127.0.0.1:8787/~:word",
        certificate=tmp_path / "ca.pem",
        bundle=tmp_path / "bundle.pem",
        api_hosts=[],
    )
    assert found["WIRETAPE_URL"] == "http://127.0.0.1:8787/~:word"
    assert found["HTTPS_PROXY"] == found["http_proxy"] == "http://wiretape:word@127.0.0.1:8787"


@pytest.mark.parametrize(
    ("inherited", "kept"),
    [
        ("internal.test, .corp.test", ",internal.test,.corp.test"),
        ("*", ""),
        ("api.aitronos.com,x", ",x"),
        (".aitronos.com,aitronos.com,x", ",x"),
        ("gateway.test:443,localhost", ""),
        ("notaitronos.com", ",notaitronos.com"),
    ],
)
def test_nothing_takes_the_api_past_the_proxy(tmp_path: Path, inherited: str, kept: str) -> None:
    """What was excepted before stays so, save the API and everything at once."""
    assert environment(tmp_path, NO_PROXY=inherited)["NO_PROXY"] == "localhost,127.0.0.1,::1" + kept


@pytest.mark.parametrize(
    ("variables", "scheme", "host", "via"),
    [
        ({}, "https", "api.aitronos.com", None),
        ({"HTTPS_PROXY": "http://p.test:3128"}, "https", "api.aitronos.com", ("http", ("p.test", 3128))),
        ({"https_proxy": "p.test:3128"}, "https", "api.aitronos.com", ("http", ("p.test", 3128))),
        ({"ALL_PROXY": "https://p.test"}, "http", "x.test", ("https", ("p.test", 443))),
        ({"HTTP_PROXY": "http://p.test"}, "https", "api.aitronos.com", None),
        ({"HTTPS_PROXY": "http://p.test", "NO_PROXY": ".aitronos.com"}, "https", "api.aitronos.com", None),
        ({"HTTPS_PROXY": "http://p.test", "NO_PROXY": "*"}, "https", "api.aitronos.com", None),
        ({"HTTP_PROXY": "http://p.test"}, "http", "127.0.0.1", None),
    ],
)
def test_proxies_on_the_way_out(
    variables: dict[str, str], scheme: str, host: str, via: tuple[str, tuple[str, int]] | None
) -> None:
    """As any other program would go; never to this machine's own services."""
    assert CorporateProxies(variables).for_origin(scheme, host) == via


@pytest.mark.parametrize("value", ["socks5://p.test:1", "http://"])
def test_a_proxy_that_is_none(value: str) -> None:
    """Said at the start."""
    with pytest.raises(UsageError, match="HTTPS_PROXY"):
        CorporateProxies({"HTTPS_PROXY": value})


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("raise SystemExit(3)", 3),
        ("import os; os.kill(os.getpid(), 15)", 128 + 15),
        ("import os; assert os.environ['X'] == 'y'", 0),
    ],
)
def test_a_commands_code(code: str, expected: int) -> None:
    """Its own, or 128 and the signal."""
    assert asyncio.run(Command([sys.executable, "-c", code], {"X": "y"}).run()) == expected


def test_a_command_that_is_told_to_end(tmp_path: Path) -> None:
    """It gets the signal, and its code is what it makes of it."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    code = (
        "import signal, sys\nsignal.signal(15, lambda *_: sys.exit(4))\n"
        f"open({str(fifo)!r}, 'w').write('ready')\nsignal.pause()"
    )

    async def play() -> int:
        command = Command([sys.executable, "-c", code], {})
        running = asyncio.ensure_future(command.run())
        assert await asyncio.to_thread(fifo.read_text) == "ready"
        await command.stop(signal.SIGTERM)
        return await running

    assert asyncio.run(play()) == 4


def test_a_file_appears_whole(tmp_path: Path) -> None:
    """In one step, with nothing left beside it."""
    write_atomically(tmp_path / "ready", b"1")
    write_atomically(tmp_path / "ready", b"2")
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("ready", b"2")]
    with pytest.raises(UsageError, match="cannot write"):
        write_atomically(tmp_path / "no" / "ready", b"")
