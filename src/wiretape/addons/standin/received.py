"""What a request looked like when it arrived, kept for handlers and for tests that want to know."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multipart body.

    Attributes:
        name: the form field's name.
        filename: None for a plain field.
        content_type: as declared, empty where it is not.
        size: bytes of content.
        sha256: hex digest of the content, by which a test sees that it arrived intact.
        start: the first bytes of the content; all of it for a plain field of ordinary size.
    """

    name: str
    filename: str | None
    content_type: str
    size: int
    sha256: str
    start: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request as it came in.

    Attributes:
        method: as sent.
        target: as sent, in absolute form if the client used it.
        headers: ordered pairs, names in the client's case.
        body: the bytes without transfer coding; only the first 16 MiB are kept.
        size: all bytes of the body, kept or not.
        sha256: hex digest of all of them.
        parts: the parts of a multipart body, whatever its content type said.
        version: `1.1` or `1.0`.
        keep_alive: the client expects to use the connection again.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    size: int = 0
    sha256: str = ""
    parts: tuple[Part, ...] = ()
    version: str = "1.1"
    keep_alive: bool = True

    def header(self, name: str, default: str = "") -> str:
        """The first value of a header, its name in any case."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), default)

    @property
    def origin_form(self) -> str:
        """The target without the scheme and host of an absolute form."""
        _, scheme, rest = self.target.partition("://")
        if self.target.startswith("/") or not scheme:
            return self.target
        return "/" + rest.partition("/")[2]

    @property
    def path(self) -> str:
        """The decoded path."""
        return unquote(self.origin_form.partition("?")[0])

    @property
    def query(self) -> dict[str, str]:
        """The query, the last value of each name."""
        return dict(parse_qsl(self.origin_form.partition("?")[2], keep_blank_values=True))
