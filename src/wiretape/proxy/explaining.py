"""Why a request matches or does not: its canonical form, what was left out of it, what it matches or comes near to."""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

import msgspec

from wiretape.proxy.comparison import Recordings
from wiretape.proxy.decide.agreement import read_rules
from wiretape.proxy.decide.belonging import belonging
from wiretape.proxy.decide.canonical import Canonical, canonical
from wiretape.proxy.decide.difference import Difference, differences
from wiretape.proxy.decide.likeness import Likeness, Part
from wiretape.proxy.decide.matching import match_key
from wiretape.proxy.decide.redaction.classes import classed
from wiretape.proxy.decide.routing import API, Hosts, at_api, host_named, parse_upstream, parse_url
from wiretape.proxy.decide.rules import NO_RULES, compiled
from wiretape.store.errors import UsageError
from wiretape.store.interaction import Request

if TYPE_CHECKING:
    from wiretape.store.cassette import Cassette
    from wiretape.store.interaction import Interaction

_NEAREST = 3
# The proxy's own address, under which base-URL clients reach the API.
_LOOPBACK = re.compile(r"localhost|127(\.\d+){3}|::1")
_ALL = 10_000


def getting(address: str) -> Request:
    """A GET of an address, or of a path of the API.

    Raises:
        UsageError: it is no http or https address.
    """
    try:
        origin, target = parse_url(at_api(address))
    except ValueError as error:
        raise UsageError(str(error)) from None
    target = quote(target, safe=string.punctuation)
    return Request(method="GET", scheme=origin.scheme, host=origin.host, port=origin.port, target=target)


class Asked(msgspec.Struct, frozen=True):
    """A request to be explained.

    Attributes:
        request: with the target to match by.
        identity: whose request it is.
        known: whose host it is, in words.
        url: its address as it may be told to people.
    """

    request: Request
    identity: str
    known: str
    url: str


class Near(msgspec.Struct, frozen=True):
    """A recording near to the request, its score in all and in parts, and all that differs."""

    interaction: Interaction
    score: float
    parts: list[Part]
    differences: list[Difference]


class Explanation(msgspec.Struct, frozen=True):
    """All that is to be said of a request.

    Attributes:
        asked: the request.
        form: its canonical form.
        left_out: what the session's rules left out of the form, and what they changed in it.
        key: of the form.
        matches: the interactions that answer it, in the order in which they do.
        nearest: where there are none, those nearest to it.
    """

    asked: Asked
    form: Canonical
    left_out: list[Difference]
    key: str
    matches: list[Interaction]
    nearest: list[Near]


class Session:
    """A session as replay sees it.

    Attributes:
        name: its name.
        size: how many interactions it has.
        rules: what its keys were made by.
    """

    def __init__(self, cassette: Cassette, name: str, hosts: Hosts) -> None:
        """Take up a session.

        Raises:
            SessionMissing: there is none of that name.
            UsageError: its rules cannot be read.
        """
        session = cassette.session(name)
        self.name = session.name
        self.size = session.interactions
        self.rules = read_rules(session)
        self._id = session.id
        self._hosts = hosts.recorded_from(parse_upstream(session.upstream), cassette.identities(session.id), live=False)
        self._cassette = cassette
        self._recordings = Recordings(cassette, session.id, self._hosts, self.rules)

    @classmethod
    def of(cls, cassette: Cassette, found: Interaction, hosts: Hosts) -> Self:
        """The session that holds *found*."""
        return cls(cassette, found.session, hosts)

    def asked(self, request: Request) -> Asked:
        """*request* as it would be understood if it came to a proxy that replays this session."""
        hosts = self._hosts
        identity = hosts.identity(request.host, request.port)
        request = msgspec.structs.replace(request, target=hosts.inward_of(request))
        if identity == API:
            return self._told(request, API, f"the API; {request.host} is one of its names")
        if identity is not None:
            return self._told(request, identity, "recorded as an API of its own")
        if _LOOPBACK.fullmatch(request.host):
            told = belonging(request.target, request.headers, base_url=True)
            request = msgspec.structs.replace(request, target=told.target, headers=told.headers)
            known = f"the API; {request.host}:{request.port} is taken for the proxy's own address"
            return self._told(request, API, known)
        identity = host_named(request.host, request.port)
        return self._told(request, identity, f"not the API; `wiretape record --intercept {identity} …` records it")

    def _told(self, request: Request, identity: str, known: str) -> Asked:
        return Asked(request, identity, known, classed(request, compiled(self.rules).words, frozenset()).url)

    def recorded(self, found: Interaction) -> Asked:
        """The request of one of its interactions."""
        request = self._cassette.request(found.id)
        request = msgspec.structs.replace(request, target=self._hosts.inward_of(request))
        return Asked(request, found.identity, "the API" if found.identity == API else "an API of its own", request.url)

    def explained(self, asked: Asked) -> Explanation:
        """What is to be said of *asked*."""
        form = canonical(asked.request, asked.identity, self.rules)
        whole = canonical(asked.request, asked.identity, NO_RULES)
        key = match_key(form)
        matches = [self._cassette.interaction(str(found)) for found in self._cassette.answers(self._id, key)]
        nearest = [] if matches else self._nearest(asked, form)
        return Explanation(asked, form, differences(whole, form, _ALL), key, matches, nearest)

    def compared_with(self, found: Interaction, asked: Asked) -> Near:
        """One of its interactions compared with *asked*."""
        return self._compared(found, canonical(asked.request, asked.identity, self.rules))

    def _nearest(self, asked: Asked, form: Canonical) -> list[Near]:
        likeness = Likeness(form)
        found = self._recordings.nearest(asked.request, asked.identity, _NEAREST)
        return [self._compared(near.ref, form, likeness) for near in found]

    def _compared(self, found: Interaction, form: Canonical, likeness: Likeness | None = None) -> Near:
        likeness = likeness or Likeness(form)
        recorded = self._recordings.form(found)
        what = self._recordings.differences(found, recorded, form, _ALL)
        return Near(found, likeness.score(recorded), likeness.parts(recorded), what)
