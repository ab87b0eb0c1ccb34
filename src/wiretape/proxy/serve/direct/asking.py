"""What is done with a request, whatever connection it came by: whose it is, its key, its answer or its miss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from wiretape.proxy.decide import misses
from wiretape.proxy.decide.canonical import canonical
from wiretape.proxy.decide.forproxy import without_the_proxys
from wiretape.proxy.decide.matching import match_key
from wiretape.proxy.decide.player import Answer, Refuse
from wiretape.proxy.serve.direct.comparing import Comparing
from wiretape.proxy.serve.direct.door import Door
from wiretape.proxy.serve.direct.prepared import Answers, Client, Prepared
from wiretape.proxy.serve.direct.recent import Recent
from wiretape.store.interaction import Request, header

if TYPE_CHECKING:
    from collections.abc import Callable

    from wiretape.proxy.decide.misses import Miss
    from wiretape.proxy.decide.routing import Origin
    from wiretape.proxy.run import Run
    from wiretape.proxy.serve.direct.intake import Head
    from wiretape.proxy.serve.direct.upload import Upload

# Requests whose bytes are known need no parser. Longer ones are not worth remembering.
KNOWN_REQUEST_BYTES: Final = 16 * 1024
_KNOWN_BYTES: Final = 32 * 1024 * 1024
# What Python needs for one of them besides its bytes.
_KNOWN_OVERHEAD: Final = 1200

_NOBODY = Request(method="?", scheme="http", host="unknown", port=80, target="/")


class Visit(msgspec.Struct, frozen=True):
    """A request of which the head has come.

    Attributes:
        request: as the client meant it, without its body.
        client: the origin under which the client reaches the API.
        identity: whose request it is; None for a host that is not ours.
        keep_alive: the client means to go on after it.
        old: it is HTTP/1.0.
    """

    request: Request
    client: Origin
    identity: str | None
    keep_alive: bool
    old: bool


class Asked(msgspec.Struct, frozen=True):
    """A request that has come whole.

    Attributes:
        visit: its head.
        request: with its body, or the beginning of one too long to be held.
        key: to match by.
        size: of the body.
        client: what its answer's bytes depend on.
    """

    visit: Visit
    request: Request
    key: str
    size: int
    client: Client


class Known(msgspec.Struct, frozen=True):
    """What is remembered of a request, enough to find its answer.

    Attributes:
        visit: its head, without the headers.
        key: to match by.
        client: what its answer's bytes depend on.
    """

    visit: Visit
    key: str
    client: Client


class Service:
    """Answers the requests of one run, for all connections.

    Attributes:
        run: the run.
        pace: how fast answers are told.
    """

    def __init__(self, run: Run, say: Callable[[str], None]) -> None:
        self.run = run
        self.pace = pace = run.settings.pace
        self._known: Recent[tuple[Door, bytes], Known] = Recent(_KNOWN_BYTES)
        self._say = say
        self._said: set[str] = set()
        self._answers = Answers(run.playback, run.settings.hosts, together=pace.instant)
        self._doors: dict[tuple[tuple[str, int], str, Origin | None], Door] = {}
        self._comparing = Comparing(run)

    def door(self, own: tuple[str, int], scheme: str, tunnel: Origin | None) -> Door:
        """The one door of these facts."""
        facts = (own, scheme, tunnel)
        if facts not in self._doors:
            self._doors[facts] = Door(*facts)
        return self._doors[facts]

    def arrive(self, head: Head, door: Door) -> Visit:
        """Find out whose request it is.

        Raises:
            Unreadable: its target is no address.
        """
        hosts = self.run.settings.hosts
        meant, client, target = door.meaning(head.target, header(head.headers, b"host"), hosts)
        request = Request(
            method=head.method,
            scheme=meant.scheme,
            host=meant.host,
            port=meant.port,
            target=target,
            http_version="HTTP/1.0" if head.old else "HTTP/1.1",
            headers=without_the_proxys(head.headers),
        )
        return Visit(request, client, hosts.identity(meant.host, meant.port), head.keep_alive, head.old)

    def matched(self, request: Request) -> Request:
        """*request* with the target to match by."""
        target = self.run.settings.hosts.inward_of(request)
        return request if target == request.target else msgspec.structs.replace(request, target=target)

    def asked(self, visit: Visit, upload: Upload) -> Asked:
        """The request whole; slow where its body lies aside."""
        body = upload.body()
        request = msgspec.structs.replace(visit.request, body=body) if body else visit.request
        key = upload.key() or (self._key(request, visit.identity) if visit.identity is not None else "")
        client = Client(visit.client, visit.old, request.method == "HEAD")
        return Asked(visit, request, key, upload.size, client)

    async def asked_slowly(self, visit: Visit, upload: Upload) -> Asked:
        """The same, in a thread."""
        return await self._comparing.do(lambda: self.asked(visit, upload))

    def learn(self, door: Door, data: bytes, asked: Asked) -> None:
        """Remember that *data*, come by *door*, is *asked* and nothing else."""
        if asked.visit.identity is not None:
            bare = msgspec.structs.replace(asked.visit.request, headers=())
            known = Known(msgspec.structs.replace(asked.visit, request=bare), asked.key, asked.client)
            self._known.put((door, data), known, len(data) + _KNOWN_OVERHEAD)

    def recall(self, door: Door, data: bytes) -> tuple[Prepared, bool] | None:
        """The answer to the request that *data* is, and whether the client means to go on after it.

        None where these bytes are not known, or have no answer: then they are to be read.
        """
        known = self._known.get((door, data))
        if known is None:
            return None
        answer = self._found(known.visit, known.key, known.client)
        return None if isinstance(answer, Refuse) else (answer, known.visit.keep_alive)

    def decide(self, asked: Asked) -> Prepared | Refuse:
        """The answer to a request, or why it has none; our own failure is a reason like any other."""
        visit = asked.visit
        if visit.identity is not None:
            return self._found(visit, asked.key, asked.client)
        return self.refused(self.run.playback.foreign(asked.request), visit)

    async def missed(self, asked: Asked, refusal: Refuse) -> Prepared:
        """The answer that tells of a miss; it takes a while."""
        visit = asked.visit
        assert visit.identity is not None
        if refusal.kind == "unknown" and asked.size > len(asked.request.body):
            detail = (
                f"session {self.run.settings.session!r} holds no answer to it; its body of {asked.size} bytes is too "
                "long to be compared"
            )
            return self.refused(self.run.playback.refused(asked.request, detail), visit)
        return self.refused(await self._comparing.account(self.matched(asked.request), visit.identity, refusal), visit)

    def refused(self, miss: Miss, visit: Visit | None) -> Prepared:
        """The answer that tells of *miss*."""
        for line in miss.lines():
            self._say(line)
        document = miss.document()
        fields = (*miss.headers(), (b"Content-Length", b"%d" % len(document)))
        head = b"HTTP/1.1 %d %b\r\n" % (misses.STATUS, misses.REASON.encode())
        head += b"".join([b"%b: %b\r\n" % pair for pair in fields]) + b"\r\n"
        return Prepared(close=False, whole=head if visit and visit.request.method == "HEAD" else head + document)

    def failed(self, error: Exception, visit: Visit | None) -> Prepared:
        """The answer where we failed."""
        return self.refused(self.run.playback.failed(visit.request if visit else _NOBODY, error), visit)

    def unreadable(self, detail: str, visit: Visit | None) -> None:
        """Account for what could not be read: the client did not get what it asked for, whatever that was."""
        for line in self.run.playback.refused(visit.request if visit else _NOBODY, detail).lines():
            self._say(line)

    def broke(self, error: Exception) -> None:
        """Note that an answer could not be told to its end: its head was out, so it broke off."""
        self.run.defect(error)
        self._say(f"an answer broke off: {type(error).__name__}: {error}")

    def tell_once(self, text: str) -> None:
        """Tell the person at the terminal what would otherwise be told again for every connection."""
        if text not in self._said:
            self._said.add(text)
            self._say(text)

    async def close(self) -> None:
        """Bring the accounts of misses to an end."""
        await self._comparing.close()

    def _found(self, visit: Visit, key: str, client: Client) -> Prepared | Refuse:
        try:
            verdict = self.run.playback.player.ask(key)
            if isinstance(verdict, Answer):
                return self._answers.get(verdict.interaction_id, client)
            assert isinstance(verdict, Refuse)
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing goes live and the run does not end well
            return self.failed(error, visit)
        return verdict

    def _key(self, request: Request, identity: str) -> str:
        settings = self.run.settings
        return match_key(canonical(self.matched(request), identity, settings.rules))
