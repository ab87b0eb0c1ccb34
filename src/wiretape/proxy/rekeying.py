"""The match keys of stored requests, made anew: to tell whether they are true, or by other rules."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import msgspec

from wiretape.proxy.decide.agreement import read_rules, rules_of
from wiretape.proxy.decide.keying import KeyInTheMaking
from wiretape.proxy.decide.matching import VERSION
from wiretape.proxy.decide.routing import API, Hosts, parse_upstream
from wiretape.proxy.decide.rules import NO_RULES
from wiretape.proxy.decide.userhook import CanonicaliserFailed
from wiretape.store.cassette import Cassette
from wiretape.store.keys import NewKey, NewKeys, put_keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from wiretape.proxy.decide.rules import Rules
    from wiretape.store.auditing import Audit, Kept
    from wiretape.store.interaction import Request, Session


def matched_target(audit: Audit, kept: Kept, rules: Rules, hosts: Hosts) -> str | None:
    """The target by which an interaction was keyed; None where no target gives its key.

    Args:
        audit: of its cassette.
        kept: the interaction.
        rules: what its key was made by.
        hosts: who is the API; a session that was added to may hold requests to another upstream than this one.
    """
    request = kept.request()
    for target in _targets(request, kept, hosts):
        if _key(audit, kept, request, target, rules) == kept.match_key:
            return target
    return None


def _key(audit: Audit, kept: Kept, request: Request, target: str, rules: Rules) -> str:
    making = KeyInTheMaking(msgspec.structs.replace(request, target=target), kept.identity, rules)
    for piece in audit.pieces(kept.request_body_id):
        making.add(piece)
    return making.key()


def _targets(request: Request, kept: Kept, hosts: Hosts) -> Iterator[str]:
    """What the request may have been matched by: its target as *hosts* see it, else without another prefix."""
    first = hosts.inward_of(request)
    yield first
    if kept.identity != API:
        return
    path, mark, query = request.target.partition("?")
    parts = path.split("/")
    for start in range(1, len(parts)):
        target = "/" + "/".join(parts[start:]) + mark + query
        if target != first:
            yield target


class Regrouped(msgspec.Struct, frozen=True):
    """What new rules make of a session; interactions are named as SESSION/POSITION.

    Attributes:
        session: its name.
        interactions: how many it has.
        changed: how many get another key.
        merged: interactions that were different requests and are now the same one, a list for each.
        split: interactions that were the same request and are now several, a list of lists for each.
    """

    session: str
    interactions: int
    changed: int
    merged: list[list[str]]
    split: list[list[list[str]]]


def rekey(path: Path, sessions: Sequence[Session], wanted: Rules | None, *, dry_run: bool = False) -> list[Regrouped]:
    """Give the stored requests of *sessions* the keys that rules give them; says what that makes of each.

    All of them or nothing: what cannot be done for one is done for none.

    Args:
        path: of the cassette.
        sessions: of that cassette.
        wanted: the rules; None for those that each session has.
        dry_run: nothing is written.

    Raises:
        UsageError: the rules of a session are to be kept, and cannot be read.
        CanonicaliserFailed: the function that the rules name failed.
        WiretapeError: a request cannot be read, or the cassette not be changed.
    """
    changes: list[NewKeys] = []
    told: list[Regrouped] = []
    with Cassette.open(path) as cassette:
        for session in sessions:
            rules = _rules_for(session, wanted)
            keys, regrouped = _rekeyed(cassette, session, rules)
            changes.append(NewKeys(session, msgspec.json.encode(rules).decode(), keys))
            told.append(regrouped)
    if changes and not dry_run:
        put_keys(path, changes)
    return told


def _rules_for(session: Session, wanted: Rules | None) -> Rules:
    if wanted is None:
        return read_rules(session)
    # What is stored was redacted by the session's rules; a key made by others would be of something else.
    return msgspec.structs.replace(wanted, redact=(rules_of(session) or NO_RULES).redact)


def _rekeyed(cassette: Cassette, session: Session, rules: Rules) -> tuple[list[NewKey], Regrouped]:
    audit = cassette.audit()
    hosts = hosts_of(session)
    before = rules_of(session)
    keys: list[NewKey] = []
    names: list[str] = []
    for kept in audit.kept(session.id):
        keys.append(NewKey(kept.id, kept.match_key, _anew(audit, kept, before, rules, hosts)))
        names.append(f"{session.name}/{kept.position}")
    return keys, _regrouped(session.name, keys, names)


def hosts_of(session: Session) -> Hosts:
    """Who is the API, as far as a session knows.

    Raises:
        UsageError: its upstream is no address.
    """
    return Hosts(upstream=parse_upstream(session.upstream))


def _anew(audit: Audit, kept: Kept, before: Rules | None, rules: Rules, hosts: Hosts) -> str | None:
    if kept.match_key is None:
        return None  # its request never came whole, or is one that nothing may match
    request = kept.request()
    target = None
    if before is not None and kept.match_key.startswith(f"{VERSION}:"):
        with contextlib.suppress(CanonicaliserFailed):
            target = matched_target(audit, kept, before, hosts)
    return _key(audit, kept, request, target or hosts.inward_of(request), rules)


def _regrouped(session: str, keys: list[NewKey], names: list[str]) -> Regrouped:
    of_new: dict[str, dict[str, list[str]]] = {}
    of_old: dict[str, dict[str, list[str]]] = {}
    for key, name in zip(keys, names, strict=True):
        if key.old is not None and key.new is not None:
            of_new.setdefault(key.new, {}).setdefault(key.old, []).append(name)
            of_old.setdefault(key.old, {}).setdefault(key.new, []).append(name)
    return Regrouped(
        session=session,
        interactions=len(keys),
        changed=sum(key.old != key.new for key in keys),
        merged=[_in_order(olds, names) for olds in of_new.values() if len(olds) > 1],
        split=[list(news.values()) for news in of_old.values() if len(news) > 1],
    )


def _in_order(groups: dict[str, list[str]], names: list[str]) -> list[str]:
    members = {name for group in groups.values() for name in group}
    return [name for name in names if name in members]
