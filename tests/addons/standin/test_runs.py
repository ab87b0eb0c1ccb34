"""Streams that are taken up again or cancelled, and turns in the background."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

    from tests.addons.standin.conftest import Raw

_STREAM: dict[str, Any] = {"inputs": [{"content": "Hello!"}], "stream": True, "thread_id": "thrd_1"}


def events(text: str) -> list[dict[str, Any]]:
    """The payloads of a stream's data lines."""
    data = [line[6:] for line in text.splitlines() if line.startswith("data: ")]
    assert data[-1] == "[DONE]"
    return [json.loads(line) for line in data[:-1]]


def test_reconnect_after_a_cut(raw: Raw, client: httpx.Client) -> None:
    """A reconnecting client gets what it missed, marked, and then the rest, unmarked, up to the end."""
    assert len(raw.ask("[[cut]]", stream=True, thread_id="thrd_1").chunks) == 3
    answer = client.get("/v1/model/response/thrd_1/stream", params={"last_event_id": 1})
    missed = events(answer.text)
    assert [event.get("source") for event in missed[:2]] == ["replay", "replay"]
    assert not any("source" in event for event in missed[2:])
    assert missed[-1]["event"] == "response.completed"
    assert answer.text.startswith("id: 2\n")


def test_reconnect_to_a_finished_run(client: httpx.Client) -> None:
    """The backlog of a finished stream is all there is."""
    whole = events(client.post("/v1/model/response", json=_STREAM).text)
    again = events(client.get("/v1/model/response/thrd_1/stream?last_event_id=0").text)
    assert [{**event, "source": "replay"} for event in whole] == again


def test_reconnect_to_a_forgotten_run(client: httpx.Client) -> None:
    """If the buffer has expired there is a completion and nothing else."""
    (event,) = events(client.get("/v1/model/response/thrd_gone/stream?last_event_id=7").text)
    assert event["event"] == "response.completed"
    assert event["thread_id"] == "thrd_gone"


def test_cancel_a_running_stream(client: httpx.Client) -> None:
    """Cancelling ends the stream with an event that tells how far it came."""
    body = {**_STREAM, "inputs": [{"content": "[[tiny]]"}]}
    delay = {"X-Standin-Frame-Delay-Ms": "5"}
    with client.stream("POST", "/v1/model/response", json=body, headers=delay) as answer:
        lines = answer.iter_lines()
        assert "response.processing" in next(line for line in lines if line.startswith("data"))
        told = client.post("/v1/model/response/thrd_1/cancel").json()
        rest = list(lines)
    assert told["success"]
    assert told["cancel_mode"] == "quick_edit"
    last = events("\n".join(rest))[-1]
    assert last["event"] == "response.cancelled"
    assert last["status"] == "cancelled"


def test_cancel_keeps_what_ran_long(client: httpx.Client) -> None:
    """From five seconds on what was said is kept; nothing running is no success."""
    told = client.post("/v1/model/response/thrd_1/cancel", headers={"X-Standin": "elapsed=6"}).json()
    assert told["cancel_mode"] == "keep_partial"
    assert told["partial_content_saved"]
    assert not told["success"]


def test_background_polling(client: httpx.Client) -> None:
    """Three identical polls find a turn queued, in progress and completed; then it stays so."""
    submitted = client.post("/v1/model/response", json={"inputs": [], "background": True}).json()
    assert submitted["status"] == "queued"
    polls = [client.get(f"/v1/model/response/{submitted['id']}").json() for _ in range(4)]
    assert [poll["status"] for poll in polls] == ["queued", "in_progress", "completed", "completed"]
    assert "output" not in polls[1]
    assert polls[2]["output"][0]["content"][0]["text"]


def test_background_cancel(client: httpx.Client) -> None:
    """A cancelled turn stays cancelled."""
    assert client.delete("/v1/model/response/resp_1").json()["status"] == "cancelled"
    assert client.get("/v1/model/response/resp_1").json()["status"] == "cancelled"


@pytest.mark.parametrize("sync", ["", "true"])
def test_document_jobs(client: httpx.Client, sync: str) -> None:
    """A document becomes a job that three polls complete, unless it is to be done at once."""
    form = {"schema": "{}", "sync": sync}
    job = client.post("/v1/documents/extract", data=form, files={"file": ("a.pdf", b"%PDF")}).json()
    assert job["status"] == ("completed" if sync else "pending")
    polls = [client.get(f"/v1/documents/jobs/{job['job_id']}").json()["status"] for _ in range(3)]
    assert polls == ["pending", "processing", "completed"]


def test_stream_and_its_reconnection_at_once(client: httpx.Client, raw: Raw) -> None:
    """Two watchers of one run both see all of its end."""
    slow = {"X-Standin-Frame-Delay-Ms": "20"}
    with client.stream("POST", "/v1/model/response", json=_STREAM, headers=slow) as first:
        lines = first.iter_lines()
        next(lines)
        second = raw.get("/v1/model/response/thrd_1/stream?last_event_id=0")
        text = "\n".join(lines)
    assert "response.completed" in text
    assert events(second.text)[-1]["event"] == "response.completed"
    assert events(second.text)[0]["source"] == "replay"
