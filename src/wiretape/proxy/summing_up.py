"""What is said at the end of a run: what was recorded or replayed, what was missed, and the command that mends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wiretape.proxy.decide.modes import Mode

if TYPE_CHECKING:
    from wiretape.proxy.run import Summary

_LISTED = 20


def lines(summary: Summary) -> list[str]:
    """What to say, a line each."""
    told: list[str] = []
    if summary.mode in (Mode.RECORD, Mode.AUTO):
        told += _recorded(summary)
    if summary.mode is Mode.REPLAY:
        told += _replayed(summary)
    if summary.passed and summary.mode is not Mode.REPLAY:
        told.append(f"{_count(summary.passed, 'request')} passed without being recorded")
    told += [f"wiretape failed: {defect}" for defect in dict.fromkeys(summary.defects)]
    return told


def _recorded(summary: Summary) -> list[str]:
    settings = summary.settings
    told = f"recorded {_count(summary.recorded, 'interaction')} into session {summary.session!r} of {settings.cassette}"
    if summary.served:
        told = f"replayed {_count(summary.served, 'answer')}, " + told
    if summary.problem is None and not summary.recorded and not summary.served:
        return [told, "no request came: does the client use $WIRETAPE_URL, or heed HTTPS_PROXY?"]
    if summary.problem is None:
        return [told]
    mended = f"wiretape adopt {summary.session!r} -c {settings.cassette}"
    kept = "" if summary.session == settings.session else f"; session {settings.session!r} is as it was"
    return [told, f"the session is incomplete: {summary.problem}{kept}; to use it all the same: {mended}"]


def _replayed(summary: Summary) -> list[str]:
    settings = summary.settings
    told = [f"replayed {_count(summary.served, 'answer')} from session {settings.session!r} of {settings.cassette}"]
    if summary.repeats:
        told[0] += f", {summary.repeats} of them served before"
    if summary.misses:
        told.append(f"{_count(len(summary.misses), 'request')} missed:")
        told += [f"  {miss.kind}: {miss.request}: {miss.detail}" for miss in summary.misses[:_LISTED]]
        told += _more(len(summary.misses))
        told.append(f"  mend: {summary.misses[0].mend}")
    if summary.unused:
        verdict = " (--strict: the run fails)" if settings.strict else ""
        told.append(f"{_count(len(summary.unused), 'recorded interaction')} not asked for{verdict}:")
        told += [f"  {i.session}/{i.position} {i.method} {i.path}" for i in summary.unused[:_LISTED]]
        told += _more(len(summary.unused))
    return told


def _more(count: int) -> list[str]:
    return [f"  … and {count - _LISTED} more"] if count > _LISTED else []


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
