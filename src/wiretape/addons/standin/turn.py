"""What the assistant says this time: one turn's content, before any generation or style gives it a form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wiretape.addons.standin.counter import tag
from wiretape.addons.standin.jsontext import Json, as_list, as_object, dumps

if TYPE_CHECKING:
    from wiretape.addons.standin.call import Call

_REFUSAL = "I cannot help with that."


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One turn of the assistant.

    Attributes:
        n: the number of the answer.
        thread: id of the thread, the client's own if it sent one; an integer in the oldest generation.
        response_id: id of the response.
        model: as asked for.
        organization: the organization's id.
        deltas: the text in the pieces in which it streams.
        tool: the tool that is called instead of an answer, as `{"name", "arguments"}`.
        reasoning: the thoughts, None where none were asked for.
        refused: the text is a refusal.
        mode: the output mode.
        include: the extras asked for.
        metadata: the client's own, sent back.
    """

    n: int
    thread: str | int
    response_id: str
    model: str
    organization: str
    deltas: tuple[str, ...]
    tool: Json | None
    reasoning: str | None
    refused: bool
    mode: str
    include: tuple[str, ...]
    metadata: Json

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.deltas)

    @property
    def call_id(self) -> str:
        """Id of the tool call."""
        return tag("call", self.n)

    @property
    def blocks(self) -> list[Json]:
        """The turn as the blocks of generation G3."""
        if self.tool is None:
            return [{"type": "text", "content": self.text}]
        name, arguments = self.tool["name"], self.tool["arguments"]
        return [{"type": "tool_call", "tool_name": name, "tool_arguments": arguments}]

    def includes(self, extra: str) -> bool:
        """Whether an extra was asked for."""
        return extra in self.include or "all" in self.include


def turn_of(call: Call) -> Turn:
    """The turn that answers a call."""
    body, scenario = call.body, call.scenario
    mode = str(body.get("output_mode") or "text")
    reasoned = as_object(body.get("reasoning")).get("effort") not in {None, "off", "none"}
    return Turn(
        n=call.n,
        thread=_thread(call),
        response_id=tag("resp", call.n),
        model=str(body.get("model") or "gpt-4o"),
        organization=call.organization,
        deltas=_deltas(call, mode),
        tool=_tool(call),
        reasoning=f"Weighing thought {call.n}." if reasoned or scenario.reasoning else None,
        refused=scenario.refusal,
        mode=mode,
        include=tuple(str(extra) for extra in as_list(body.get("include"))),
        metadata=as_object(body.get("metadata")),
    )


def _thread(call: Call) -> str | int:
    given = call.body.get("thread_id") or call.body.get("threadId") or call.body.get("thread")
    if isinstance(given, dict):
        given = as_object(given).get("id")
    if isinstance(given, int):
        return given
    prefix = "thread" if call.scenario.generation == "G3" else "thrd"
    return str(given or tag(prefix, call.n))


def _deltas(call: Call, mode: str) -> tuple[str, ...]:
    """The text in pieces; every form of it holds the answer's number, and most hold characters beyond ASCII."""
    n, scenario = call.n, call.scenario
    if scenario.mega:
        return ((f"answer {n} " + "0123456789abcdef" * (scenario.mega // 16 + 1))[: scenario.mega],)
    if scenario.tiny:
        return (f"answer {n} ", *(f"{index} " for index in range(1, scenario.tiny)))
    if scenario.refusal:
        return (_REFUSAL[:9], f"{_REFUSAL[9:]} ({n})")
    if mode.startswith("json"):
        return ('{"greeting":"Grüezi 👋",', f'"answer":{n}}}')
    mark = "**" if mode == "text" else ""
    tail = ("\ud83d",) if scenario.surrogate else ()
    return ("Grüezi ", "👋, ", "this is ", f"{mark}answer {n}{mark}", ".", *tail)


def _tool(call: Call) -> Json | None:
    """The tool call, if the request offers tools and does not yet bring a tool's result."""
    offered = [as_object(tool) for tool in as_list(call.body.get("tools"))]
    brings_result = any(as_object(entry).get("role") == "tool" for entry in as_list(call.body.get("inputs")))
    if not call.scenario.tool and (not offered or brings_result):
        return None
    names: list[Any] = [tool.get("name") or as_object(tool.get("function")).get("name") for tool in offered]
    name = next((str(name) for name in names if name), "get_weather")
    return {"name": name, "arguments": {"city": "Zürich", "answer": call.n}}


def arguments_text(turn: Turn) -> str:
    """The tool's arguments as the JSON string that older generations carry."""
    return dumps(turn.tool["arguments"]).decode() if turn.tool else ""
