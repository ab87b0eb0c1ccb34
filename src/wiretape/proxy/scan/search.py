"""Looking at texts: what redaction would replace, what looks secret, and what was found secret anywhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wiretape.proxy.decide.redaction.forms import forms
from wiretape.proxy.decide.redaction.memory import LONGEST, SHORTEST
from wiretape.proxy.decide.redaction.placeholders import MARK
from wiretape.proxy.scan.finding import HIDDEN, Finding, Hit, Unit, beginning
from wiretape.proxy.scan.shapes import private_keys, random_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping, Sequence

    from wiretape.proxy.decide.redaction.finds import Find
    from wiretape.proxy.decide.redaction.text import Scope
    from wiretape.proxy.scan.allowing import Allowed
    from wiretape.proxy.scan.finding import Detector


class Search:
    """One search through many texts.

    Attributes:
        values: what was found, with its kind; to be kept from being printed.
        skipped: how many finds were allowed.
    """

    def __init__(self, file: str, allowed: Allowed, detectors: Sequence[Detector] = ()) -> None:
        """Begin a search.

        Args:
            file: what the findings call the file.
            allowed: what is to be passed over.
            detectors: what looks for secrets besides our own.
        """
        self.values: dict[bytes, str] = {}
        self.skipped = 0
        self._file = file
        self._allowed = allowed
        self._detectors = (private_keys, *detectors)
        self._found: dict[tuple[str | None, str, bytes], Finding] = {}
        self._forms: list[tuple[bytes, bytes, str]] = []

    def look(self, unit: Unit, scope: Scope, wanted: Callable[[bytes], bool] = lambda _value: True) -> bool:
        """Look at a text: at places and values by what *scope* says, and at what looks secret.

        Args:
            unit: the text.
            scope: what redaction knows.
            wanted: whether a value is to be told, where it was found.

        Returns:
            Whether anything was found.
        """
        finds = unit.finder(unit.text, scope) if unit.finder is not None else []
        hits = [_hit(find) for find in finds if find.value != (find.secret.by or b"")]
        for detector in (*self._detectors, *(() if unit.cut else (random_texts,))):
            hits += [hit for hit in detector(unit.text) if not _overlaps(hit, hits)]
        hits = [hit for hit in hits if wanted(hit.value)]
        for hit in hits:
            self._note(unit, hit)
        return bool(hits)

    def expect(self, sought: Mapping[bytes, str]) -> bool:
        """Have `look_again` look for all that was found so far, and for what is *sought*, values with their kinds.

        Returns:
            Whether there is anything to look for.
        """
        known = {value: kind for value, kind in {**sought, **self.values}.items() if SHORTEST <= len(value) <= LONGEST}
        self._forms = [(form.text, value, kind) for value, kind in known.items() for form in forms(value)]
        return bool(self._forms)

    def look_again(self, unit: Unit, passed_over: Container[bytes] = ()) -> None:
        """Look for values that were found elsewhere, in all their spellings, but for those to be *passed over*."""
        for form, value, kind in self._forms:
            if value in passed_over:
                continue
            at = unit.text.find(form)
            while at >= 0:
                hit = Hit(at, at + len(form), value, kind, "known")
                place = self._place(unit, hit)
                if (unit.where, place, value) not in self._found:
                    self._note(unit, hit)
                at = unit.text.find(form, at + len(form))

    def note_word(self, unit: Unit) -> None:
        """A word of the index, which is one of a secret that was found."""
        self._note(unit, Hit(0, len(unit.text), unit.text, "word of a secret", "known"))

    def findings(self) -> list[Finding]:
        """All that was found, each place once, in order; no text in it holds a secret."""
        found = list(self._found.values())
        for finding in found:
            finding.place = self._clean(finding.place)
            finding.interaction = None if finding.interaction is None else self._clean(finding.interaction)
        return found

    def _note(self, unit: Unit, hit: Hit) -> None:
        if MARK in hit.value:
            return
        if self._allowed.allows(hit.value):
            self.skipped += 1
            return
        self.values.setdefault(hit.value, hit.kind)
        place = self._place(unit, hit)
        key = unit.where, place, hit.value
        known = self._found.get(key)
        if known is not None:
            known.times += 1
            return
        self._found[key] = Finding(
            file=self._file,
            interaction=unit.where,
            place=place,
            kind=hit.kind,
            by=hit.by,
            start=beginning(hit.value),
            length=len(hit.value),
            fingerprint=self._allowed.fingerprint(hit.value),
        )

    def _place(self, unit: Unit, hit: Hit) -> str:
        if unit.locate is None:
            return unit.place
        return f"{unit.place} {unit.locate(unit.text, hit.start)}".strip()

    def _clean(self, text: str) -> str:
        data = text.encode("utf-8", "surrogatepass")
        for value in self.values:
            if len(value) >= SHORTEST and value in data:
                data = data.replace(value, HIDDEN.encode())
        return data.decode("utf-8", "replace")


def _hit(find: Find) -> Hit:
    by = "place" if find.place else "value"
    return Hit(find.start, find.end, find.value.strip(), find.secret.kind or "secret", by)


def _overlaps(hit: Hit, others: list[Hit]) -> bool:
    return any(hit.start < other.end and other.start < hit.end for other in others)
