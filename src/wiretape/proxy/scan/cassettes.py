"""A whole cassette searched for secrets: all that it holds, and every byte of its files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from wiretape.proxy.decide.redact import Redactor
from wiretape.proxy.scan.finding import Finding, Unit
from wiretape.proxy.scan.loose import fragment_finds
from wiretape.proxy.scan.merging import without_function
from wiretape.proxy.scan.messages import text_finds_of
from wiretape.proxy.scan.search import Search
from wiretape.proxy.scan.stored import Stored
from wiretape.store import rawfile, texts
from wiretape.store.cassette import Cassette

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from wiretape.proxy.decide.redact import RedactRules
    from wiretape.proxy.scan.allowing import Allowed
    from wiretape.proxy.scan.finding import Detector

_WORD: Final = 12


class Scanned(msgspec.Struct):
    """What came of a search through one file.

    Attributes:
        findings: what was found.
        unread: bodies that could not be looked into, and why.
        values: what was found, with its kind; not to be printed.
        allowed: how many finds were passed over, because they are allowed.
    """

    findings: list[Finding]
    unread: list[str]
    values: dict[bytes, str]
    allowed: int = 0


class CassetteScan:
    """One search through one cassette."""

    def __init__(
        self,
        path: Path,
        allowed: Allowed,
        detectors: Sequence[Detector],
        rules: RedactRules,
        progress: Callable[[int, int], None] = lambda _done, _total: None,
        sought: Mapping[bytes, str] | None = None,
    ) -> None:
        """Search the cassette at *path*.

        Args:
            path: the file.
            allowed: what is passed over.
            detectors: what looks for secrets besides our own.
            rules: what counts as secret besides what each session's own rules say.
            progress: told how many bytes of how many are done.
            sought: values to be found wherever they stand, with their kinds.
        """
        self._sought = sought or {}
        self._path = path
        self._rules = without_function(rules)
        self._search = Search(str(path), allowed, detectors)
        self._progress = progress
        self._done = 0
        self._total = 0
        self._unread: list[str] = []

    def run(self) -> Scanned:
        """Look at everything.

        Raises:
            WiretapeError: there is no such cassette, or it cannot be read.
        """
        with Cassette.open(self._path) as cassette:
            self.rows(cassette)
        self.files()
        return self.result()

    def result(self) -> Scanned:
        """What was found up to now."""
        search = self._search
        return Scanned(search.findings(), self._unread, search.values, search.skipped)

    def rows(self, cassette: Cassette) -> None:
        """Look at all that *cassette* holds, as far as it can be asked for."""
        search = self._search
        stored = Stored(cassette, self._rules, self._step)
        self._total += cassette.looked(texts.bodies_size) + rawfile.size(self._path)
        clean: set[tuple[object, ...]] = set()
        dirty: set[tuple[object, ...]] = set()
        for look in stored.looks(clean.__contains__):
            found = search.look(look.unit, look.scope)
            if look.same is not None:
                (dirty if found else clean).add(look.same)
                clean -= dirty
        self._unread = list(stored.unread)
        if search.expect(self._sought):
            for look in stored.looks():
                search.look_again(look.unit)
            self._index(cassette)

    def files(self) -> None:
        """Look at the bytes of the file, and of what lies beside it."""
        search = self._search

        def fresh(value: bytes) -> bool:
            # Rows lie in the file, and what was told of them need not be told again; so do free pages.
            return not any(value in other or other in value for other in search.values if len(other) >= _WORD)

        scope = Redactor(rules=self._rules).scope()
        # What the file holds may be older than what a WAL beside it says.
        current = not rawfile.beside(self._path)
        for region in rawfile.regions(self._path):
            finder = text_finds_of if region.live and current else fragment_finds
            unit = Unit(None, region.place, region.data, finder, cut=True)
            search.look(unit, scope, fresh if region.live else _always)
            self._step(len(region.data))
        if search.expect(self._sought):
            found = frozenset(search.values)
            for region in rawfile.regions(self._path):
                if self._sought or not region.live:
                    unit = Unit(None, region.place, region.data, None, cut=True)
                    search.look_again(unit, found if region.live else ())

    def _index(self, cassette: Cassette) -> None:
        """Look for what was found among the words of the full-text index."""
        wanted = {word for value in self._search.values for word in _words(value) if len(word) >= _WORD}
        for word in cassette.looked(lambda connection: [w for w in texts.indexed_words(connection) if w in wanted]):
            self._search.note_word(Unit(None, "full-text index", word.encode(), None))

    def _step(self, size: int) -> None:
        self._done = min(self._done + size, self._total)
        self._progress(self._done, self._total)


def _always(_value: bytes) -> bool:
    return True


def _words(value: bytes) -> list[str]:
    text = value.decode("utf-8", "replace").lower()
    return "".join(char if char.isalnum() else " " for char in text).split()
