"""The oldest generation that clients still speak: runs of a thread, as bare JSON objects, an array, or polled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wiretape.addons.standin.answer import Answer, json_answer
from wiretape.addons.standin.counter import tag
from wiretape.addons.standin.responses import stream
from wiretape.addons.standin.run import run_of
from wiretape.addons.standin.turn import turn_of

if TYPE_CHECKING:
    from wiretape.addons.standin.call import Call
    from wiretape.addons.standin.jsontext import Json

_STATES = ("queued", "in_progress", "completed")


def run_stream(call: Call) -> Answer:
    """A run, streamed unless the body says otherwise: in this generation an absent `stream` means yes."""
    if call.body.get("stream", True):
        return stream(call, turn_of(call), call.scenario.style or "A")
    run = run_of(turn_of(call), "A", call.scenario)
    events: list[Json] = [{"event": event.name, **event.payload} for event in run.events if event.name]
    return json_answer(events)


def run_create(call: Call) -> Answer:
    """A run to be polled."""
    return json_answer({"runKey": tag("run", call.n), "threadKey": str(turn_of(call).thread)})


def run_status(call: Call) -> Answer:
    """How far a run is; an old client asks by GET with a JSON body."""
    run = str(call.body.get("run_key"))
    return json_answer({"runStatus": call.memory.poll(run, _STATES), "traceId": tag("req", call.n)})


def run_response(call: Call) -> Answer:
    """What a run said."""
    return json_answer({"response": turn_of(call).text})
