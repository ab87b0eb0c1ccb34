"""`scan`: secrets that slipped through, in cassettes and in any text."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from wiretape.cli import options
from wiretape.cli.output import print_json, print_table, progress, say
from wiretape.proxy.usual import cassette_path
from wiretape.store.errors import UsageError, WiretapeError
from wiretape.store.wording import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wiretape.proxy.decide.redact import RedactRules
    from wiretape.proxy.scan.allowing import Allowed
    from wiretape.proxy.scan.cassettes import Scanned
    from wiretape.proxy.scan.finding import Detector, Finding

Files = Annotated[
    list[Path] | None,
    typer.Argument(metavar="FILE...", help="Cassettes and texts; `-` is standard input.", show_default=False),
]
BaselineFile = Annotated[
    Path | None,
    typer.Option("--baseline", metavar="FILE", help="Pass over what this file knows.", show_default=False),
]
UpdateBaseline = Annotated[
    bool, typer.Option("--update-baseline", help="Add what is found to the baseline; it is known from then on.")
]
NoWal = Annotated[
    bool, typer.Option("--no-wal", help="Fail where a cassette is not one plain file: for a hook before a commit.")
]
_STDIN = Path("-")
_MAGIC = b"SQLite format 3\x00"
_UNREADABLE = 2


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command("scan")(scan)


def scan(
    files: Files = None,
    *,
    cassette: options.Cassette = None,
    baseline: BaselineFile = None,
    update_baseline: UpdateBaseline = False,
    no_wal: NoWal = False,
    as_json: options.AsJson = False,
) -> int:
    """Look for secrets: in cassettes, all of them and every byte of their files, and in any text.

    Exits 1 where something is found, 2 where a file cannot be read. No output holds a secret: of a long one the first
    four characters are shown.
    """
    from wiretape.addons.detectsecrets import detectors
    from wiretape.proxy.choosing import Asked, chosen_rules, settings_file
    from wiretape.proxy.scan.allowing import Allowed, read_baseline, write_baseline

    if update_baseline and baseline is None:
        raise UsageError("--update-baseline needs a file to write to; name it with --baseline FILE")
    settings = settings_file(os.environ)
    known = None if baseline is None else read_baseline(baseline)
    foreign = detectors()
    run = _Run(
        Allowed(settings.values.scan.allow, known), foreign or (), chosen_rules(Asked(), settings).redact, no_wal=no_wal
    )
    paths = [*(files or ()), *([cassette] if cassette is not None and files else ())]
    for path in paths or [cassette_path(cassette, os.environ, settings)]:
        run.file(path)
    if foreign is None:
        say("detect-secrets is not installed, so keys of other services are not known: pip install 'wiretape[scan]'")
    if update_baseline and known is not None and baseline is not None:
        say(f"{baseline} knows {write_baseline(baseline, known, run.findings)} fingerprints now")
        run.findings.clear()
    run.tell(as_json=as_json)
    if run.failed:
        return _UNREADABLE
    return int(bool(run.findings or run.unfit))


class _Run:
    """What was found in one file after the other."""

    def __init__(self, allowed: Allowed, foreign: Sequence[Detector], rules: RedactRules, *, no_wal: bool) -> None:
        self.findings: list[Finding] = []
        self.unfit: list[str] = []
        self.failed = False
        self._allowed = allowed
        self._foreign = foreign
        self._rules = rules
        self._no_wal = no_wal
        self._count = 0

    def file(self, path: Path) -> None:
        """Look at one file; one that cannot be read is told, and the others are looked at all the same."""
        self._count += 1
        try:
            found = self._text("standard input", sys.stdin.buffer.read()) if path == _STDIN else self._named(path)
        except WiretapeError as error:
            say(str(error))
            self.failed = True
            return
        except OSError as error:
            say(f"cannot read {path}: {error.strerror or error}")
            self.failed = True
            return
        self.findings += found.findings
        for what in found.unread:
            say(f"{path}: not looked into: {what}")
        if found.allowed:
            say(f"{path}: {count(found.allowed, 'find')} {'is' if found.allowed == 1 else 'are'} allowed")

    def tell(self, *, as_json: bool) -> None:
        """Print what was found."""
        for what in self.unfit:
            say(what)
        if as_json:
            print_json([msgspec.structs.asdict(finding) for finding in self.findings])
        elif self.findings:
            table(self.findings, several=self._count > 1)
        found = sum(finding.times for finding in self.findings)
        say(f"{count(self._count, 'file')}: {count(found, 'secret') if found else 'no secrets'} found")

    def _named(self, path: Path) -> Scanned:
        with path.open("rb") as file:
            cassette = file.read(len(_MAGIC)) == _MAGIC
        if not cassette:
            return self._text(str(path), path.read_bytes())
        from wiretape.proxy.scan.cassettes import CassetteScan
        from wiretape.store.rawfile import beside

        with progress(f"scanning {path.name}") as bar:
            found = CassetteScan(path, self._allowed, self._foreign, self._rules, bar).run()
        for other in beside(path) if self._no_wal else ():
            self.unfit.append(
                f"{other} lies beside {path}, which alone is not the cassette; wait for the end of its recording, "
                f"or mend it with `wiretape reindex -c {path}`"
            )
        return found

    def _text(self, name: str, data: bytes) -> Scanned:
        from wiretape.proxy.scan.exports import scan_text

        return scan_text(name, data, self._allowed, self._foreign, self._rules)


def table(findings: Sequence[Finding], *, several: bool) -> None:
    """Print *findings* for people; of *several* files each with its name."""
    columns = ["FILE", "INTERACTION", "PLACE", "KIND", "BEGINS", "LENGTH", "TIMES", "BY"]
    rows = [
        [
            one.file,
            one.interaction or "",
            one.place,
            one.kind,
            one.start + "…" if one.start else "",
            str(one.length),
            str(one.times),
            one.by,
        ]
        for one in findings
    ]
    skip = 0 if several else 1
    print_table(columns[skip:], [row[skip:] for row in rows], flexible="PLACE", expendable=("BY", "TIMES"))
