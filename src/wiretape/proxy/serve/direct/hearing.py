"""A client's bytes made into turns: what is to be answered, in the order in which it came."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

import msgspec

from wiretape.proxy.decide import belonging
from wiretape.proxy.serve.direct.asking import KNOWN_REQUEST_BYTES
from wiretape.proxy.serve.direct.intake import Head, Intake
from wiretape.proxy.serve.direct.refusals import TurnedAway, Unreadable
from wiretape.proxy.serve.direct.upload import Upload
from wiretape.proxy.serve.direct.visits import Asked, Visit

if TYPE_CHECKING:
    from collections.abc import Callable

    from wiretape.proxy.serve.direct.asking import Service
    from wiretape.proxy.serve.direct.door import Door


class Late(msgspec.Struct, frozen=True):
    """A request whose body lies aside."""

    visit: Visit
    upload: Upload


class Connect(msgspec.Struct, frozen=True):
    """A request for a tunnel, the last there is: what follows belongs to the tunnel.

    Attributes:
        target: with whom.
        user: the label of the session that the tunnel belongs to; None where the client named none.
    """

    target: str
    user: str | None


class LastWord(msgspec.Struct, frozen=True):
    """What is said to a client that cannot be understood any more."""

    answer: bytes


type Turn = Asked | Late | Connect | LastWord


class Hearing:
    """Hears one client.

    Attributes:
        turns: what waits for its answer, and when its head came.
        over: no more requests are taken.
        rest: what came after the last request, where that is a CONNECT.
        expected: the client waits to be told that it may send its body.
    """

    def __init__(self, service: Service, door: Door, on_expected: Callable[[], None]) -> None:
        """Begin; *on_expected* is called when `expected` becomes true, amid the reading."""
        self.turns: deque[tuple[Turn, float]] = deque()
        self.over = False
        self.rest = b""
        self.expected = False
        self._service = service
        self._door = door
        self._on_expected = on_expected
        self._loop = asyncio.get_running_loop()
        self._intake = Intake(self)
        self._visit: Visit | None = None
        self._upload: Upload | None = None
        self._user: str | None = None
        self._admitted = service.lets_all_in(door)
        self._began = 0.0

    @property
    def owing(self) -> bool:
        """Whether the client owes the body to a head that has come."""
        return self._intake.owing

    @property
    def between(self) -> bool:
        """Whether no request has begun that is not complete."""
        return self._intake.between

    def read(self, data: bytes) -> None:
        """Take bytes; complete requests become turns."""
        fresh = self._intake.between and not self.turns and len(data) <= KNOWN_REQUEST_BYTES
        try:
            self.rest = self._intake.feed(data)
        except TurnedAway as refusal:
            self._say_last(refusal.answer())
        except Unreadable as error:
            # What strangers say is no miss.
            if self._admitted:
                self._service.unreadable(error.detail, self._visit)
            self._say_last(error.answer())
        except Exception as error:  # noqa: BLE001 - ours; the client must not be left without an answer
            self._say_last(self._service.failed(error, self._visit).whole or b"")
        else:
            if self._intake.over:
                self.over = True
                if self._intake.tunnel is not None:
                    self.turns.append((Connect(self._intake.tunnel, self._user), 0.0))
            if fresh:
                self._learn(data)

    def stop(self) -> None:
        """Take no more; what has not come whole is forgotten."""
        self.over = True
        self.expected = False
        if self._upload is not None:
            self._upload.close()
            self._upload = None

    def forget(self) -> None:
        """Drop what waits for its answer."""
        for turn, _ in self.turns:
            if isinstance(turn, Late):
                turn.upload.close()
        self.turns.clear()

    def _learn(self, data: bytes) -> None:
        """Remember what *data* means, where it is one request and nothing else."""
        if len(self.turns) == 1 and self._intake.between:
            asked = self.turns[0][0]
            if isinstance(asked, Asked):
                self._service.learn(self._door, data, asked)

    def _say_last(self, answer: bytes) -> None:
        self.turns.append((LastWord(answer), 0.0))
        self.stop()

    # -- what the intake calls -----------------------------------------------------------------------------------

    def head_came(self, head: Head) -> None:
        """A request's head: whose it is, and whether its body may come."""
        self._began = self._loop.time()
        self._service.admit(head, self._door)
        self._admitted = True
        if head.method == "CONNECT":
            self._user = belonging.by_headers(head.headers) or self._door.user
            return
        self._visit = visit = self._service.arrive(head, self._door)
        identity = visit.identity if visit.is_matched or visit.control else None
        matched, run = self._service.matched(visit, visit.request), visit.run
        self._upload = Upload(matched, identity, run.settings.rules, run.playback.memory)
        if head.expects and head.length != 0:
            self.expected = True
            self._on_expected()

    def body_came(self, data: bytes) -> None:
        """A piece of its body."""
        assert self._upload is not None
        self._upload.add(data)

    def request_came(self) -> None:
        """All of it."""
        visit, upload = self._visit, self._upload
        if visit is None or upload is None:
            return
        turn = Late(visit, upload) if upload.aside else self._service.asked(visit, upload)
        self._visit = self._upload = None
        self.expected = False
        self.turns.append((turn, self._began))
