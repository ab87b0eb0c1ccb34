"""What a handler sees of a request: the request itself, its place in the count, and what is remembered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wiretape.addons.standin.jsontext import Json, as_object
from wiretape.addons.standin.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wiretape.addons.standin.memory import Memory
    from wiretape.addons.standin.received import Received


def _no_params() -> dict[str, str]:
    return {}


@dataclass(slots=True, kw_only=True)
class Call:
    """One request on its way to its answer.

    Attributes:
        n: the number of the answer, different for every call.
        request: as received.
        json: the body decoded, None where it is no JSON.
        scenario: what the request asked of its answer.
        memory: what earlier calls left behind.
        now: the clock, for headers and expiry times.
        params: what the route found in the path.
    """

    n: int
    request: Received
    json: Any
    memory: Memory
    now: float
    scenario: Scenario = field(default_factory=Scenario)
    params: Mapping[str, str] = field(default_factory=_no_params)

    @property
    def body(self) -> Json:
        """The JSON body if it is an object, else an empty one."""
        return as_object(self.json)

    @property
    def query(self) -> dict[str, str]:
        """The query's names and values."""
        return self.request.query

    @property
    def origin(self) -> str:
        """Scheme and host as the client sees them, for the absolute URLs that this API hands out."""
        scheme = self.request.header("x-forwarded-proto", "http")
        return f"{scheme}://{self.request.header('host', 'localhost')}"

    @property
    def organization(self) -> str:
        """The organization that the call is about."""
        named = self.params.get("org") or self.body.get("organization_id") or self.body.get("organizationId")
        return str(named or self.query.get("organization_id") or "org_1")

    @property
    def identity(self) -> str:
        """What two identical requests share.

        A multipart body does not count: its boundary is random, and the official SDK loses form fields on retries.
        """
        body = "multipart" if self.request.parts else self.request.sha256
        return f"{self.request.method} {self.request.origin_form} {body}"
