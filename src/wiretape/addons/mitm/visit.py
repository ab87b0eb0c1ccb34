# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# (mitmproxy leaves the methods of its headers without annotations)
"""One exchange on its way through mitmproxy, as it is kept beside the flow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from wiretape.proxy.decide.modes import Mode

if TYPE_CHECKING:
    from mitmproxy import http

    from wiretape.addons.mitm.tee import Tee
    from wiretape.proxy.decide.routing import Origin
    from wiretape.proxy.run import Run
    from wiretape.store.interaction import Request

# Key of flow.metadata.
VISIT: Final = "wiretape_visit"
# Uploads beyond this pass while they are recorded; they are held whole only where an answer depends on them.
_HELD_UPLOAD_BYTES = 1024 * 1024


class Visit(msgspec.Struct):
    """One exchange on its way through.

    Attributes:
        run: the run it belongs to.
        head: the request as the client meant it, without its body.
        client: the origin under which the client reaches the API.
        prefix: what the client's paths begin with, for it asks for a session by its base URL; else nothing.
        identity: whose request it is; None for a host that is not ours.
        began_us: when its head came.
        control: it is for the proxy itself.
        problem: why it belongs to no run; None where it does.
        tee: records it; None where it is not recorded.
    """

    run: Run
    head: Request
    client: Origin
    prefix: str
    identity: str | None
    began_us: int
    control: bool = False
    problem: str | None = None
    tee: Tee | None = None

    @property
    def is_live(self) -> bool:
        """Whether it may go to an upstream, so far as its session decides that."""
        return self.run.mode is not Mode.REPLAY and not self.control and self.problem is None


def visit_of(flow: http.HTTPFlow) -> Visit | None:
    """The exchange that *flow* is; None before its head was understood."""
    found = flow.metadata.get(VISIT)
    return found if isinstance(found, Visit) else None


def is_long(request: http.Request) -> bool:
    """Whether a request's body is long, or of a length that is not known."""
    length: str | None = request.headers.get("content-length")
    coding: str = request.headers.get("transfer-encoding", "")
    if length is None:
        return "chunked" in coding.lower()
    return length.isdigit() and int(length) > _HELD_UPLOAD_BYTES
