"""Threads and their messages: created, listed with cursors, changed, deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wiretape.addons.standin.answer import Answer, json_answer, no_content
from wiretape.addons.standin.counter import iso_time, tag
from wiretape.addons.standin.failures import failure
from wiretape.addons.standin.jsontext import Json, as_list, as_object, dumps

if TYPE_CHECKING:
    from wiretape.addons.standin.call import Call
    from wiretape.addons.standin.turn import Turn

_MESSAGES_KEPT = 100
_EDITABLE = ("title", "metadata", "assistant_id", "visible_in_ui")


def create(call: Call) -> Answer:
    """A new thread."""
    thread = _new(call, tag("thrd", call.n))
    return json_answer(_shown(call, thread))


def create_oldest(call: Call) -> Answer:
    """A new thread for clients of the oldest generation, who get its key and nothing else."""
    return json_answer({"threadKey": _new(call, tag("thrd", call.n))["id"]})


def _new(call: Call, thread_id: str) -> Json:
    thread: Json = {
        "id": thread_id,
        "object": "thread",
        "created_at": iso_time(call.n),
        "organization_id": call.organization,
        "user_id": "usr_1",
        "title": None,
        "metadata": {},
        "assistant_id": None,
        "visible_in_ui": True,
        "last_model_used": None,
        "is_pinned": False,
        "pinned_at": None,
        "space_ids": [],
    }
    thread |= {key: call.body[key] for key in _EDITABLE if key in call.body}
    call.memory.threads[thread_id] = thread
    call.memory.messages[thread_id] = []
    return thread


def _shown(call: Call, thread: Json) -> Json:
    """A thread as the API shows it now."""
    messages = call.memory.messages.get(thread["id"], [])
    run = call.memory.runs.get(thread["id"])
    return {
        **thread,
        "updated_at": iso_time(call.n),
        "last_message_at": messages[-1]["created_at"] if messages else None,
        "message_count": len(messages),
        "status": "streaming" if run and not run.finished else "inactive",
    }


def _page(call: Call, entries: list[Json]) -> Json:
    """One page of a list, by the cursors `after` and `before`, in the order asked for."""
    ordered = entries if call.query.get("order") == "asc" else entries[::-1]
    ids = [entry["id"] for entry in ordered]
    start = ids.index(call.query["after"]) + 1 if call.query.get("after") in ids else 0
    end = ids.index(call.query["before"]) if call.query.get("before") in ids else len(ids)
    wanted = call.query.get("limit", "")
    limit = int(wanted) if wanted.isdigit() else 20
    data = ordered[start:end][:limit]
    ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {"first_id": None, "last_id": None}
    return {"object": "list", "data": data, **ends, "has_more": end - start > limit, "limit": limit}


def listing(call: Call) -> Answer:
    """The threads, newest first."""
    page = _page(call, list(call.memory.threads.values()))
    shown = [_shown(call, thread) for thread in page["data"]]
    return json_answer({**page, "data": shown, "total": len(call.memory.threads), "as_of": iso_time(call.n)})


def show(call: Call) -> Answer:
    """One thread."""
    thread = call.memory.threads.get(call.params["thread"])
    return _missing(call) if thread is None else json_answer(_shown(call, thread))


def change(call: Call) -> Answer:
    """Change what may be changed of a thread."""
    thread = call.memory.threads.get(call.params["thread"])
    if thread is None:
        return _missing(call)
    thread |= {key: call.body[key] for key in _EDITABLE if key in call.body}
    return json_answer(_shown(call, thread))


def delete(call: Call) -> Answer:
    """Delete a thread; there is nothing to say about it, also when it never was."""
    call.memory.threads.pop(call.params["thread"], None)
    call.memory.messages.pop(call.params["thread"], None)
    return no_content()


def delete_all(call: Call) -> Answer:
    """Delete every thread."""
    count = len(call.memory.threads)
    call.memory.threads.clear()
    call.memory.messages.clear()
    return json_answer({"deleted": count, "message": f"Deleted {count} threads (answer {call.n})"})


def messages(call: Call) -> Answer:
    """The messages of a thread, and of a running stream the last event."""
    thread_id = call.params["thread"]
    page = _page(call, call.memory.messages.get(thread_id, []))
    run = call.memory.runs.get(thread_id)
    active = {"active_run": {"last_event_id": run.sent}} if run and not run.finished else {}
    return json_answer({**page, **active, "as_of": iso_time(call.n)})


def remember(call: Call, turn: Turn) -> None:
    """Keep a turn's question and answer in its thread, unless the request forbids it."""
    if call.body.get("store") is False:
        return
    thread_id = str(turn.thread)
    thread = call.memory.threads.get(thread_id) or _new(call, thread_id)
    thread["last_model_used"] = turn.model
    asked = as_list(call.body.get("inputs"))
    question = as_object(asked[-1]).get("content") if asked else None
    said = [("user", question if isinstance(question, str) else dumps(question).decode()), ("assistant", turn.text)]
    kept = call.memory.messages.setdefault(thread_id, [])
    for role, content in said:
        message_id = tag("msg", call.n) + ("_q" if role == "user" else "")
        entry = {"id": message_id, "created_at": iso_time(call.n), "thread_id": thread_id}
        kept.append({**entry, "role": role, "content": content, "metadata": {}})
    del kept[:-_MESSAGES_KEPT]


def _missing(call: Call) -> Answer:
    return failure(call, 404, code="THREAD_NOT_FOUND", message="Thread not found.")
