"""What is said at the end of a run: what was recorded or replayed, what was missed, and the command that mends it."""

from __future__ import annotations

import shlex
from collections import Counter
from typing import TYPE_CHECKING

from wiretape.proxy.decide.modes import Mode
from wiretape.store.wording import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wiretape.proxy.decide.misses import Miss
    from wiretape.proxy.summary import Summary

_LISTED = 20
_NOBODY = "no request came: does the client use $WIRETAPE_URL, or heed HTTPS_PROXY?"


def lines_of(summaries: Sequence[Summary]) -> list[str]:
    """What to say of all sessions of a proxy, the default one first.

    Of many only those are told in full that did not end well; the others are counted.
    """
    default, *others = summaries
    told = [] if others and _is_idle(default) else lines(default)
    bad = [summary for summary in others if summary.exit_code(0)]
    if len(others) <= _LISTED:
        return told + [line for summary in others for line in lines(summary)]
    told.append(f"{len(others)} more sessions, {len(others) - len(bad)} of them well")
    return told + [line for summary in bad for line in lines(summary)]


def _is_idle(summary: Summary) -> bool:
    """Whether nothing was asked of it, nor anything to be."""
    return not (summary.recorded or summary.served or summary.passed or summary.misses or summary.unused) and (
        not summary.exit_code(0)
    )


def lines(summary: Summary) -> list[str]:
    """What to say, a line each."""
    told: list[str] = []
    if summary.mode in (Mode.RECORD, Mode.AUTO):
        told += _recorded(summary)
    if summary.mode is Mode.REPLAY:
        told += _replayed(summary)
    if summary.passed and summary.mode is not Mode.REPLAY:
        told.append(f"{count(summary.passed, 'request')} passed without being recorded")
    told += [f"redaction rule {rule!r} found nothing to replace" for rule in summary.silent]
    told += [f"would not be replayed as recorded: {finding}" for finding in summary.findings[:_LISTED]]
    told += _more(len(summary.findings))
    told += [f"wiretape failed: {defect}" for defect in dict.fromkeys(summary.defects)]
    return told


def _recorded(summary: Summary) -> list[str]:
    settings = summary.settings
    told = f"recorded {count(summary.recorded, 'interaction')} into session {summary.session!r} of {settings.cassette}"
    if summary.secrets:
        told += f", {count(summary.secrets, 'secret')} replaced"
    if summary.served:
        told = f"replayed {count(summary.served, 'answer')}, " + told
    if summary.problem is None and not summary.recorded and not summary.served:
        return [told, _NOBODY]
    if summary.problem is None:
        return [told]
    mended = shlex.join(["wiretape", "adopt", summary.session, "-c", str(settings.cassette)])
    kept = "" if summary.session == settings.session else f"; session {settings.session!r} is as it was"
    return [told, f"the session is incomplete: {summary.problem}{kept}; to use it all the same: {mended}"]


def _replayed(summary: Summary) -> list[str]:
    settings = summary.settings
    told = [f"replayed {count(summary.served, 'answer')} from session {settings.session!r} of {settings.cassette}"]
    if summary.repeats:
        told[0] += f", {summary.repeats} of them served before"
    if not summary.served and not summary.misses:
        told.append(_NOBODY)
    if summary.misses:
        told.append(f"{count(len(summary.misses), 'request')} missed:")
        told += _misses(summary.misses)
    if summary.unused:
        verdict = " (--strict: the run fails)" if settings.strict else ""
        told.append(f"{count(len(summary.unused), 'recorded interaction')} not asked for{verdict}:")
        told += [f"  {i.session}/{i.position} {i.method} {i.path}" for i in summary.unused[:_LISTED]]
        told += _more(len(summary.unused))
        # After a miss much is left over that the client would have come to.
        told += [] if summary.misses else [f"  if nothing needs them any more: {_pruning(summary)}"]
    return told


def _misses(misses: Sequence[Miss]) -> list[str]:
    """What was missed, the same thing once, and the commands that mend it."""
    often = Counter((f"{miss.kind}: {miss.request}: {miss.detail}", miss.first_difference()) for miss in misses)
    told: list[str] = []
    for (what, near), times in list(often.items())[:_LISTED]:
        told.append(f"  {what}" + (f" ({times} times)" if times > 1 else ""))
        told += [f"    {near}"] if near else []
    return [*told, *_more(len(often)), *dict.fromkeys(f"  mend: {miss.mend}" for miss in misses[:_LISTED])]


def _pruning(summary: Summary) -> str:
    names = [f"{i.session}/{i.position}" for i in summary.unused[:_LISTED]]
    rest = " (and so on)" if len(summary.unused) > _LISTED else ""
    return f"wiretape prune {shlex.join(names)} -c {shlex.quote(str(summary.settings.cassette))}{rest}"


def _more(number: int) -> list[str]:
    return [f"  … and {number - _LISTED} more"] if number > _LISTED else []
