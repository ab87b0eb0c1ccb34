"""Recorded answers made ready: short ones once, whole and kept, long ones read from the cassette as they are told."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

import msgspec

from wiretape.proxy.decide.pace import INSTANT, Pace
from wiretape.proxy.decide.routing import Origin, led_back
from wiretape.proxy.serve.direct.framing import Frame, Framing, Shape, frames, shaped, told
from wiretape.proxy.serve.direct.recent import Recent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wiretape.proxy.decide.echo import Values
    from wiretape.proxy.recorded import Recorded
    from wiretape.proxy.run import Run

# What is kept of all answers, and how long one of them may be to be kept.
_KEPT_BYTES = 64 * 1024 * 1024
_SHORT_BYTES = 256 * 1024
# What Python needs for a frame besides its bytes.
_FRAME_OVERHEAD = 150


class Client(msgspec.Struct, frozen=True):
    """What an answer's bytes depend on besides the recording.

    Attributes:
        origin: under which origin the client knows the API.
        prefix: what its paths begin with, for it asks for a session by its base URL; else nothing.
        old: it speaks HTTP/1.0.
        asked_head: it asks for a head alone.
    """

    origin: Origin
    prefix: str = ""
    old: bool = False
    asked_head: bool = False


class Prepared(msgspec.Struct, frozen=True):
    """An answer ready to go.

    Attributes:
        close: the connection ends after it.
        whole: all of it, where nothing has to wait and it is one piece.
        writes: what is to be written, in turn, where it is not.
        pace: how fast.
    """

    close: bool
    whole: bytes | None = None
    writes: Iterable[Frame] = ()
    pace: Pace = INSTANT


class Kept:
    """The short answers of all sessions that were used last."""

    def __init__(self) -> None:
        self.answers: Recent[tuple[int, int, Client, Values], Prepared] = Recent(_KEPT_BYTES)
        self._sessions = 0

    def session(self) -> int:
        """A number that no other session's answers have."""
        self._sessions += 1
        return self._sessions


class Answers:
    """The answers of one run."""

    def __init__(self, run: Run, kept: Kept) -> None:
        self._playback = run.playback
        self._hosts = run.settings.hosts
        self._pace: Final = run.settings.pace
        # None of their parts waits for its time.
        self._together: Final = run.settings.pace.instant
        self._kept = kept.answers
        self._number: Final = kept.session()

    def get(self, interaction_id: int, client: Client, echoed: Values = ()) -> Prepared:
        """The answer of an interaction, repeating what is *echoed* of the request.

        Raises:
            CassetteDamaged: its bytes are not those that were recorded.
        """
        key = (self._number, interaction_id, client, echoed)
        found = self._kept.get(key)
        if found is not None:
            return found
        recorded = self._playback.recorded(interaction_id, echoed)
        headers = led_back(recorded.head.headers, client.origin, self._hosts, client.prefix)
        shape = shaped(recorded, headers, asked_head=client.asked_head, old=client.old)
        writes = self._writes(shape, recorded)
        if sum(chunk.size for chunk in recorded.chunks) + _FRAME_OVERHEAD * len(recorded.chunks) > _SHORT_BYTES:
            return _begun(shape, writes, self._pace)
        kept = tuple(writes)
        if self._together and len(kept) == 1:
            prepared = Prepared(shape.close, kept[0][1])
        else:
            prepared = Prepared(shape.close, None, kept, self._pace)
        self._kept.put(key, prepared, sum(len(data) + _FRAME_OVERHEAD for _, data in kept))
        return prepared

    def _writes(self, shape: Shape, recorded: Recorded) -> Iterator[Frame]:
        body = frames(recorded, chunked=shape.framing is Framing.CHUNKED)
        return told(shape, recorded, body, together=self._together)


def _begun(shape: Shape, writes: Iterator[Frame], pace: Pace) -> Prepared:
    """An answer that is read as it goes; its beginning now, for what cannot be read at all must not begin."""
    beginning = [frame for _, frame in zip(range(2), writes, strict=False)]
    return Prepared(shape.close, None, chain(beginning, writes), pace)
