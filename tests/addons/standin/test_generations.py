"""The whole turn in each generation, as request and scenario ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

_TOOLS: list[dict[str, Any]] = [{"type": "function", "name": "get_weather", "parameters": {}}]


def ask(client: httpx.Client, words: str = "Hello!", **body: Any) -> Any:
    """A turn's JSON."""
    return client.post("/v1/model/response", json={"inputs": [{"role": "user", "content": words}], **body}).json()


def test_newest_by_default(client: httpx.Client) -> None:
    """Without a word the answer is of generation G4: an array of blocks and a stop reason."""
    answer = ask(client, thread_id="thrd_mine")
    assert answer["thread_id"] == "thrd_mine"
    assert answer["response"][0]["type"] == "text"
    assert "Grüezi 👋" in answer["response"][0]["text"]
    assert answer["stop_reason"] == "end_turn"


def test_tool_turn(client: httpx.Client) -> None:
    """A request that offers tools gets a tool call, one that brings a tool's result gets text."""
    answer = ask(client, tools=_TOOLS)
    assert answer["response"][0]["type"] == "tool_use"
    assert answer["response"][0]["name"] == "get_weather"
    assert answer["stop_reason"] == "tool_use"
    result = [{"role": "tool", "tool_call_id": answer["response"][0]["id"], "content": {"degrees": 20}}]
    assert ask(client, inputs=result, tools=_TOOLS)["stop_reason"] == "end_turn"


@pytest.mark.parametrize(
    ("generation", "keys"),
    [
        ("G2a", {"choices", "createdAt", "usage", "threadId", "systemFingerprint"}),
        ("G2b", {"output", "createdAt", "status"}),
        ("G3", {"success", "response", "response_id", "is_summarized"}),
        ("G4", {"success", "response", "response_id", "stop_reason"}),
    ],
)
def test_generation_by_word(client: httpx.Client, generation: str, keys: set[str]) -> None:
    """The word `gen` chooses the generation."""
    assert keys <= ask(client, f"[[gen={generation}]]").keys()


def test_old_clients_get_what_they_can_read(client: httpx.Client) -> None:
    """A camelCase body is answered in the generation whose SDK writes it."""
    assert ask(client, organizationId="org_1")["output"][0]["content"][0]["type"] == "output_text"


def test_oldest_counts_its_usage(client: httpx.Client) -> None:
    """In G2a the total is input, output and reasoning; a tool call and a refusal leave no content."""
    usage = ask(client, "[[gen=G2a]] [[reasoning]]")["usage"]
    assert usage["totalSynapses"] == usage["inputNeurons"] + usage["outputSynapses"] + usage["reasoningSynapses"]
    called = ask(client, "[[gen=G2a]] [[tool]]")["choices"][0]
    assert called["message"]["content"] is None
    assert called["finishReason"] == "tool_calls"
    refused = ask(client, "[[gen=G2a]] [[refusal]]")["choices"][0]
    assert refused["finishReason"] == "content_filter"
    assert refused["message"]["refusal"]


def test_output_modes(client: httpx.Client) -> None:
    """`plain` drops the markdown, `blocks` drops the text of G3, `structured` adds blocks to G4."""
    assert "**" in ask(client)["response"][0]["text"]
    assert "**" not in ask(client, output_mode="plain")["response"][0]["text"]
    blocks = ask(client, "[[gen=G3]]", output_mode="blocks")
    assert "response" not in blocks
    assert blocks["response_blocks"][0]["type"] == "text"
    assert ask(client, output_mode="structured")["response_blocks"]


def test_reasoning(client: httpx.Client) -> None:
    """Reasoning is told where effort asks for it."""
    assert "reasoning_content" in ask(client, reasoning={"effort": "low"})
    assert "reasoning_content" not in ask(client, reasoning={"effort": "off"})


def test_lone_surrogate(client: httpx.Client) -> None:
    """The text may hold an escape that no strict decoder takes."""
    answer = client.post("/v1/model/response", json={"inputs": [{"content": "[[surrogate]]"}]})
    assert b'\\ud83d"' in answer.content


def test_without_inputs(client: httpx.Client) -> None:
    """A request without inputs is refused in the dialect of the framework."""
    answer = client.post("/v1/model/response", json={"model": "x"})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "inputs"]


def test_oldest_path(client: httpx.Client) -> None:
    """The oldest path answers an array if told not to stream, and adjacent bare objects if told nothing."""
    events = client.post("/v1/messages/run-stream", json={"messages": [], "stream": False}).json()
    assert [event["event"] for event in events][-1] == "thread.run.completed"
    bare = client.post("/v1/messages/run-stream", json={"messages": []})
    assert bare.headers["content-type"] == "application/json"
    assert bare.text.startswith('{"event":"thread.run.created"')
    assert '}{"event":"thread.run.in_progress"' in bare.text


def test_oldest_polling(client: httpx.Client) -> None:
    """A run is polled by identical requests, also by GET with a body."""
    created = client.post("/v1/messages/run-create", json={"messages": []}).json()
    body = {"run_key": created["runKey"], "thread_key": created["threadKey"]}
    states = [client.request("GET", "/v1/messages/run-status", json=body).json()["runStatus"] for _ in range(3)]
    assert states == ["queued", "in_progress", "completed"]
    assert client.post("/v1/messages/run-response", json=body).json()["response"]
