"""What the API says about itself: health, models, output modes, reasoning levels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wiretape.addons.standin.answer import Answer, json_answer
from wiretape.addons.standin.counter import tag

if TYPE_CHECKING:
    from wiretape.addons.standin.call import Call
    from wiretape.addons.standin.jsontext import Json

MODELS_TAG = 'W/"models-2025-01-01"'
"""The weak tag of the model list, which stays while the answers differ."""


def welcome(call: Call) -> Answer:
    """The root."""
    return json_answer({"service": "freddy", "request_id": tag("req", call.n)})


def health(call: Call) -> Answer:
    """The service lives."""
    return json_answer({"status": "healthy", "request_id": tag("req", call.n)})


def health_details(call: Call) -> Answer:
    """The service and its parts live."""
    parts = [{"name": "database", "status": "healthy", "details": f"answer {call.n}"}]
    return json_answer({"status": "healthy", "components": parts})


def to_slash(call: Call) -> Answer:
    """The redirect to the path with a slash: absolute, and to whatever host the client named."""
    path, _, query = call.request.origin_form.partition("?")
    location = f"{call.origin}{path}/{'?' if query else ''}{query}"
    return Answer(307, [("Location", location)])


def models(call: Call) -> Answer:
    """The models; 304 for clients that hold the list already."""
    known = call.request.header("if-none-match")
    if known and (known == "*" or MODELS_TAG in known):
        return Answer(304, [("ETag", MODELS_TAG)])
    listed = [_model(call, key) for key in ("gpt-4o", "claude-sonnet-4", "ftg-3.0")]
    return json_answer({"models": listed, "total_count": len(listed)}, 200, ("ETag", MODELS_TAG))


def _model(call: Call, key: str) -> Json:
    return {
        "id": f"model_{key}",
        "key": key,
        "name": key.upper(),
        "description": f"As of answer {call.n}",
        "is_visible_in_ui": True,
        "is_deprecated": False,
        "availability_status": "available",
        "context_window": 128_000,
    }


def output_modes(call: Call) -> Answer:
    """The ways in which a turn can be told."""
    modes = [_choice("mode", mode, "text", call.n) for mode in ("text", "plain", "structured")]
    return json_answer({"success": True, "output_modes": modes})


def reasoning_levels(call: Call) -> Answer:
    """How hard the model may think."""
    levels = [_choice("level", level, "off", call.n) for level in ("off", "low", "medium", "high", "maximum")]
    return json_answer({"success": True, "reasoning_levels": levels})


def _choice(kind: str, name: str, default: str, n: int) -> Json:
    return {kind: name, "description": f"{name}, as of answer {n}", "is_default": name == default}
