"""What was recorded in one session, compared with requests that none of it answers: all of it, and fast.

A session may hold a hundred thousand interactions, and a suite with one changed prompt may miss a hundred times. So
the first miss goes through the session by one statement and sees every body at a glance; what it saw is remembered in a
compact form, and later misses read nothing but their short list. Only that is brought to its canonical form.
"""

from __future__ import annotations

import threading
from array import array
from typing import TYPE_CHECKING, Final

import msgspec

from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.difference import Difference, described, differences
from wiretape.proxy.decide.likeness import SHORT_BYTES, Frame, Glance, Likeness, frame_of, glance
from wiretape.proxy.decide.longparts import LongParts
from wiretape.proxy.decide.multipart import declared_boundary, sniffed_boundary
from wiretape.proxy.decide.nearest import GLANCE_BYTES, Near, Shortlist, ranked
from wiretape.store.interaction import Request, header
from wiretape.store.rows import headers_from_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wiretape.proxy.decide.canonical import Canonical
    from wiretape.proxy.decide.redact import Memory
    from wiretape.proxy.decide.routing import Hosts
    from wiretape.proxy.decide.rules import Rules
    from wiretape.store.cassette import Cassette
    from wiretape.store.interaction import Interaction
    from wiretape.store.queries import Outline

# What is remembered of a session takes no more; what does not fit is read again for every miss.
REMEMBERED_BYTES: Final = 64 * 1024 * 1024
# All glances of a session together read no more than this, unless it holds so much that each has its least already.
_GLANCES_BYTES = 32 * 1024 * 1024
_LEAST_GLANCE_BYTES = 1024
# A recorded body beyond this is not brought to its canonical form, unless it is multipart, which can be done in pieces.
_WHOLE_BYTES = 8 * 1024 * 1024
# What Python needs for one remembered interaction, and for one frame, besides their words and characters.
_SEEN_OVERHEAD = 160
_FRAME_OVERHEAD = 400
# So many of the latest addresses are known without being read again.
_KNOWN_FRAMES = 4096


class Recordings:
    """The requests of one session. Calls from several threads wait for each other."""

    def __init__(
        self, cassette: Cassette, session_id: int, hosts: Hosts, rules: Rules, memory: Memory | None = None
    ) -> None:
        """Take up a session; nothing is read before somebody asks.

        Args:
            cassette: open, for as long as this is used.
            session_id: the session's row.
            hosts: who is the API, so that recorded addresses are brought to the target they are matched by.
            rules: those of the session.
            memory: the values that its requests have shown to be secret.
        """
        self._cassette = cassette
        self._session_id = session_id
        self._hosts = hosts
        self._rules = rules
        self._memory = memory
        self._lock = threading.Lock()
        self._glance_bytes = 0
        self._seen = _Seen()

    def nearest(self, request: Request, identity: str, count: int = 3) -> list[Near[Interaction]]:
        """The *count* recorded interactions nearest to *request*, with the target to match by; see `nearest.nearest`.

        Raises:
            CassetteDamaged: the file does not hold together.
        """
        asked = canonical(request, identity, self._rules, self._memory)
        likeness = Likeness(asked)
        with self._lock:
            best = self._shortlist(likeness, request.body, count)
            return ranked(likeness, (self._compared(number, asked) for number in best), count)

    def form(self, found: Interaction) -> Canonical:
        """The canonical form of a recorded request."""
        head = self._matched(self._cassette.request_head(found.id))
        if found.request_bytes > _WHOLE_BYTES:
            return _long_form(head, found.identity, self._rules, self._cassette.request_pieces(found.id))
        body = b"".join(self._cassette.request_pieces(found.id))
        return canonical(msgspec.structs.replace(head, body=body), found.identity, self._rules)

    def differences(self, found: Interaction, form: Canonical, asked: Canonical, limit: int = 20) -> list[Difference]:
        """What differs between a recorded request, with its *form*, and one that was asked; no more than *limit*."""
        if found.request_bytes <= _WHOLE_BYTES or form.body_kind == "multipart":
            return differences(form, asked, limit)
        bodiless = msgspec.structs.replace(form, body_kind=asked.body_kind, body=asked.body)
        size = f"{found.request_bytes} bytes, too long to be compared"
        return [*differences(bodiless, asked, limit - 1), Difference("body", size, described(asked))]

    def _compared(self, number: int, asked: Canonical) -> tuple[Interaction, Canonical, list[Difference]]:
        found = self._cassette.interaction(str(number))
        form = self.form(found)
        return found, form, self.differences(found, form, asked)

    def _shortlist(self, likeness: Likeness, body: bytes, count: int) -> list[int]:
        """The ids of those nearest at a glance, in recorded order."""
        if not self._glance_bytes:
            self._glance_bytes = min(max(_GLANCES_BYTES // max(self._size(), 1), _LEAST_GLANCE_BYTES), GLANCE_BYTES)
        shortlist: Shortlist[int] = Shortlist(glance(body, self._glance_bytes), count)
        order = self._seen.offer(likeness, shortlist)
        fresh = _Frames(self._hosts, self._rules)
        for outline in self._unseen():
            frame = fresh.of(outline)
            look = glance(outline.start, self._glance_bytes)
            shortlist.offer(order, outline.id, likeness.frame(frame), look)
            self._seen.add(outline.id, outline.position, frame, look)
            order += 1
        return shortlist.best()

    def _size(self) -> int:
        return sum(found.interactions for found in self._cassette.sessions() if found.id == self._session_id)

    def _unseen(self) -> Iterator[Outline]:
        # Of a longer body a glance takes the beginning alone, so that is all that is read.
        return self._cassette.outlines(
            self._session_id,
            self._seen.last_position,
            short_bytes=SHORT_BYTES - 1,
            start_bytes=self._glance_bytes,
            headers=bool(self._rules.headers),
        )

    def _matched(self, head: Request) -> Request:
        target = self._hosts.inward_of(head)
        return head if target == head.target else msgspec.structs.replace(head, target=target)


class _Seen:
    """What is remembered of the first interactions of a session.

    Attributes:
        last_position: of the last of them.
    """

    def __init__(self) -> None:
        self.last_position = 0
        self._full = False
        self._room = REMEMBERED_BYTES
        self._ids = array("q")
        self._frames: list[Frame] = []
        self._frame_of = array("L")
        self._number_of: dict[Frame, int] = {}
        self._glances: list[Glance] = []

    def add(self, number: int, position: int, frame: Frame, look: Glance) -> None:
        """Remember one more, if there is room."""
        if self._full:
            return
        known = self._number_of.get(frame)
        self._room -= _SEEN_OVERHEAD + 4 * len(look.words)
        if known is None:
            self._room -= _FRAME_OVERHEAD + 2 * len(frame.path) + sum(len(n) + len(v) + 200 for n, v in frame.query)
        if self._room < 0:
            # What follows is read again each time, in its order: there must be no gap.
            self._full = True
            return
        if known is None:
            known = self._number_of[frame] = len(self._frames)
            self._frames.append(frame)
        self._ids.append(number)
        self._frame_of.append(known)
        self._glances.append(Glance(look.kind, look.same, array("I", look.words)))
        self.last_position = position

    def offer(self, likeness: Likeness, shortlist: Shortlist[int]) -> int:
        """Offer all of them; says how many."""
        scores = [likeness.frame(frame) for frame in self._frames]
        offer = shortlist.offer
        for order, look in enumerate(self._glances):
            offer(order, self._ids[order], scores[self._frame_of[order]], look)
        return len(self._glances)


class _Frames:
    """The frames of outlines; many have the same address, one after the other or in turn."""

    def __init__(self, hosts: Hosts, rules: Rules) -> None:
        self._hosts = hosts
        # A function of the user's may fail without a body; what it makes of the whole request tells in the short list.
        self._rules = msgspec.structs.replace(rules, canonicaliser=None)
        self._known: dict[tuple[object, ...], Frame] = {}

    def of(self, outline: Outline) -> Frame:
        found = outline
        key = (found.target, found.method, found.identity, found.scheme, found.host, found.port, found.headers)
        frame = self._known.get(key)
        if frame is None:
            if len(self._known) >= _KNOWN_FRAMES:
                self._known.clear()
            frame = self._known[key] = self._read(outline)
        return frame

    def _read(self, outline: Outline) -> Frame:
        head = Request(
            method=outline.method,
            scheme=outline.scheme,
            host=outline.host,
            port=outline.port,
            target=outline.target,
            headers=headers_from_json(outline.headers) if outline.headers else (),
        )
        target = self._hosts.inward_of(head)
        return frame_of(canonical(msgspec.structs.replace(head, target=target), outline.identity, self._rules))


def _long_form(head: Request, identity: str, rules: Rules, pieces: Iterator[bytes]) -> Canonical:
    """The canonical form of a long request: multipart whole, of everything else the first piece as it is."""
    start = next(pieces)
    form = canonical(head, identity, rules)
    media = header(head.headers, b"content-type") or b""
    for boundary in (declared_boundary(media), sniffed_boundary(start)):
        if boundary and start.startswith(b"--" + boundary):
            parts = LongParts(boundary)
            parts.add(start)
            for piece in pieces:
                parts.add(piece)
            packed = parts.form()
            if packed is not None:
                return msgspec.structs.replace(form, body_kind="multipart", body=packed)
            break
    return msgspec.structs.replace(form, body_kind="bytes", body=start)
