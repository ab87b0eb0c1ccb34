"""The JSON object of a whole turn, in each generation of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wiretape.addons.standin.counter import tag, unix_time
from wiretape.addons.standin.turn import arguments_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wiretape.addons.standin.jsontext import Json
    from wiretape.addons.standin.turn import Turn

_INPUT = 24


def neurons(turn: Turn) -> Json:
    """Usage in the unit of generation G2a: reasoning comes on top of the output, and is absent when there is none."""
    output = len(turn.deltas)
    reasoning = {"reasoningSynapses": turn.n} if turn.reasoning else {}
    return {
        "inputNeurons": _INPUT,
        "outputSynapses": output,
        "totalSynapses": _INPUT + output + sum(reasoning.values()),
        **reasoning,
    }


def tokens(turn: Turn) -> Json:
    """Usage in tokens, as the guides of generation G2b have it."""
    output = len(turn.deltas)
    return {"input_tokens": _INPUT, "output_tokens": output, "total_tokens": _INPUT + output}


def _g2a(turn: Turn) -> Json:
    message: Json = {"role": "assistant", "content": turn.text}
    finish = "stop"
    if turn.tool:
        function = {"name": turn.tool["name"], "arguments": arguments_text(turn)}
        calls = [{"id": turn.call_id, "type": "function", "function": function}]
        message |= {"content": None, "toolCalls": calls}
        finish = "tool_calls"
    elif turn.refused:
        message |= {"content": None, "refusal": turn.text}
        finish = "content_filter"
    return {
        "id": turn.response_id,
        "object": "response",
        "createdAt": unix_time(turn.n),
        "model": turn.model,
        "choices": [{"index": 0, "message": message, "finishReason": finish, "logprobs": None}],
        "usage": neurons(turn),
        "organizationId": turn.organization,
        "threadId": turn.thread,
        "metadata": turn.metadata,
        "systemFingerprint": f"fp_2024_10_{turn.n:02d}",
        "serviceTier": "default",
    }


def output_items(turn: Turn) -> list[Json]:
    """The `output` array of generation G2b, which background polling answers too."""
    if turn.tool:
        call = {"type": "function_call", "id": turn.call_id, "name": turn.tool["name"]}
        return [{**call, "arguments": arguments_text(turn)}]
    content: list[Json] = [{"type": "output_text", "text": turn.text, "annotations": []}]
    message = {"type": "message", "id": tag("msg", turn.n), "status": "completed", "role": "assistant"}
    return [{**message, "content": content}]


def _g2b(turn: Turn) -> Json:
    return {
        "id": turn.response_id,
        "object": "response",
        "createdAt": unix_time(turn.n),
        "status": "completed",
        "model": turn.model,
        "output": output_items(turn),
        "error": None,
        "usage": tokens(turn),
        "threadId": turn.thread,
    }


def _extras(turn: Turn) -> Json:
    """The optional fields that generations G3 and G4 share."""
    found: Json = {"reasoning_content": turn.reasoning} if turn.reasoning else {}
    used = {"name": turn.tool["name"], "arguments": turn.tool["arguments"]} if turn.tool else None
    if used and turn.includes("tools.used"):
        found["tools"] = {"used": [{**used, "success": True, "result_preview": f"preview {turn.n}"}]}
    if turn.includes("rules"):
        found["rules"] = [{"rule_id": tag("rule", turn.n), "name": "Be brief", "priority": 50}]
    return found


def _g3(turn: Turn) -> Json:
    whole: Json = {"success": True, "thread_id": turn.thread}
    if turn.mode != "blocks":
        whole["response"] = turn.text if not turn.tool else ""
    if turn.mode == "blocks" or turn.tool:
        whole["response_blocks"] = turn.blocks
    return {**whole, "response_id": turn.response_id, "is_summarized": False, **_extras(turn)}


def content_blocks(turn: Turn) -> list[Json]:
    """The `response` array of generation G4."""
    if turn.tool:
        return [{"type": "tool_use", "id": turn.call_id, "name": turn.tool["name"], "input": turn.tool["arguments"]}]
    return [{"type": "text", "text": turn.text}]


def _g4(turn: Turn) -> Json:
    whole: Json = {
        "success": True,
        "thread_id": turn.thread,
        "response": content_blocks(turn),
        "stop_reason": "tool_use" if turn.tool else "end_turn",
        "response_id": turn.response_id,
        "is_summarized": False,
    }
    if turn.mode in {"blocks", "structured"}:
        whole["response_blocks"] = turn.blocks
    return {**whole, **_extras(turn)}


GENERATIONS: Final[Mapping[str, Callable[[Turn], Any]]] = {"G2a": _g2a, "G2b": _g2b, "G3": _g3, "G4": _g4}
"""The generations that `POST /v1/model/response` has had."""
