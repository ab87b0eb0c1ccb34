"""`ls`, `show`, `sessions`: the facts as JSON, the bytes as they are, and something a person can read."""

from __future__ import annotations

import gzip
import json
import sqlite3
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.functional.conftest import Recorded, Wiretape

pytestmark = pytest.mark.functional

CALLS = """
import os, httpx
url = os.environ["WIRETAPE_URL"] + "/v1/model/response"
client = httpx.Client(headers={"X-API-Key": "ak_very_secret_key_of_mine"})
model = {"model": "gpt-4o"}
for text, stream in (("Hello [[gzip]]", False), ("Hello", True)):
    r = client.post(url + "?a=1", json={"inputs": [{"role": "user", "content": text}], "stream": stream, **model})
"""
LISTED = [
    "id",
    "session",
    "position",
    "method",
    "url",
    "path",
    "status",
    "kind",
    "ended",
    "redacted",
    "request_bytes",
    "response_bytes",
    "chunk_count",
    "started_at",
    "first_byte_us",
    "duration_us",
    "generation",
    "model",
    "thread_id",
    "response_id",
    "stop_reason",
]


@pytest.fixture
def looked(wiretape: Wiretape, recordings: Recorded) -> Wiretape:
    return recordings.copy(CALLS, wiretape)


def test_ls_as_json(looked: Wiretape, recordings: Recorded) -> None:
    """Every column of the contract, none more."""
    first, second = looked.json("ls")
    assert list(first) == LISTED
    assert (first["session"], first["position"], first["method"]) == ("default", 1, "POST")
    assert (first["url"], first["path"]) == (f"{recordings.standin.url}/v1/model/response?a=1", "/v1/model/response")
    assert (first["status"], first["kind"], first["ended"], first["redacted"]) == (200, "json", "complete", True)
    assert (first["generation"], first["stop_reason"], first["model"]) == ("G4", "end_turn", "gpt-4o")
    assert (second["kind"], second["chunk_count"]) == ("sse", 10)
    assert second["duration_us"] > second["first_byte_us"] > 0
    assert first["thread_id"] != second["thread_id"]


def test_show_as_json(looked: Wiretape) -> None:
    """The list's facts, and the heads, the chunks, the reading."""
    shown = looked.json("show", "default/2")
    assert list(shown)[: len(LISTED)] == LISTED
    assert shown["request"]["http_version"] == "HTTP/1.1"
    assert ["x-api-key", "REDACTED-key-1"] in [[n.lower(), v] for n, v in shown["request"]["headers"]]
    assert sum(chunk["size"] for chunk in shown["chunks"]) == shown["response_bytes"]
    times = [chunk["at_us"] for chunk in shown["chunks"]]
    assert times == sorted(times)
    reading = shown["reading"]
    assert reading["text"].startswith("Grüezi")
    assert {"generation", "text", "reasoning", "refusal", "tool_calls", "usage", "error", "problem"} <= set(reading)
    assert shown["messages"] == []


def test_bodies(looked: Wiretape) -> None:
    """Decoded or as stored."""
    raw = looked.json("show", "1")["response_bytes"]
    decoded = looked("show", "1", "--body", "response").out
    assert json.loads(decoded)["success"] is True
    stored = looked.folder / "stored"
    looked.folder.joinpath("dump.sh").write_text(f'"$@" > {stored}')
    with sqlite3.connect(looked.cassette) as connection:
        (piece,) = connection.execute(
            "SELECT bytes FROM piece JOIN interaction ON body_id = response_body_id WHERE interaction.id = 1"
        ).fetchone()
    connection.close()
    assert len(piece) == raw
    assert gzip.decompress(piece).decode() == decoded
    assert json.loads(looked("show", "1", "--body", "request").out)["model"] == "gpt-4o"


def test_for_people(looked: Wiretape) -> None:
    """Nothing is cut when piped; a stream shows when it came and what it said."""
    listed = looked("ls").out.splitlines()
    assert len(listed) == 3
    assert "/v1/model/response" in listed[1]
    shown = looked("show", "2").out
    assert "text: Grüezi" in shown
    assert "10 chunks, complete" in shown
    assert "█" in shown
    assert "default" in looked("sessions").out


def test_no_key_reaches_the_disk(looked: Wiretape) -> None:
    """Nor the terminal."""
    assert b"ak_very_secret_key_of_mine" not in looked.cassette.read_bytes()
    for command in (["ls"], ["show", "1"], ["show", "1", "--json"]):
        assert "ak_very_secret_key_of_mine" not in looked(*command).out


def test_the_schema_reads_like_documentation(looked: Wiretape) -> None:
    """Every table says what it is, every view can be read."""
    connection = sqlite3.connect(looked.cassette)
    tables = connection.execute(
        "SELECT name, sql FROM sqlite_schema WHERE type IN ('table', 'view') AND sql LIKE '%--%'"
    )
    described = {name for name, _ in tables}
    assert {"session", "interaction", "body", "piece", "chunk", "reading", "tool_call", "conversation"} <= described
    rows = connection.execute("SELECT method, prompt, text FROM conversation").fetchall()
    assert [row[:2] for row in rows] == [("POST", "Hello [[gzip]]"), ("POST", "Hello")]
    assert connection.execute("SELECT rowid FROM said WHERE said MATCH 'answer'").fetchall() == [(1,), (2,)]
    connection.close()


@pytest.mark.parametrize("name", ["9", "other/1", "default/9"])
def test_what_is_not_there(looked: Wiretape, name: str) -> None:
    """One line."""
    done = looked("show", name)
    assert (done.code, done.out) == (2, "")
    assert "wiretape ls" in done.err


def test_a_closed_pipe_is_no_error(looked: Wiretape) -> None:
    """`wiretape ls | head -1` stays quiet."""
    ls = f"{sys.executable} -m wiretape ls --json -c {looked.cassette}"
    done = looked(
        "record", "--upstream", "http://127.0.0.1:1", "--session", "pipe", "--", "sh", "-c", f"{ls} | head -1"
    )
    assert done.out == "[\n"
    assert "BrokenPipe" not in done.err
    assert "Traceback" not in done.err
    assert looked("--version", cassette=False).out.startswith("wiretape ")


def test_reindex_makes_readings_anew(looked: Wiretape) -> None:
    """What is derived can be thrown away; what is shown is the same without it, and after it is made again."""
    before = looked("ls", "--json").out, looked("show", "2", "--json").out
    connection = sqlite3.connect(looked.cassette)
    for table in ("reading", "tool_call", "said"):
        connection.execute(f"DELETE FROM {table}")
    connection.execute("UPDATE interaction SET kind = NULL")
    connection.commit()
    assert (looked("ls", "--json").out, looked("show", "2", "--json").out) == before
    done = looked("reindex")
    assert (done.code, done.out) == (0, "")
    assert "read 2 answers" in done.err
    assert "0 of them not understood" in done.err
    assert connection.execute("SELECT rowid FROM said WHERE said MATCH 'answer'").fetchall() == [(1,), (2,)]
    assert connection.execute("SELECT generation FROM reading").fetchall() == [("G4",), ("G4",)]
    connection.close()
    assert (looked("ls", "--json").out, looked("show", "2", "--json").out) == before
