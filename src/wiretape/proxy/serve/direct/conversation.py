"""One HTTP/1.1 conversation: an answer to each request, in their order, one after the other."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import msgspec

from wiretape.proxy.decide.player import Refuse
from wiretape.proxy.serve.direct.door import tunnel_to
from wiretape.proxy.serve.direct.hearing import Connect, Hearing, LastWord, Late
from wiretape.proxy.serve.direct.pacing import Pacer
from wiretape.proxy.serve.direct.refusals import Unreadable
from wiretape.proxy.serve.direct.visits import Asked

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from wiretape.proxy.serve.direct.asking import Service
    from wiretape.proxy.serve.direct.door import Door
    from wiretape.proxy.serve.direct.prepared import Prepared
    from wiretape.proxy.serve.direct.visits import Visit
    from wiretape.proxy.serve.direct.wire import Upper, Wire

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
CONNECTED: Final = b"HTTP/1.1 200 Connection established\r\n\r\n"
# More pipelined requests, or more bytes for a tunnel that is not open yet, than this wait on the client's side.
_WAITING = 64
_TUNNEL_BYTES = 64 * 1024


class Conversation:
    """Speaks with one client over one wire.

    Attributes:
        busy: an answer is on its way.
    """

    def __init__(self, service: Service, wire: Wire, door: Door, opener: Callable[[Wire, Door], Upper]) -> None:
        """Begin; *opener* makes what speaks inside a tunnel."""
        self.busy = False
        self._service = service
        self._wire = wire
        self._door = door
        self._opener = opener
        self._loop = asyncio.get_running_loop()
        self._hearing = Hearing(service, door, self._go_on)
        self._task: asyncio.Task[None] | None = None
        self._telling = False
        self._ending = False
        self._paused = False

    @property
    def owing(self) -> bool:
        """Whether the client owes the body to a head that has come."""
        return self._hearing.owing

    # -- what the wire calls -------------------------------------------------------------------------------------

    def receive(self, data: bytes) -> None:
        """Bytes of requests."""
        hearing = self._hearing
        if hearing.over:
            self._keep_for_tunnel(data)
            return
        if hearing.between and not self.busy and not hearing.turns:
            recalled = self._service.recall(self._door, data)
            if recalled is not None:
                answer, visit = recalled
                self._give(answer, self._loop.time(), visit)
                return
        hearing.read(data)
        if len(hearing.turns) > _WAITING:
            self._pause()
        self._proceed()

    def eof(self) -> None:
        """The client has said all; what it asked for it still gets.

        Who says so while an answer with waits in it is being told has most likely left: to tell the one from the other
        by writing could take until the next part is due.
        """
        self._end()
        if self._telling:
            self._stop_telling()
        self._proceed()

    def lost(self) -> None:
        """The client has gone, or we have hung up."""
        self._end()
        self._stop_telling()

    def finish(self) -> None:
        """Answer what is being answered, then hang up."""
        self._end()
        self._hearing.forget()
        self._proceed()

    def _end(self) -> None:
        self._ending = True
        self._hearing.stop()

    def _stop_telling(self) -> None:
        self._hearing.forget()
        if self._task is not None:
            self._task.cancel()
            self.busy = False

    def _keep_for_tunnel(self, data: bytes) -> None:
        if not self._ending:
            self._hearing.rest += data
            if len(self._hearing.rest) > _TUNNEL_BYTES:
                self._pause()

    def _pause(self) -> None:
        if not self._paused:
            self._paused = True
            self._wire.pause()

    def _resume(self) -> None:
        if self._paused:
            self._paused = False
            self._wire.resume()

    # -- answering -----------------------------------------------------------------------------------------------

    def _proceed(self) -> None:
        """Answer what waits, as far as that takes no time."""
        turns = self._hearing.turns
        while turns and not self.busy:
            turn, began = turns.popleft()
            match turn:
                case Asked():
                    self._answer(turn, began)
                case Late():
                    self._start(self._answer_late(turn, began))
                case Connect():
                    self._open_tunnel(turn)
                    return
                case LastWord():
                    self._wire.write(turn.answer)
                    self._wire.linger()
                    return
        if self.busy:
            return
        if self._ending:
            self._wire.close()
        else:
            self._go_on()
            self._resume()

    def _go_on(self) -> None:
        """The interim answer, unless it would fall into the middle of another one."""
        hearing = self._hearing
        if hearing.expected and not self.busy and not hearing.turns:
            hearing.expected = False
            self._wire.write(CONTINUE)

    def _answer(self, asked: Asked, began: float) -> None:
        outcome = self._service.decide(asked)
        if isinstance(outcome, Refuse):
            self._start(self._answer_miss(asked, outcome))
        else:
            self._give(outcome, began, asked.visit)

    def _give(self, answer: Prepared, began: float, visit: Visit) -> None:
        if answer.whole is not None:
            self._wire.write(answer.whole)
            self._given(answer, visit)
        else:
            self._start(self._tell(answer, began, visit))

    def _given(self, answer: Prepared, visit: Visit) -> None:
        self.busy = False
        if answer.close or not visit.keep_alive:
            self._end()
            self._hearing.forget()
            self._wire.close()

    def _start(self, answering: Coroutine[None, None, None]) -> None:
        self.busy = True
        self._task = self._loop.create_task(answering)

    async def _answer_miss(self, asked: Asked, refusal: Refuse) -> None:
        answer = await self._service.missed(asked, refusal)
        self._give(answer, 0.0, asked.visit)
        self._proceed()

    async def _answer_late(self, late: Late, began: float) -> None:
        try:
            asked = await self._service.asked_slowly(late.visit, late.upload)
        except Exception as error:  # noqa: BLE001 - ours; the client must not be left without an answer
            answer = self._service.failed(error, late.visit)
            self._give(answer, began, late.visit)
        else:
            self.busy = False
            self._answer(asked, began)
        finally:
            late.upload.close()
        self._proceed()

    async def _tell(self, answer: Prepared, began: float, visit: Visit) -> None:
        """Write an answer part by part, each when it is due and no faster than the client takes it."""
        pacer = Pacer(answer.pace, began)
        try:
            for at_us, data in answer.writes:
                await pacer.until(at_us)
                if data:
                    self._wire.write(data)
                    self._telling = not answer.pace.instant
                    await self._wire.ready()
        except Exception as error:  # noqa: BLE001 - the head is out: all that is left is to break off
            self._service.broke(error, visit)
            answer = msgspec.structs.replace(answer, close=True)
        self._telling = False
        self._given(answer, visit)
        self._proceed()

    def _open_tunnel(self, asked: Connect) -> None:
        target = asked.target
        origin = tunnel_to(target)
        if origin is None:
            error = Unreadable(400, f"CONNECT {target[:200]!r} names no HOST:PORT")
            self._service.unreadable(error.detail, None)
            self._wire.write(error.answer())
            self._wire.linger()
            return
        self._wire.write(CONNECTED)
        door = self._service.door(self._door.own, self._door.scheme, origin, asked.user)
        self._wire.upper = self._opener(self._wire, door)
        self._resume()
        if self._hearing.rest:
            self._wire.upper.receive(self._hearing.rest)
        if self._ending:
            self._wire.upper.eof()
