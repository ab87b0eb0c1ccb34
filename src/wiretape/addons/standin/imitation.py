"""The API without sockets: a request goes in, an answer comes out, and both are counted."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wiretape.addons.standin import credentials, headers, jsontext, words
from wiretape.addons.standin.answer import Answer, json_answer
from wiretape.addons.standin.call import Call
from wiretape.addons.standin.failures import failure
from wiretape.addons.standin.log import Log
from wiretape.addons.standin.memory import Memory
from wiretape.addons.standin.routes import find
from wiretape.addons.standin.scenario import Scenario, UnknownWord, scenario_of
from wiretape.addons.standin.zipping import compress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wiretape.addons.standin.received import Received

_LOG = logging.getLogger(__name__)
_OWN = "/~standin/"


@dataclass(slots=True, kw_only=True)
class Imitation:
    """The imitated API and its memory.

    Attributes:
        numbers: where the numbers of answers come from.
        clock: seconds since the epoch, for headers and expiry times.
        frame_delay_ms: the delay between the frames of a stream that asks for no other.
        log: the API requests; questions about the stand-in itself do not count.
        memory: what earlier requests left behind.
    """

    numbers: Iterator[int]
    clock: Callable[[], float]
    frame_delay_ms: float
    log: Log = field(default_factory=Log)
    memory: Memory = field(default_factory=Memory)

    def answer(self, request: Received) -> tuple[Answer, Scenario]:
        """The answer to a request, and the scenario by which it is to be delivered."""
        if request.path.startswith(_OWN):
            return self._about_itself(request.path.removeprefix(_OWN)), Scenario()
        self.log.add(request)
        json = jsontext.loads(request.body) if request.body else None
        call = Call(n=next(self.numbers), request=request, json=json, memory=self.memory, now=self.clock())
        answer = self._answer(call)
        answer.headers[:0] = headers.usual(call, answer.status)
        if call.scenario.gzip:
            compress(answer, request)
        return answer, call.scenario

    def _answer(self, call: Call) -> Answer:
        try:
            call.scenario = scenario_of(call.request, call.json)
        except UnknownWord as unknown:
            return failure(call, 400, code="UNKNOWN_SCENARIO", message=str(unknown))
        refused = credentials.refusal(call)
        if refused:
            return refused
        scenario = call.scenario
        if scenario.status and self.memory.refuse(call.identity, scenario.times):
            return failure(call, scenario.status)
        return self._routed(call)

    def _routed(self, call: Call) -> Answer:
        found = find(call.request.method, call.request.path)
        if found.handler is None:
            return failure(call, 405 if found.other_methods else 404)
        call.params = found.params
        try:
            return found.handler(call)
        except Exception:  # noqa: BLE001 - its own defects must not look like faults of the program under test
            _LOG.exception("the stand-in failed on %s %s", call.request.method, call.request.target)
            return failure(call, 500, code="STANDIN_DEFECT", message="The stand-in itself is at fault; see its log.")

    def _about_itself(self, question: str) -> Answer:
        if question == "hits":
            return json_answer({"hits": self.log.hits})
        if question == "scenarios":
            return json_answer(words.table())
        return Answer(404)
