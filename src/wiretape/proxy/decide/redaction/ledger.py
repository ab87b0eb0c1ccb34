"""Chunks whose bytes are written later than they came, and not all as they came: where each ends, and its time."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from wiretape.proxy.decide.redaction.finds import Segment


class Cut(NamedTuple):
    """Some of a body, to be written.

    Attributes:
        data: never empty.
        at_us: when its chunk came.
        goes_on: it belongs to the same chunk as what was written before it.
    """

    data: bytes
    at_us: int
    goes_on: bool


class Ledger:
    """The chunks of a body that have come and are not written yet."""

    def __init__(self) -> None:
        self._open: deque[list[int]] = deque()
        self._begun = False

    def arrived(self, size: int, at_us: int) -> None:
        """A chunk of *size* bytes has come."""
        if size:
            self._open.append([size, at_us])

    def cut(self, ready: list[Segment]) -> list[Cut]:
        """What can be written, cut as it came. What has another length than what it replaces goes where that began."""
        found: list[Cut] = []
        for size, text in ready:
            if size == len(text):
                at = 0
                while at < size:
                    part = text[at : at + self._open[0][0]]
                    self._write(found, part)
                    self._consume(len(part))
                    at += len(part)
            else:
                self._write(found, text)
                self._consume(size)
        return found

    def _write(self, found: list[Cut], data: bytes) -> None:
        if not data:
            return
        at_us = self._open[0][1]
        if self._begun and found:
            last = found[-1]
            found[-1] = last._replace(data=last.data + data)
        else:
            found.append(Cut(data, at_us, self._begun))
        self._begun = True

    def _consume(self, size: int) -> None:
        while size:
            chunk = self._open[0]
            taken = min(size, chunk[0])
            chunk[0] -= taken
            size -= taken
            if not chunk[0]:
                self._open.popleft()
                self._begun = False
