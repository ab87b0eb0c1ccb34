"""A response stream put together: text, reasoning, calls of tools, usage, ids, and whether its own end was seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from wiretape.store.aitronos import events, g1, telling
from wiretape.store.aitronos.mending import mended
from wiretape.store.aitronos.objects import objects
from wiretape.store.aitronos.unknown import CAP, unknown_fields
from wiretape.store.aitronos.wire import decoder, tree
from wiretape.store.sse import events_of

if TYPE_CHECKING:
    from wiretape.store.aitronos.wire import Json
    from wiretape.store.aitronos.words import Generation, Reading
    from wiretape.store.sse import Event

_ORDER: Final[tuple[Generation, ...]] = ("G3", "G4", "G2b")
"""Each may send what the ones before it send, if only by a gateway's doing; none before it sends its own words."""


def tell_sse(body: bytes, reading: Reading) -> None:
    """Puts a server-sent stream into *reading* (styles B, C, D, and G1 events in such frames)."""
    assembly = Assembly(reading)
    for event in events_of(body):
        assembly.frame(event)
    assembly.finish()


def tell_objects(body: bytes, reading: Reading) -> None:
    """Puts a stream of bare JSON objects into *reading* (style A)."""
    assembly = Assembly(reading)
    spans, _ = objects(body)
    for start, end in spans:
        reading.events += 1
        assembly.payload(body[start:end], "")
    assembly.finish()


class Assembly:
    """Takes a stream's events one by one and fills a reading at the end."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.parts = telling.Parts()
        self.runs: list[g1.RunEvent] = []
        self.generation: Generation | None = "G4" if reading.operation == "reconnect_stream" else None
        self.ended = False
        self.seen: set[str] = set()
        self.unknown = dict.fromkeys(reading.unknown)

    def frame(self, event: Event) -> None:
        """Takes one frame. One whose id was there before is a reconnect's overlap, and counted only."""
        reading = self.reading
        if event.data is None:
            reading.heartbeats += bool(event.comments)
            return
        reading.events += 1
        if event.id is not None:
            reading.last_event_id = event.id
            if event.id in self.seen:
                reading.replayed += 1
                return
            self.seen.add(event.id)
        if event.data.strip() == events.DONE:
            self.ended = True
            self._is("G4")
        else:
            self.payload(event.data.encode(), "" if event.event == "message" else event.event, whole=event.whole)

    def payload(self, data: bytes, name: str, *, whole: bool = True) -> None:
        """Takes the JSON of one event; *name* is what its frame called it."""
        try:
            node = tree(data)
        except msgspec.DecodeError as error:
            if whole:
                self._complain(f"event {self.reading.events}: {error}")
            return
        if not isinstance(node, dict):
            self._complain(f"event {self.reading.events}: no JSON object")
            return
        self.reading.replayed += node.get("source") == "replay"
        names = (node.get("event"), name, node.get("type"))
        self._named(next((one for one in names if one and isinstance(one, str)), ""), data, node)

    def finish(self) -> None:
        """Nothing follows: the reading is filled."""
        reading = self.reading
        if self.runs:
            count = reading.events
            g1.tell_events(self.runs, reading)
            reading.events = count
        else:
            telling.finish(self.parts, reading)
        reading.stream_ended = self.ended
        reading.generation = self._generation()
        reading.unknown = list(self.unknown)[:CAP]

    def _named(self, name: str, data: bytes, node: Json) -> None:
        is_run = name.startswith("thread.") or (name == "error" and bool(self.runs))
        type_ = g1.RunEvent if is_run else events.EVENTS.get(name)
        if type_ is None:
            self._foreign(name)
            return
        if len(self.unknown) < CAP:
            self.unknown.update((f"{name}: {path}", None) for path in unknown_fields(node, type_))
        event = self._decoded(name, data, type_)
        if isinstance(event, g1.RunEvent):
            self.runs.append(event)
            self.ended = self.ended or name in g1.ENDS
        elif event is not None:
            self.ended = self.ended or name in events.ENDS
            if name in events.GENERATION_OF:
                self._is(events.GENERATION_OF[name])
            if telling.take(event, self.parts, self.reading):
                self._is("G4")

    def _decoded[T](self, name: str, data: bytes, type_: type[T]) -> T | None:
        try:
            return decoder(type_).decode(data)
        except msgspec.DecodeError:
            event, complaints = mended(data, type_)
            if complaints:
                self._complain(f"{name}: {'; '.join(complaints)}")
            return event

    def _foreign(self, name: str) -> None:
        """An event of another endpoint's stream, or news: the response endpoints' names are all known."""
        if self.reading.family == "responses":
            self.unknown[f"event {msgspec.json.encode(name[:60]).decode()}"] = None
        elif name in events.OTHER_ENDS:
            self.ended = True

    def _is(self, generation: Generation) -> None:
        if self.generation is None or _ORDER.index(generation) > _ORDER.index(self.generation):
            self.generation = generation

    def _generation(self) -> Generation | None:
        if self.runs:
            return "G1"
        if (self.reading.thread_id or "").startswith("thrd_") and self.parts.told:
            self._is("G4")
        if self.generation is None and self.parts.told:
            return "G3" if self.reading.thread_id else "G2b"
        return self.generation

    def _complain(self, complaint: str) -> None:
        self.reading.problem = self.reading.problem or complaint
