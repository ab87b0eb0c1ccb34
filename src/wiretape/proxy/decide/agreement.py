"""A session's rules: read, and whether they are those of the settings."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import msgspec

from wiretape.proxy.decide.rules import Rules
from wiretape.store.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from wiretape.store.interaction import Session

_WORDS = {
    "ignored_paths": "ignored paths",
    "ignored_query": "ignored query parameters",
    "headers": "matched headers",
    "echo": "echoed places",
}


def rules_of(session: Session) -> Rules | None:
    """What the keys of a session were made by; None where that cannot be read."""
    try:
        return msgspec.json.decode(session.rules, type=Rules)
    except ValueError:
        return None


def read_rules(session: Session) -> Rules:
    """What the keys of a session were made by.

    Raises:
        UsageError: that cannot be read.
    """
    rules = rules_of(session)
    if rules is None:
        name = shlex.quote(session.name)
        raise UsageError(
            f"the rules of session {session.name!r} cannot be read; `wiretape rekey {name} --no-rules` gives it none"
        )
    return rules


def difference_told(recorded: Rules, settings: Rules, session: str, cassette: Path) -> str | None:
    """One sentence where the settings name rules of matching and the session was recorded with others; else None.

    Args:
        recorded: the session's rules, which count.
        settings: those that the settings and options name.
        session: the session's name.
        cassette: the cassette.
    """
    told = [
        f"{word} {_listed(recorded, name)} (settings: {_listed(settings, name)})"
        for name, word in _WORDS.items()
        if set(getattr(recorded, name)) != set(getattr(settings, name))
    ]
    if not told or not _names_any(settings):
        return None
    return (
        f"session {session!r} was recorded with other rules than the settings', and its own count: {'; '.join(told)}; "
        f"to change them: {_rekey(session, cassette)}"
    )


def check_canonicaliser(recorded: Rules, settings: Rules, session: str, cassette: Path) -> None:
    """See whether session and settings name the same canonicaliser: a cassette's is never loaded for its name alone.

    Raises:
        UsageError: they do not, or only one of them names any.
    """
    ours, theirs = settings.canonicaliser, recorded.canonicaliser
    if ours == theirs:
        return
    if ours is None:
        told = f"canonicaliser {theirs!r}, and the settings name none; if you trust it, name it there under [matching]"
    elif theirs is None:
        told = f"no canonicaliser, and the settings name {ours!r}"
    else:
        told = f"canonicaliser {theirs!r}, and the settings name {ours!r}"
    # Without any rules in the settings, `rekey` would keep the session's own.
    command = _rekey(session, cassette) + ("" if ours or _names_any(settings) else " --no-rules")
    raise UsageError(f"session {session!r} was recorded with {told}; or make its match keys anew: {command}")


def check_redaction(recorded: Rules, settings: Rules, session: str, cassette: Path, *, records: bool) -> None:
    """See whether what is redacted in the session is what the settings want redacted, as far as that matters.

    Keys are made of what is redacted: a replay goes by the session's rules, and needs its function. A recording that
    went by them would write openly what the settings have added since.

    Raises:
        UsageError: it is not.
    """
    ours, theirs = settings.redact, recorded.redact
    if theirs.callable is not None and theirs.callable != ours.callable:
        raise UsageError(
            f"session {session!r} was recorded with redaction's callable {theirs.callable!r}, and the settings name "
            f"{repr(ours.callable) if ours.callable else 'none'}; if you trust it, name it there under [redact]"
        )
    if records and ours != theirs:
        raise UsageError(
            f"session {session!r} was recorded with other redaction rules than the settings'; bring it in line with "
            f"`wiretape scrub {shlex.quote(session)} -c {shlex.quote(str(cassette))}`, then add to it, or record anew"
        )


def _names_any(rules: Rules) -> bool:
    return any(getattr(rules, name) for name in _WORDS)


def _listed(rules: Rules, name: str) -> str:
    values: tuple[str, ...] = getattr(rules, name)
    return ", ".join(sorted(values)) or "none"


def _rekey(session: str, cassette: Path) -> str:
    return f"wiretape rekey {shlex.quote(session)} -c {shlex.quote(str(cassette))}"
