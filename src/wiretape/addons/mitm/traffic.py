# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# (mitmproxy leaves the methods of its headers without annotations)
"""The addon that carries out what the player says of each request: record it, answer it, refuse it, or let it pass."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from wiretape.addons.mitm import conversion
from wiretape.addons.mitm.layers import FAULT, HELD, LIVE, PLAN, UNREACHABLE
from wiretape.addons.mitm.planning import replayed, told
from wiretape.addons.mitm.tee import Tee
from wiretape.addons.mitm.visit import VISIT, Visit, is_long, visit_of
from wiretape.proxy.decide import misses
from wiretape.proxy.decide.belonging import belonging
from wiretape.proxy.decide.modes import Mode
from wiretape.proxy.decide.player import Answer, Forward
from wiretape.proxy.decide.routing import Origin, location
from wiretape.proxy.runs import OVER
from wiretape.proxy.serve.control import Control
from wiretape.store.interaction import Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from mitmproxy import http, tls

    from wiretape.addons.mitm.gate import Gate
    from wiretape.proxy.decide.misses import Miss
    from wiretape.proxy.runs import Runs

_SWITCHING = 101


class Traffic:
    """Hooks of mitmproxy, in the order in which an exchange meets them. No error of ours leaves a hook."""

    def __init__(self, runs: Runs, gate: Gate, say: Callable[[str], None]) -> None:
        """Take part in *runs*; *say* tells the person at the terminal."""
        self._runs = runs
        self._control = Control(runs)
        self._gate = gate
        self._say = say
        self._closing = False
        self._distrusted: set[str] = set()

    def closing(self) -> None:
        """From now on whatever ends was interrupted by us, and is left without an end."""
        self._closing = True

    # -- hooks ---------------------------------------------------------------------------------------------------

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """The request's head is here: find out whose it is and where it goes, and begin to record."""
        if not self._gate.lets_in(flow):
            return
        try:
            visit = self._arrive(flow)
            flow.metadata[VISIT] = visit
            if not visit.is_live:
                return
            flow.metadata[LIVE] = True
            self._send_on(flow, visit)
            if visit.run.mode is Mode.RECORD and visit.identity is not None:
                self._begin(flow, visit)
            if is_long(flow.request) and visit.run.mode in (Mode.RECORD, Mode.LIVE):
                flow.request.stream = self._guarded(visit, visit.tee.request) if visit.tee else True
        except Exception as error:  # noqa: BLE001 - a hook that raises lets all pass
            self._failed(flow, error)

    async def request(self, flow: http.HTTPFlow) -> None:
        """The request is here whole: answer it, refuse it, or let it go."""
        visit = visit_of(flow)
        try:
            if visit is not None and (visit.run.mode in (Mode.REPLAY, Mode.AUTO) or not visit.is_live):
                await self._decide(flow, visit)
            if visit is not None and visit.tee is not None:
                visit.tee.request_end(flow.request.raw_content)
            elif visit is not None and PLAN not in flow.metadata:
                visit.run.passed += 1
        except Exception as error:  # noqa: BLE001 - a hook that raises lets all pass
            self._failed(flow, error)

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """The answer's head is here: from now on its bytes pass as they come."""
        visit = visit_of(flow)
        assert flow.response is not None
        if flow.response.status_code != _SWITCHING:
            flow.response.stream = True
        if visit is None:
            return
        try:
            if visit.tee is not None:
                visit.tee.response_head(conversion.response_head(flow.response))
                if flow.response.status_code != _SWITCHING:
                    flow.response.stream = self._guarded(visit, visit.tee.response)
            if visit.identity is not None:
                self._lead_back(flow.response, visit)
        except Exception as error:  # noqa: BLE001 - a hook that raises lets all pass
            self._failed(flow, error)

    async def response(self, flow: http.HTTPFlow) -> None:
        """The answer is over: the client gets its end when all of it is in the cassette."""
        visit = visit_of(flow)
        if visit is None or visit.tee is None:
            return
        try:
            assert flow.response is not None
            flow.metadata[HELD] = visit.tee.held
            trailers = conversion.pairs(flow.response.trailers) if flow.response.trailers else ()
            await asyncio.wrap_future(visit.tee.end("complete", trailers=trailers))
        except Exception as error:  # noqa: BLE001 - a hook that raises lets all pass
            self._failed(flow, error)

    def error(self, flow: http.HTTPFlow) -> None:
        """The exchange broke: what came is kept, marked with whose fault it was."""
        visit = visit_of(flow)
        reason = flow.error.msg if flow.error else ""
        if UNREACHABLE in flow.metadata:
            what = f"{flow.request.scheme}://{flow.request.host}:{flow.request.port}: {flow.metadata[UNREACHABLE]}"
            ours = visit is not None and visit.identity is not None
            if visit is not None and ours and visit.is_live and visit.run.unreachable(what):
                self._say(f"cannot reach the upstream {what}; is it running, and is --upstream right?")
        if visit is None or visit.tee is None or self._closing:
            return
        by_client = flow.metadata.get(FAULT) == "client"
        if flow.response is None and not by_client and UNREACHABLE not in flow.metadata:
            what = f"the upstream gave no answer to {visit.head.method} {visit.head.url}: {reason}"
            self._say(visit.run.playback.clean(what))
        try:
            visit.tee.end("client_disconnect" if by_client else "upstream_error", problem=reason)
        except Exception as error:  # noqa: BLE001 - a hook that raises lets all pass
            self._failed(flow, error)

    def tls_failed_client(self, data: tls.TlsData) -> None:
        """A client hung up on our certificate: said once for each host, since nothing of it is recorded."""
        if not self._gate.keeper.trusts(data.context.client):
            return
        host = data.conn.sni or "an unnamed host"
        if host not in self._distrusted and not self._closing:
            self._distrusted.add(host)
            self._say(f"a client does not trust our certificate for {host}; `wiretape ca` prints what it has to trust")

    # -- steps ---------------------------------------------------------------------------------------------------

    def _arrive(self, flow: http.HTTPFlow) -> Visit:
        request = flow.request
        named = self._gate.meant(flow)
        fields, user = request.headers.fields, self._gate.user(flow)
        told = belonging(conversion.target(request), fields, base_url=named is None, user=user)
        request.headers.fields = told.headers
        if told.prefix:
            # A password in it is for nobody behind us, other addons among them.
            request.data.path = told.target.encode("utf-8", "surrogateescape")
        run, problem = self._runs.find(None if told.control else told.label)
        began = run.clock.microseconds()
        hosts = run.settings.hosts
        target = told.target
        if named is None:
            meant, client = hosts.upstream.origin, Origin("http", *self._gate.own_name(request))
            target = target if told.control else hosts.upstream.prefix + target
        else:
            meant = client = named
        head = conversion.request_head(request, meant, target)
        identity = hosts.identity(meant.host, meant.port)
        return Visit(run, head, client, told.prefix, identity, began, told.control, problem)

    def _send_on(self, flow: http.HTTPFlow, visit: Visit) -> None:
        """Address the request to its upstream; the `Host` header follows, since servers choose by it."""
        hosts = visit.run.settings.hosts
        if visit.identity is None:
            return
        meant = Origin(visit.head.scheme, visit.head.host, visit.head.port)
        goal = hosts.destination(visit.identity, meant)
        data = flow.request.data
        data.scheme, data.host, data.port = goal.scheme.encode(), goal.host, goal.port
        data.path = hosts.outward(meant, visit.head.target).encode("utf-8", "surrogateescape")
        if goal != visit.client:
            if flow.request.host_header is not None:
                flow.request.host_header = goal.authority
            if data.authority:
                data.authority = goal.authority.encode()
        self._gate.chain(flow, goal)

    def _begin(self, flow: http.HTTPFlow, visit: Visit) -> None:
        run = visit.run
        assert run.recorder is not None
        assert visit.identity is not None
        target = run.settings.hosts.inward_of(visit.head)
        take = run.recorder.begin(visit.head, visit.identity, run.clock.iso(), target)
        take.soon = self._soon(flow, visit)
        visit.tee = Tee(take, run.clock, visit.began_us)

    async def _decide(self, flow: http.HTTPFlow, visit: Visit) -> None:
        playback, hosts = visit.run.playback, visit.run.settings.hosts
        content = flow.request.raw_content or b""
        asked = msgspec.structs.replace(visit.head, body=content)
        if visit.control:
            await self._answer_control(flow, asked, visit)
            return
        if visit.problem is not None or visit.run.closed:
            self._refuse(flow, self._runs.default.playback.refused(asked, visit.problem or OVER))
            return
        if visit.identity is None:
            if visit.run.mode is Mode.REPLAY:
                self._refuse(flow, playback.foreign(asked))
            return
        matched = msgspec.structs.replace(asked, target=hosts.inward_of(visit.head))
        verdict = playback.ask(matched, visit.identity)
        if isinstance(verdict, Answer):
            recorded = playback.recorded(verdict.interaction_id, playback.echoed(matched))
            flow.metadata[PLAN] = replayed(recorded, visit, self._say_all)
        elif isinstance(verdict, Forward):
            if verdict.keep:
                self._begin(flow, visit)
        else:
            # Comparing with everything recorded takes a while; other clients go on meanwhile.
            miss = await asyncio.to_thread(playback.missed, matched, visit.identity, verdict)
            self._refuse(flow, miss)

    async def _answer_control(self, flow: http.HTTPFlow, asked: Request, visit: Visit) -> None:
        asked = msgspec.structs.replace(asked, headers=conversion.pairs(flow.request.headers))
        own = (visit.client.host, visit.client.port)
        # To close a session takes as long as it takes to write what is left of it.
        reply = await asyncio.to_thread(self._control.answer, asked, own)
        flow.metadata[PLAN] = told(reply.status, reply.reason.decode(), reply.headers, reply.document)

    def _refuse(self, flow: http.HTTPFlow, miss: Miss) -> None:
        document = miss.document()
        headers = (*miss.headers(), (b"Content-Length", str(len(document)).encode()))
        body = b"" if flow.request.method == "HEAD" else document
        flow.metadata[PLAN] = told(misses.STATUS, misses.REASON, headers, body)
        self._say_all(miss)

    def _say_all(self, miss: Miss) -> None:
        for line in miss.lines():
            self._say(line)

    def _lead_back(self, response: http.Response, visit: Visit) -> None:
        """Have a redirect to any name of the API lead back through the proxy."""
        if "location" in response.headers:
            there: str = response.headers["location"]
            back = location(there, visit.client, visit.run.settings.hosts, visit.prefix)
            if back != there:
                response.headers["location"] = back

    def _guarded(self, visit: Visit, record: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
        """Let bytes pass even where recording them fails."""

        def passed(data: bytes) -> bytes:
            if visit.tee is None:
                return data
            try:
                return record(data)
            except Exception as error:  # noqa: BLE001 - a hook that raises lets all pass
                visit.run.defect(error)
                visit.tee = None
                return data

        return passed

    def _soon(self, flow: http.HTTPFlow, visit: Visit) -> Callable[[Callable[[], None]], object]:
        """Have a step of recording done when all that was read from the socket at once has passed."""

        def done(step: Callable[[], None]) -> None:
            try:
                step()
            except Exception as error:  # noqa: BLE001 - a hook that raises lets all pass
                visit.run.defect(error)
                if visit.tee is not None:
                    # The client gets its last byte all the same.
                    flow.metadata[HELD] = visit.tee.held
                visit.tee = None

        return lambda step: asyncio.get_running_loop().call_soon(done, step)

    def _failed(self, flow: http.HTTPFlow, error: Exception) -> None:
        """Our own failure: in replay a miss, otherwise noted and kept away from the client."""
        visit = visit_of(flow)
        run = visit.run if visit else self._runs.default
        if visit.is_live if visit else self._runs.may_go_live:
            run.defect(error)
            self._say(run.playback.clean(f"wiretape failed: {type(error).__name__}: {error}"))
            flow.metadata[LIVE] = True
            if visit is not None:
                visit.tee = None
        elif flow.response is None:
            head = visit.head if visit else Request(method="?", scheme="http", host="unknown", port=80, target="/")
            self._refuse(flow, run.playback.failed(head, error))
