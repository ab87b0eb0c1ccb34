"""Reading a multipart body of any size in constant memory, also where no header names its boundary."""

from __future__ import annotations

import hashlib
import re

from wiretape.addons.standin.received import Part

_START_KEPT = 64 * 1024
_PARAMETER = re.compile(r'(?<![\w*])(name|filename)="((?:[^"\\]|\\.)*)"')
_BOUNDARY = re.compile(r'boundary="?([^";,]+)"?', re.IGNORECASE)


def boundary_in(content_type: str) -> bytes | None:
    """The boundary that a content type declares, None where it declares none."""
    found = _BOUNDARY.search(content_type)
    return found[1].encode("latin-1") if found else None


class _OpenPart:
    """A part whose content is still arriving."""

    def __init__(self, head: bytes) -> None:
        fields = dict(line.split(":", 1) for line in head.decode("utf-8", "replace").split("\r\n") if ":" in line)
        fields = {name.strip().lower(): value.strip() for name, value in fields.items()}
        self.parameters = dict(_PARAMETER.findall(fields.get("content-disposition", "")))
        self.content_type = fields.get("content-type", "")
        self.size = 0
        self.start = b""
        self.digest = hashlib.sha256()

    def take(self, data: bytes) -> None:
        self.size += len(data)
        self.start += data[: _START_KEPT - len(self.start)]
        self.digest.update(data)

    def close(self) -> Part:
        name = self.parameters.get("name", "")
        filename = self.parameters.get("filename")
        return Part(name, filename, self.content_type, self.size, self.digest.hexdigest(), self.start)


class PartReader:
    """Takes the body as it comes and holds the parts that are complete.

    One published client sends multipart under `Content-Type: application/json` and names its boundary nowhere;
    without a declared boundary the body's first line tells it.
    """

    def __init__(self, boundary: bytes | None = None) -> None:
        self.parts: list[Part] = []
        # The first delimiter lacks the line break that the others begin with.
        self._buffer = bytearray(b"\r\n")
        self._delimiter = b"\r\n--" + boundary if boundary else b""
        self._open: _OpenPart | None = None
        self._step = self._preamble

    def feed(self, data: bytes) -> None:
        """Read on; malformed bodies simply yield fewer parts."""
        self._buffer += data
        while self._step():
            pass

    def _upto(self, mark: bytes) -> bytes | None:
        """Take the buffer up to a mark and drop the mark; None while the mark has not arrived."""
        at = self._buffer.find(mark)
        if at < 0:
            return None
        taken = bytes(self._buffer[:at])
        del self._buffer[: at + len(mark)]
        return taken

    def _preamble(self) -> bool:
        if not self._delimiter:
            end = self._buffer.find(b"\r\n", 2)
            if end < 0:
                return False
            self._delimiter = bytes(self._buffer[:end])
        if self._upto(self._delimiter) is None:
            return False
        self._step = self._after_delimiter
        return True

    def _after_delimiter(self) -> bool:
        if len(self._buffer) < len(b"--"):
            return False
        self._step = self._epilogue if self._buffer.startswith(b"--") else self._head
        return True

    def _head(self) -> bool:
        head = self._upto(b"\r\n\r\n")
        if head is None:
            return False
        self._open = _OpenPart(head)
        self._step = self._content
        return True

    def _content(self) -> bool:
        assert self._open is not None
        content = self._upto(self._delimiter)
        if content is None:
            # The tail may hold the beginning of a delimiter.
            whole = max(0, len(self._buffer) - len(self._delimiter))
            self._open.take(bytes(self._buffer[:whole]))
            del self._buffer[:whole]
            return False
        self._open.take(content)
        self.parts.append(self._open.close())
        self._open = None
        self._step = self._after_delimiter
        return True

    def _epilogue(self) -> bool:
        self._buffer.clear()
        return False
