"""`POST /v1/model/response` and what belongs to it: whole turns, streams, reconnecting, cancelling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wiretape.addons.standin import background, threads
from wiretape.addons.standin.answer import Answer, json_answer
from wiretape.addons.standin.counter import tag
from wiretape.addons.standin.failures import failure
from wiretape.addons.standin.framing import framing_of
from wiretape.addons.standin.generations import GENERATIONS
from wiretape.addons.standin.run import Run, run_of
from wiretape.addons.standin.turn import Turn, turn_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wiretape.addons.standin.call import Call

_STYLE_OF = {"G2a": "B", "G2b": "B", "G3": "C", "G4": "D"}
_CAMEL = {"organizationId", "threadId", "assistantId", "maxTokens", "responseFormat"}
_KEPT_FROM_S = 5
"""From this many seconds on, cancelling keeps what was said; before, it takes the question back."""


def create(call: Call) -> Answer:
    """A turn, whole or streamed, as the body asks; its path and headers do not tell which."""
    if not isinstance(call.body.get("inputs"), list):
        return failure(call, 422, message="Field required", dialect="detail")
    turn = turn_of(call)
    threads.remember(call, turn)
    if call.body.get("background"):
        return background.submit(call, turn)
    if call.body.get("stream"):
        return stream(call, turn)
    return json_answer(GENERATIONS[_generation(call)](turn))


def create_stream(call: Call) -> Answer:
    """The path that one guide has for streams."""
    return stream(call, turn_of(call))


def _generation(call: Call) -> str:
    """As asked for, else by the body's own dialect: a camelCase client of old could read nothing newer."""
    return call.scenario.generation or ("G2b" if _CAMEL & call.body.keys() else "G4")


def stream(call: Call, turn: Turn, style: str = "") -> Answer:
    """A turn as a stream."""
    style = style or call.scenario.style or _STYLE_OF[_generation(call)]
    run = run_of(turn, style, call.scenario)
    call.memory.runs[str(turn.thread)] = run
    return stream_answer(run.live(), run.framing.content_type)


def stream_answer(frames: Iterator[bytes], content_type: str) -> Answer:
    """The answer that carries a stream's frames."""
    headers = [("Content-Type", content_type), ("cache-control", "no-cache"), ("X-Accel-Buffering", "no")]
    return Answer(200, headers, frames, paced=True)


def reconnect(call: Call) -> Answer:
    """The rest of a stream, after the events that the client has seen; of a forgotten one, only its end."""
    thread = call.params["thread"]
    seen = call.query.get("last_event_id") or call.request.header("last-event-id") or "0"
    framing = framing_of("D", call.scenario)
    after = int(seen) if seen.isdigit() else 0
    run = call.memory.runs.get(thread)
    if run is None:
        return stream_answer(_synthesised(call, thread, after).resume(after, framing), framing.content_type)
    return stream_answer(run.resume(after, framing), framing.content_type)


def _synthesised(call: Call, thread: str, after: int) -> Run:
    """A run of which the buffer has expired: everything but its completion is taken as seen."""
    call.json = {**call.body, "thread_id": thread}
    run = run_of(turn_of(call), "D", call.scenario)
    run.events = [run.events[0]] * after + run.events[-1:]
    run.sent = after
    return run


def cancel(call: Call) -> Answer:
    """Stop a stream. A young one is taken back with its question, an older one is kept as far as it went."""
    run = call.memory.runs.get(call.params["thread"])
    active = run is not None and not run.finished
    if run is not None:
        run.cancelled = True
    kept = call.scenario.elapsed >= _KEPT_FROM_S
    told = {
        "success": active,
        "cancel_mode": "keep_partial" if kept else "quick_edit",
        "elapsed_seconds": call.scenario.elapsed + call.n % 1000 / 1000,
        "user_message_deleted": not kept,
        "assistant_response_deleted": not kept,
        "trace_id": tag("req", call.n),
    }
    return json_answer({**told, "partial_content_saved": True} if kept else told)
