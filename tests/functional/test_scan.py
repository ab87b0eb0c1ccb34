"""`wiretape scan` and `wiretape scrub` as commands."""

from __future__ import annotations

import json
import random
import re
import sqlite3
import string
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from wiretape.store.interaction import Request, ResponseHead
from wiretape.store.recording import SessionWriter
from wiretape.store.sessions import Description

if TYPE_CHECKING:
    from tests.functional.conftest import Wiretape

ROOT = Path(__file__).parents[2]
AT = "2026-01-02T03:04:05.000006Z"
SECRET = "".join(random.Random(5).choices(string.ascii_letters + string.digits, k=40))

pytestmark = pytest.mark.functional


def plant(path: Path, name: str = "default", *, open_end: bool = False) -> SessionWriter:
    """A session with a secret in a header and in an answer, as no recorder of today would write it."""
    new = Description(name=name, upstream="https://api.aitronos.com", started_at=AT, recorder="test")
    writer = SessionWriter.begin(path, new, "replace")
    request = Request(
        method="GET",
        scheme="https",
        host="api.aitronos.com",
        port=443,
        target="/v1/x",
        headers=((b"X-API-Key", SECRET.encode()),),
    )
    taken = writer.interaction(request, "api", AT)
    taken.request_done("k0:old", redacted=False)
    head = ResponseHead(status=200, reason="OK", headers=((b"Content-Type", b"application/json"),))
    taken.response_head(head, 1, redacted=False)
    taken.chunk(json.dumps({"access_token": SECRET[::-1]}).encode(), 1)
    taken.finish("complete", 2).result()
    if not open_end:
        writer.end(AT)
    return writer


def test_what_is_found_is_told_and_never_shown(wiretape: Wiretape) -> None:
    """As a table and as JSON; exit 1."""
    plant(wiretape.cassette)
    done = wiretape("scan")
    assert done.code == 1
    head, first, second = (line.split() for line in done.out.splitlines())
    assert head == ["INTERACTION", "PLACE", "KIND", "BEGINS", "LENGTH", "TIMES", "BY"]
    assert first == ["default/1", "request", "header", "X-API-Key", "key", f"{SECRET[:4]}…", "40", "1", "place"]
    assert second[1:5] == ["response", "body", "$.access_token", "token"]
    assert "1 file: 2 secrets found" in done.err
    told = wiretape("scan", "--json")
    facts: list[dict[str, Any]] = json.loads(told.out)
    assert [one["place"] for one in facts] == ["request header X-API-Key", "response body $.access_token"]
    for text in (done.out, done.err, told.out, told.err):
        assert SECRET[:8] not in text
        assert SECRET[::-1][:8] not in text


def test_scrub_mends_and_proves_it(wiretape: Wiretape) -> None:
    """Then scan and verify find nothing, and a dry run before changed nothing."""
    plant(wiretape.cassette)
    before = wiretape.cassette.read_bytes()
    dry = wiretape("scrub", "--dry-run")
    assert dry.code == 0
    assert "would be replaced: 1 key, 1 token" in dry.err
    assert wiretape.cassette.read_bytes() == before
    told = json.loads(wiretape("scrub", "--dry-run", "--json").out)
    assert told["kinds"] == {"key": 1, "token": 1}
    assert [one["place"] for one in told["replaced"]] == ["request header X-API-Key", "response body $.access_token"]
    done = wiretape("scrub")
    assert done.code == 0, done.err
    assert "replaced: 1 key, 1 token" in done.err
    assert SECRET[:8] not in done.out + done.err
    clean = wiretape("scan")
    assert (clean.code, clean.out) == (0, "")
    assert "no secrets found" in clean.err
    assert wiretape("verify").code == 0
    assert SECRET.encode() not in wiretape.cassette.read_bytes()


def test_several_files_of_any_kind(wiretape: Wiretape) -> None:
    """Each finding names its file; one that cannot be read is told, and the others are looked at all the same."""
    plant(wiretape.cassette)
    log = wiretape.folder / "x.log"
    log.write_text(f"> X-API-Key: {SECRET}\n")
    fine = wiretape.folder / "fine.json"
    fine.write_text('{"a": 1}')
    done = wiretape("scan", wiretape.cassette, log, fine, cassette=False)
    assert done.code == 1
    assert [line.split()[0] for line in done.out.splitlines()[1:]] == [str(wiretape.cassette)] * 2 + [str(log)]
    picture = wiretape.folder / "x.png"
    picture.write_bytes(b"\x89PNG\x00\x00")
    foreign = wiretape.folder / "x.db"
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE x (y)")
    connection.close()
    done = wiretape("scan", picture, foreign, wiretape.folder, wiretape.folder / "gone", log, cassette=False)
    assert done.code == 2
    assert len(done.out.splitlines()) == 2
    for what in ("x.png is neither a cassette nor a text", "x.db is an SQLite file but not a cassette", "gone"):
        assert what in done.err


def test_standard_input(wiretape: Wiretape) -> None:
    """As `-`."""
    done = subprocess.run(
        [sys.executable, "-m", "wiretape", "scan", "-"],
        input=f'{{"api_key": "{SECRET}"}}',
        capture_output=True,
        text=True,
        cwd=wiretape.folder,
        env=wiretape.environment,
        check=False,
    )
    assert done.returncode == 1
    assert "$.api_key" in done.stdout


def test_a_baseline_knows_what_was_looked_at(wiretape: Wiretape) -> None:
    """By fingerprints, of which nobody reads the secret."""
    plant(wiretape.cassette)
    known = wiretape.folder / "known.json"
    assert wiretape("scan", "--baseline", known).code == 1
    assert not known.exists()
    done = wiretape("scan", "--baseline", known, "--update-baseline")
    assert done.code == 0
    assert "knows 2 fingerprints now" in done.err
    assert SECRET[:6] not in known.read_text()
    assert wiretape("scan", "--baseline", known).code == 0
    known.write_text("{}")
    broken = wiretape("scan", "--baseline", known)
    assert broken.code == 2
    assert "is no baseline" in broken.err
    assert wiretape("scan", "--update-baseline").code == 2


def test_the_settings_allow_values(wiretape: Wiretape) -> None:
    """By patterns of whole values; a malformed one is told with its place."""
    plant(wiretape.cassette)
    settings = wiretape.folder / "wiretape.toml"
    settings.write_text(f'[scan]\nallow = ["{SECRET[:5]}[A-Za-z0-9]+"]\n')
    done = wiretape("scan", "--json")
    assert [one["kind"] for one in json.loads(done.out)] == ["token"]
    settings.write_text('[scan]\nallow = ["("]\n')
    done = wiretape("scan")
    assert done.code == 2
    assert "wiretape.toml: $.scan.allow[0]: regular expression '(' is malformed" in done.err
    settings.write_text('[scan]\nallow = [".*"]\n')
    assert "allows everything" in wiretape("scan").err


def test_a_hook_refuses_what_is_not_one_plain_file(wiretape: Wiretape) -> None:
    """A cassette with a WAL beside it is not all in what would be committed."""
    plant(wiretape.cassette)
    assert wiretape("scrub").code == 0
    assert wiretape("scan", "--no-wal", wiretape.cassette, cassette=False).code == 0
    writer = plant(wiretape.cassette, "more", open_end=True)
    done = wiretape("scan", "--no-wal", wiretape.cassette, cassette=False)
    writer.end(AT)
    assert done.code == 1
    assert "x.cassette-wal lies beside" in done.err
    assert "wiretape reindex" in done.err


def test_the_demo_leaves_nothing_to_be_found(wiretape: Wiretape) -> None:
    """No secret, and no false alarm."""
    assert wiretape("demo").code == 0
    done = wiretape("scan", "--json")
    assert done.code == 0, done.out
    assert json.loads(done.out) == []


def test_the_hook_for_pre_commit_runs(wiretape: Wiretape) -> None:
    """What it would run on a staged cassette is a command there is."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    command, *words = hook["entry"].split()
    assert command == "wiretape"
    assert re.search(hook["files"], "tests/cassettes/x.cassette")
    assert not re.search(hook["files"], "tests/cassettes/x.cassette-wal")
    plant(wiretape.cassette)
    assert wiretape(*words, wiretape.cassette, cassette=False).code == 1


def test_a_scrubbed_session_is_replayed_with_placeholders(wiretape: Wiretape) -> None:
    """Recorded by an older wiretape, asked with another key than the one of then."""
    plant(wiretape.cassette)
    assert wiretape("scrub").code == 0
    client = (
        "import json, os, urllib.request\n"
        "asked = urllib.request.Request(os.environ['WIRETAPE_URL'] + '/v1/x', headers={'X-API-Key': 'of-today'})\n"
        "token = json.load(urllib.request.urlopen(asked))['access_token']\n"
        "assert token.startswith('REDACTED-token-') and len(token) == 40, token\n"
    )
    done = wiretape.python("replay", client, "--strict")
    assert done.code == 0, done.err
