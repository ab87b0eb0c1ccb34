"""Turns in the background: submitted, polled by identical requests until they are done, or cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wiretape.addons.standin.answer import Answer, json_answer
from wiretape.addons.standin.counter import unix_time
from wiretape.addons.standin.generations import output_items, tokens
from wiretape.addons.standin.turn import Turn, turn_of

if TYPE_CHECKING:
    from wiretape.addons.standin.call import Call
    from wiretape.addons.standin.jsontext import Json

STATES = ("queued", "in_progress", "completed")
_CANCELLED = "cancelled"


def submit(call: Call, turn: Turn) -> Answer:
    """Take a turn on; the answer has its id and nothing else yet."""
    call.memory.jobs[turn.response_id] = turn
    told = {"id": turn.response_id, "object": "response", "status": STATES[0], "created_at": unix_time(turn.n)}
    return json_answer({**told, "thread_id": turn.thread})


def poll(call: Call) -> Answer:
    """How far a turn is; each poll finds it one state further. An id never heard of is taken on as if it had been."""
    response_id = call.params["response"]
    job = call.memory.jobs.get(response_id)
    turn = job if isinstance(job, Turn) else turn_of(call)
    state = _CANCELLED if job == _CANCELLED else call.memory.poll(response_id, STATES)
    told: Json = {"id": response_id, "object": "response", "status": state, "created_at": unix_time(turn.n)}
    told |= {"model": turn.model, "polled_at": unix_time(call.n)}
    if state == STATES[-1]:
        told |= {"completed_at": unix_time(call.n), "output": output_items(turn), "usage": tokens(turn)}
    return json_answer(told)


def cancel(call: Call) -> Answer:
    """Give a turn up."""
    response_id = call.params["response"]
    call.memory.jobs[response_id] = _CANCELLED
    message = f"Response cancelled ({call.n})"
    return json_answer({"id": response_id, "status": _CANCELLED, "cancelledAt": unix_time(call.n), "message": message})
