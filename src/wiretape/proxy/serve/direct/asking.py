"""What is done with a request, whatever connection it came by: whose it is, its key, its answer or its miss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

import msgspec

from wiretape.proxy.decide import misses
from wiretape.proxy.decide.admission import TURNED_AWAY
from wiretape.proxy.decide.bearers import borne
from wiretape.proxy.decide.belonging import belonging
from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.matching import match_key
from wiretape.proxy.decide.player import Answer, Refuse
from wiretape.proxy.runs import OVER
from wiretape.proxy.serve.control import Control
from wiretape.proxy.serve.direct.comparing import Comparing
from wiretape.proxy.serve.direct.door import Door
from wiretape.proxy.serve.direct.prepared import Answers, Client, Kept, Prepared
from wiretape.proxy.serve.direct.recent import Recent
from wiretape.proxy.serve.direct.refusals import TurnedAway
from wiretape.proxy.serve.direct.visits import Asked, Known, Visit
from wiretape.store.interaction import Request, header

if TYPE_CHECKING:
    from collections.abc import Callable

    from wiretape.proxy.decide.misses import Miss
    from wiretape.proxy.decide.routing import Origin
    from wiretape.proxy.run import Run
    from wiretape.proxy.runs import Runs
    from wiretape.proxy.serve.direct.intake import Head
    from wiretape.proxy.serve.direct.upload import Upload

# Requests whose bytes are known need no parser. Longer ones are not worth remembering.
KNOWN_REQUEST_BYTES: Final = 16 * 1024
_KNOWN_BYTES: Final = 32 * 1024 * 1024
# What Python needs for one of them besides its bytes.
_KNOWN_OVERHEAD: Final = 1200

_NOBODY = Request(method="?", scheme="http", host="unknown", port=80, target="/")


class Service:
    """Answers the requests of one proxy, for all connections."""

    def __init__(self, runs: Runs, say: Callable[[str], None]) -> None:
        self._runs = runs
        self._known: Recent[tuple[Door, bytes], Known] = Recent(_KNOWN_BYTES)
        self._say = say
        self._said: set[str] = set()
        self._kept = Kept()
        self._answers: WeakKeyDictionary[Run, Answers] = WeakKeyDictionary()
        self._doors: dict[tuple[tuple[str, int], str, Origin | None, str | None], Door] = {}
        self._comparing = Comparing()
        self._control = Control(runs)
        self._password = runs.default.settings.password

    def lets_all_in(self, door: Door) -> bool:
        """Whether whoever comes by *door* is let in: no password is asked for, or it was brought to the tunnel."""
        return self._password is None or door.tunnel is not None

    def admit(self, head: Head, door: Door) -> None:
        """See whether a request may come in.

        Raises:
            TurnedAway: it does not bring the password.
        """
        if self._password is None or door.tunnel is not None:
            return
        path = None if head.method == "CONNECT" else door.own_path(head.target)
        if not self._password.admits(head.headers, path):
            self.tell_once(TURNED_AWAY)
            raise TurnedAway(as_proxy=path is None, asked_head=head.method == "HEAD")

    def door(self, own: tuple[str, int], scheme: str, tunnel: Origin | None = None, user: str | None = None) -> Door:
        """The one door of these facts."""
        facts = (own, scheme, tunnel, user)
        if facts not in self._doors:
            self._doors[facts] = Door(*facts)
        return self._doors[facts]

    def arrive(self, head: Head, door: Door) -> Visit:
        """Find out whose request it is.

        Raises:
            Unreadable: its target is no address.
        """
        asked, origin, target = door.meaning(head.target, header(head.headers, b"host"))
        told = belonging(target, head.headers, base_url=asked is None, user=door.user)
        run, problem = self._runs.find(None if told.control else told.label)
        hosts = run.settings.hosts
        meant = asked or hosts.upstream.origin
        request = Request(
            method=head.method,
            scheme=meant.scheme,
            host=meant.host,
            port=meant.port,
            target=told.target if asked or told.control else hosts.upstream.prefix + told.target,
            http_version="HTTP/1.0" if head.old else "HTTP/1.1",
            headers=told.headers,
        )
        client = Client(origin, told.prefix, head.old, head.method == "HEAD")
        identity = hosts.identity(meant.host, meant.port)
        return Visit(request, client, run, self._answers_of(run), identity, head.keep_alive, told.control, problem)

    def _answers_of(self, run: Run) -> Answers:
        found = self._answers.get(run)
        if found is None:
            found = self._answers[run] = Answers(run, self._kept)
        return found

    def matched(self, visit: Visit, request: Request) -> Request:
        """*request* with the target to match by."""
        target = visit.run.settings.hosts.inward_of(request)
        return request if target == request.target else msgspec.structs.replace(request, target=target)

    def asked(self, visit: Visit, upload: Upload) -> Asked:
        """The request whole; slow where its body lies aside."""
        body = upload.body()
        request = msgspec.structs.replace(visit.request, body=body) if body else visit.request
        key = (upload.key() or self._key(request, visit)) if visit.is_matched else ""
        if not visit.is_matched:
            return Asked(visit, request, key, upload.size)
        return Asked(visit, request, key, upload.size, visit.run.playback.echoed(request), borne(request))

    async def asked_slowly(self, visit: Visit, upload: Upload) -> Asked:
        """The same, in a thread."""
        return await self._comparing.do(lambda: self.asked(visit, upload))

    def learn(self, door: Door, data: bytes, asked: Asked) -> None:
        """Remember that *data*, come by *door*, is *asked* and nothing else."""
        if asked.visit.is_matched:
            bare = msgspec.structs.replace(asked.visit.request, headers=())
            visit = msgspec.structs.replace(asked.visit, request=bare)
            known = Known(visit, asked.key, asked.echoed, asked.borne, self._version(visit))
            self._known.put((door, data), known, len(data) + _KNOWN_OVERHEAD)

    def recall(self, door: Door, data: bytes) -> tuple[Prepared, Visit] | None:
        """The answer to the request that *data* is, and its head.

        None where these bytes are not known, or have no answer: then they are to be read.
        """
        known = self._known.get((door, data))
        if known is None or known.visit.run.closed or known.version != self._version(known.visit):
            return None
        answer = self._found(known.visit, known)
        return None if isinstance(answer, Refuse) else (answer, known.visit)

    @staticmethod
    def _version(visit: Visit) -> int:
        """What keys depend on besides the request: with every secret that is learnt, others may count as such."""
        return visit.run.playback.memory.version

    def decide(self, asked: Asked) -> Prepared | Refuse:
        """The answer to a request, or why it has none; our own failure is a reason like any other."""
        visit = asked.visit
        if visit.run.closed:
            return self.refused(self._runs.default.playback.refused(asked.request, OVER), visit)
        if visit.is_matched:
            return self._found(visit, asked)
        playback = visit.run.playback
        if visit.problem is not None:
            return self.refused(playback.refused(asked.request, visit.problem), visit)
        if visit.control:
            return self._controlled(asked.request, visit)
        return self.refused(playback.foreign(asked.request), visit)

    def _controlled(self, request: Request, visit: Visit) -> Prepared:
        reply = self._control.answer(request, (visit.client.origin.host, visit.client.origin.port))
        head = b"HTTP/1.1 %d %b\r\n" % (reply.status, reply.reason)
        head += b"".join([b"%b: %b\r\n" % pair for pair in reply.headers]) + b"\r\n"
        return Prepared(close=False, whole=head if visit.client.asked_head else head + reply.document)

    async def missed(self, asked: Asked, refusal: Refuse) -> Prepared:
        """The answer that tells of a miss; it takes a while."""
        visit = asked.visit
        assert visit.identity is not None
        if refusal.kind == "unknown" and asked.size > len(asked.request.body):
            detail = (
                f"session {visit.run.settings.session!r} holds no answer to it; its body of {asked.size} bytes is too "
                "long to be compared"
            )
            return self.refused(visit.run.playback.refused(asked.request, detail), visit)
        request = self.matched(visit, asked.request)
        return self.refused(await self._comparing.account(visit.run, request, visit.identity, refusal), visit)

    def refused(self, miss: Miss, visit: Visit | None) -> Prepared:
        """The answer that tells of *miss*."""
        for line in miss.lines():
            self._say(line)
        document = miss.document()
        fields = (*miss.headers(), (b"Content-Length", b"%d" % len(document)))
        head = b"HTTP/1.1 %d %b\r\n" % (misses.STATUS, misses.REASON.encode())
        head += b"".join([b"%b: %b\r\n" % pair for pair in fields]) + b"\r\n"
        return Prepared(close=False, whole=head if visit and visit.client.asked_head else head + document)

    def failed(self, error: Exception, visit: Visit | None) -> Prepared:
        """The answer where we failed."""
        request = visit.request if visit else _NOBODY
        return self.refused(self._run_of(visit).playback.failed(request, error), visit)

    def unreadable(self, detail: str, visit: Visit | None) -> None:
        """Account for what could not be read: the client did not get what it asked for, whatever that was."""
        request = visit.request if visit else _NOBODY
        for line in self._run_of(visit).playback.refused(request, detail).lines():
            self._say(line)

    def broke(self, error: Exception, visit: Visit | None) -> None:
        """Note that an answer could not be told to its end: its head was out, so it broke off."""
        self._say(self._run_of(visit).broke(error))

    def _run_of(self, visit: Visit | None) -> Run:
        return visit.run if visit else self._runs.default

    def tell_once(self, text: str) -> None:
        """Tell the person at the terminal what would otherwise be told again for every connection."""
        if text not in self._said:
            self._said.add(text)
            self._say(text)

    async def close(self) -> None:
        """Bring the accounts of misses to an end."""
        await self._comparing.close()

    def _found(self, visit: Visit, asked: Asked | Known) -> Prepared | Refuse:
        try:
            playback = visit.run.playback
            verdict = playback.player.ask(asked.key, playback.bearer(asked.borne))
            if isinstance(verdict, Answer):
                return visit.answers.get(verdict.interaction_id, visit.client, asked.echoed)
            assert isinstance(verdict, Refuse)
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing goes live and the run does not end well
            return self.failed(error, visit)
        return verdict

    def _key(self, request: Request, visit: Visit) -> str:
        assert visit.identity is not None
        run = visit.run
        return match_key(
            canonical(self.matched(visit, request), visit.identity, run.settings.rules, run.playback.memory)
        )
