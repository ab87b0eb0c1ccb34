"""Multipart bodies without their boundary, which every client draws anew for every attempt."""

from __future__ import annotations

import re
from hashlib import blake2b

import msgspec

_BOUNDARY = re.compile(rb';\s*+boundary\s*+=\s*+(?:"([^"]*+)"|([^;\s"]++))', re.IGNORECASE)
_FIRST_LINE = re.compile(rb"--([0-9A-Za-z'()+_,\-./:=? ]{1,70}+)\t*+\r\n")
_PARAMETER = re.compile(rb';[ \t]*+([^=;"\s]++)[ \t]*+=[ \t]*+("(?:[^"\\]|\\.)*+"|[^;"\\\s]*+)[ \t]*+', re.DOTALL)
_DISPOSITION = re.compile(rb"([^;\s]*+)[ \t]*+((?:" + _PARAMETER.pattern + rb")*+)", re.DOTALL)
_BLANK = b" \t\r\n"


class Part(msgspec.Struct, frozen=True, array_like=True):
    """One part of a multipart body.

    Attributes:
        headers: sorted pairs, names in lower case, values without the space around them.
        size: bytes of the content.
        digest: BLAKE2b of the content.
    """

    headers: tuple[tuple[bytes, bytes], ...]
    size: int
    digest: bytes

    @property
    def name(self) -> str | None:
        """The form field's name, or None where the part has none."""
        for key, value in self.headers:
            if key == b"content-disposition":
                for parameter in _PARAMETER.finditer(value):
                    if parameter[1].lower() == b"name":
                        return parameter[2].removeprefix(b'"').removesuffix(b'"').decode("utf-8", "backslashreplace")
        return None


pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(tuple[Part, ...]).decode


def canonical_multipart(body: bytes, content_type: bytes) -> bytes | None:
    """The parts of *body* in their order; `parts` reads them back.

    The boundary is the one that the content type names, or that of the body's own first line: some clients send
    multipart under another content type.

    Returns:
        The canonical bytes, or None where the body is not well-formed multipart.
    """
    for boundary in (declared_boundary(content_type), sniffed_boundary(body)):
        found = _split(body, boundary) if boundary else None
        if found is not None:
            return pack(found)
    return None


def parts(form: bytes) -> tuple[Part, ...]:
    """The parts that `canonical_multipart` packed."""
    return _unpack(form)


def declared_boundary(content_type: bytes) -> bytes:
    """The boundary that a content type names; empty for none."""
    found = _BOUNDARY.search(content_type)
    return (found[1] or found[2] or b"") if found else b""


def sniffed_boundary(body: bytes) -> bytes:
    """The boundary that a body's first line is; empty for none."""
    found = _FIRST_LINE.match(body)
    return found[1].rstrip(b" ") if found else b""


def _split(body: bytes, boundary: bytes) -> list[Part] | None:
    # Text before the first boundary and after the last one is allowed by RFC 2046, but no HTTP client writes any, and
    # ignoring it would let different bodies pass for the same.
    line = b"--" + boundary
    if not body.startswith(line):
        return None
    *sections, end = body[len(line) :].split(b"\r\n" + line)
    if not end.startswith(b"--") or end[2:].strip(_BLANK):
        return None
    found: list[Part] = []
    for section in sections:
        part = part_of(section)
        if part is None:
            return None
        found.append(part)
    return found


def part_of(section: bytes) -> Part | None:
    """The part that *section*, which stands between two boundaries, is; None where it is malformed."""
    padding, newline, rest = section.partition(b"\r\n")
    if not newline or padding.strip(b" \t"):
        return None
    if rest.startswith(b"\r\n"):
        head, content = b"", rest[2:]
    else:
        head, blank, content = rest.partition(b"\r\n\r\n")
        if not blank:
            # Headers alone are a part too.
            head = head.removesuffix(b"\r\n")
    headers = part_headers(head)
    if headers is None:
        return None
    return Part(headers, len(content), blake2b(content, digest_size=16).digest())


def part_headers(head: bytes) -> tuple[tuple[bytes, bytes], ...] | None:
    """A part's headers, sorted; None where they are malformed."""
    found: list[tuple[bytes, bytes]] = []
    for line in head.split(b"\r\n") if head else ():
        name, colon, value = line.partition(b":")
        # A folded line falls here too: it begins with a space.
        if not colon or not name or name != name.strip(_BLANK):
            return None
        name = name.lower()
        value = value.strip(b" \t")
        found.append((name, _disposition(value) if name == b"content-disposition" else value))
    found.sort(key=lambda pair: pair[0])
    return tuple(found)


def _disposition(value: bytes) -> bytes:
    """A Content-Disposition with its parameters sorted and quoted; as it was where it is malformed."""
    found = _DISPOSITION.fullmatch(value)
    if not found:
        return value
    parameters = [
        name.lower() + b"=" + (text if text.startswith(b'"') else b'"' + text + b'"')
        for name, text in _PARAMETER.findall(found[2])
    ]
    return b"; ".join([found[1].lower(), *sorted(parameters)])
