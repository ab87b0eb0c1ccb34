"""A multipart body too long to be held, split into its parts while it comes; only their heads are kept."""

from __future__ import annotations

from hashlib import blake2b

from wiretape.proxy.decide.multipart import Part, pack, part_headers, part_of

_BLANK = b" \t\r\n"
_NEWLINE = b"\r\n"
# No client writes longer headers; a body that has some counts by its bytes.
_HEAD_BYTES = 64 * 1024


class LongParts:
    """The canonical form of a multipart body in the making.

    For every body but those with absurdly long part headers it gives what `canonical_multipart` gives.
    """

    def __init__(self, boundary: bytes) -> None:
        """Begin a body whose parts *boundary* divides."""
        self._mark = _NEWLINE + b"--" + boundary
        # The first boundary has no newline before it; with one it is like the others.
        self._held = bytearray(_NEWLINE)
        self._found: list[Part] = []
        self._section = _Section()
        self._before_first = True
        self._malformed = False

    def add(self, data: bytes) -> None:
        """A piece of the body."""
        if self._malformed:
            return
        self._held += data
        while (at := self._held.find(self._mark)) >= 0:
            self._section.add(bytes(self._held[:at]))
            self._close_section()
            del self._held[: at + len(self._mark)]
        # What is left may end with the beginning of a mark.
        safe = len(self._held) - len(self._mark) + 1
        if safe > 0:
            self._section.add(bytes(self._held[:safe]))
            del self._held[:safe]

    def form(self) -> bytes | None:
        """The canonical bytes, once the whole body was added; None where it is not well-formed multipart."""
        self._section.add(bytes(self._held))
        self._held.clear()
        end = self._section.head_only()
        well_formed = not self._malformed and not self._before_first and end is not None
        if not well_formed or end is None or not end.startswith(b"--") or end[2:].strip(_BLANK):
            return None
        return pack(self._found)

    def _close_section(self) -> None:
        if self._before_first:
            # Text before the first boundary: no client writes any, and ignoring it would let bodies pass for others.
            self._malformed = self._section.head_only() != b""
            self._before_first = False
        else:
            part = self._section.part()
            if part is None:
                self._malformed = True
            else:
                self._found.append(part)
        self._section = _Section()


class _Section:
    """What stands between two boundaries: some blanks and a newline, headers, a blank line, content."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._headers: bytes | None = None
        self._size = 0
        self._digest = blake2b(digest_size=16)

    def add(self, data: bytes) -> None:
        if self._headers is not None:
            self._content(data)
        elif len(self._head) <= _HEAD_BYTES:
            self._head += data
            self._look_for_content()

    def _look_for_content(self) -> None:
        start = self._head.find(_NEWLINE) + len(_NEWLINE)
        if start < len(_NEWLINE) or self._head[: start - len(_NEWLINE)].strip(b" \t"):
            return
        if self._head.startswith(_NEWLINE, start):
            end = start
        else:
            end = self._head.find(_NEWLINE + _NEWLINE, start)
            if end < 0:
                return
        after = end + (len(_NEWLINE) if end == start else 2 * len(_NEWLINE))
        self._headers = bytes(self._head[start:end])
        self._content(bytes(self._head[after:]))

    def _content(self, data: bytes) -> None:
        self._size += len(data)
        self._digest.update(data)

    def head_only(self) -> bytes | None:
        """The section as it is, where it has no content and is short."""
        return None if self._headers is not None or len(self._head) > _HEAD_BYTES else bytes(self._head)

    def part(self) -> Part | None:
        if self._headers is None:
            short = self.head_only()
            return None if short is None else part_of(short)
        headers = part_headers(self._headers)
        return None if headers is None else Part(headers, self._size, self._digest.digest())
