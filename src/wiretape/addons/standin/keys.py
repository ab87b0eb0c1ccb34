"""API keys: created and rotated with a secret that is shown once, listed and deleted without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wiretape.addons.standin.answer import Answer, json_answer
from wiretape.addons.standin.counter import iso_time, tag
from wiretape.addons.standin.failures import failure
from wiretape.addons.standin.tokens import api_key

if TYPE_CHECKING:
    from wiretape.addons.standin.call import Call
    from wiretape.addons.standin.jsontext import Json


def _new(call: Call) -> Json:
    """A new key's public face; its id looks like a key and is none."""
    key: Json = {
        "id": tag("ak", call.n),
        "organization_id": call.organization,
        "key_name": str(call.body.get("key_name") or f"key {call.n}"),
        "key_prefix": api_key(call.n)[:10],
        "is_active": True,
        "is_paused": False,
        "usage_limit_chf": call.body.get("usage_limit_chf"),
        "scopes": call.body.get("scopes"),
        "metadata": call.body.get("metadata"),
        "created_by": "usr_1",
        "created_at": iso_time(call.n),
        "expires_at": call.body.get("expires_at"),
    }
    call.memory.keys[key["id"]] = key
    return key


def create(call: Call) -> Answer:
    """A new key, secret and all."""
    return json_answer({**_new(call), "key": api_key(call.n)}, 201)


def rotate(call: Call) -> Answer:
    """A new key in place of an old one."""
    old = call.params["key"]
    call.memory.keys.pop(old, None)
    new = {**_new(call), "key": api_key(call.n)}
    return json_answer({"success": True, "message": "Key rotated", "old_key_id": old, "new_key": new})


def listing(call: Call) -> Answer:
    """The keys, without their secrets."""
    shown = [{**key, "last_used_at": iso_time(call.n)} for key in call.memory.keys.values()]
    told = {"keys": shown, "total": len(shown), "page": 1, "page_size": 50}
    return json_answer({**told, "as_of": iso_time(call.n)})


def show(call: Call) -> Answer:
    """One key, without its secret."""
    key = call.memory.keys.get(call.params["key"])
    if key is None:
        return failure(call, 404, code="API_KEY_NOT_FOUND", message="API key not found.")
    return json_answer({**key, "last_used_at": iso_time(call.n)})


def delete(call: Call) -> Answer:
    """One key less."""
    call.memory.keys.pop(call.params["key"], None)
    return json_answer({"success": True, "message": f"Key deleted (answer {call.n})"})
