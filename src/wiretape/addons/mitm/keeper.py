# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# (mitmproxy leaves the methods of its headers without annotations)
"""Who keeps the door where a password is asked for: a request without it gets its refusal from memory, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitmproxy import http

from wiretape.addons.mitm import conversion
from wiretape.addons.mitm.layers import PLAN
from wiretape.addons.mitm.planning import told
from wiretape.proxy.decide.admission import TURNED_AWAY, Password, Refusal, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from mitmproxy.connection import Client


class Keeper:
    """Lets requests in or turns them away. What fails here turns away, too: hooks that raise let all pass."""

    def __init__(self, password: Password | None, say: Callable[[str], None]) -> None:
        """Ask for *password*, if any; *say* tells the person at the terminal."""
        self._password = password
        self._say = say
        self._said = False
        self._tunnels: set[str] = set()

    def trusts(self, client: Client) -> bool:
        """Whether a connection needs to bring nothing more: nothing is asked for, or it was brought to its tunnel."""
        return self._password is None or client.id in self._tunnels

    def forget(self, client: Client) -> None:
        """The connection is gone."""
        self._tunnels.discard(client.id)

    def let_through(self, flow: http.HTTPFlow) -> bool:
        """Whether the tunnel that *flow* asks for may be opened; it has its answer where not."""
        if self.trusts(flow.client_conn):
            return True
        if self._admits(flow, None):
            self._tunnels.add(flow.client_conn.id)
            return True
        told = self._turned_away(flow, as_proxy=True)
        flow.response = http.Response(
            http_version=b"HTTP/1.1",
            status_code=told.status,
            reason=told.reason.encode(),
            headers=http.Headers(told.headers),
            content=told.document,
            trailers=None,
            timestamp_start=0.0,
            timestamp_end=0.0,
        )
        return False

    def let_in(self, flow: http.HTTPFlow, takes_us: Callable[[http.HTTPFlow], bool]) -> bool:
        """Whether *flow*, of which the head is here, may go on; it has its answer where not.

        *takes_us* says whether it takes the proxy for the API itself.
        """
        if self.trusts(flow.client_conn):
            return True
        path = self._path(flow, takes_us)
        if self._admits(flow, path):
            return True
        answer = self._turned_away(flow, as_proxy=path is None)
        document = b"" if flow.request.method == "HEAD" else answer.document
        flow.metadata[PLAN] = told(answer.status, answer.reason, answer.headers, document)
        # What it would upload is heard to its end and dropped.
        flow.request.headers.pop("expect", None)
        flow.request.stream = _dropped
        return False

    @staticmethod
    def _path(flow: http.HTTPFlow, takes_us: Callable[[http.HTTPFlow], bool]) -> str | None:
        try:
            return conversion.target(flow.request) if takes_us(flow) else None
        except ValueError:
            return None

    def _admits(self, flow: http.HTTPFlow, path: str | None) -> bool:
        assert self._password is not None
        try:
            return self._password.admits(conversion.pairs(flow.request.headers), path)
        except Exception:  # noqa: BLE001 - whatever it is, nobody is let in by it
            return False

    def _turned_away(self, flow: http.HTTPFlow, *, as_proxy: bool) -> Refusal:
        if not self._said:
            self._said = True
            self._say(TURNED_AWAY)
        # HTTP/2 has no such header.
        answer = refusal(as_proxy=as_proxy)
        if flow.request.is_http2:
            headers = tuple(pair for pair in answer.headers if pair[0] != b"Connection")
            return Refusal(answer.status, answer.reason, headers, answer.document)
        return answer


def _dropped(_: bytes) -> bytes:
    return b""
