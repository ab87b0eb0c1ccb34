"""Images and documents: an answer that is a PNG, and a form that becomes a job to poll."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from wiretape.addons.standin.answer import Answer, json_answer
from wiretape.addons.standin.counter import iso_time, tag
from wiretape.addons.standin.failures import failure

if TYPE_CHECKING:
    from wiretape.addons.standin.call import Call
    from wiretape.addons.standin.jsontext import Json

_STATES = ("pending", "processing", "completed")
_SIDE = 16


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(n: int) -> bytes:
    """A small square in a colour of its own, with the number of the answer written into it."""
    colour = bytes((n * 37 % 256, n * 59 % 256, n * 83 % 256))
    rows = (b"\0" + colour * _SIDE) * _SIDE
    head = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)
    said = b"Comment\0answer %d" % n
    chunks = ((b"IHDR", head), (b"tEXt", said), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def generate(call: Call) -> Answer:
    """An image's bytes."""
    headers = [
        ("Content-Type", "image/png"),
        ("X-Provider", str(call.body.get("provider") or "openai")),
        ("X-Provider-Request-Id", tag("prov", call.n)),
        ("X-Provider-Credits-Consumed", "1"),
    ]
    return Answer(200, headers, png(call.n))


def extract(call: Call) -> Answer:
    """Begin a job on a document, or do it at once if the form says `sync`.

    Without `schema` it is refused, which is what a retry of the official SDK meets: it sends the file only.
    """
    fields = {part.name: part.start.decode("utf-8", "replace") for part in call.request.parts}
    if "schema" not in fields:
        return failure(call, 422, message="Field required", dialect="detail", field="schema")
    job = tag("job", call.n)
    at_once = fields.get("sync", "").lower() == "true"
    return json_answer(_job(call, job, _STATES[-1] if at_once else _STATES[0]), 200, *_costs(call.n))


def job(call: Call) -> Answer:
    """How far a job is; each poll finds it one state further."""
    name = call.params["job"]
    return json_answer(_job(call, name, call.memory.poll(name, _STATES)), 200, *_costs(call.n))


def _job(call: Call, name: str, state: str) -> Json:
    told: Json = {"success": True, "job_id": name, "status": state, "created_at": iso_time(call.n)}
    if state == _STATES[-1]:
        told |= {
            "extracted_data": {"total": call.n},
            "confidence": {"image_analysis": 90, "data_extraction": 91, "validation": 92, "overall": 91},
            "processing_time": 0.5,
            "completed_at": iso_time(call.n),
        }
    return told


def _costs(n: int) -> list[tuple[str, str]]:
    return [("X-Processing-Method", "text"), ("X-Model-Used", "gpt-4o"), ("X-Cost-CHF", f"0.{n % 1000:03d}")]
