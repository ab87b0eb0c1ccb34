"""To which session a request belongs: told by a prefix of its path, by the proxy's user, or by a header.

Each way suits other clients: a base URL can bear a prefix, a proxy's address a user, and some programs can do no more
than send a header. The first of them that is there counts. The prefix and the user may bear a password as well; what it
opens is told in `admission`.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote

from wiretape.proxy.decide.forproxy import without_the_proxys
from wiretape.store.interaction import header

if TYPE_CHECKING:
    from wiretape.store.interaction import Headers

CONTROL: Final = "wiretape"
"""No session's label: `/~wiretape/` is where the proxy itself is asked, and as a proxy's user it names none."""

HEADER: Final = b"x-wiretape-session"
MARK: Final = "/~"
"""What a base URL's path begins with before a label."""

_WORD = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}"
_PREFIX = re.compile(r"/~([^/?]*)")
# What the proxy makes up itself begins with an underscore, so that no name can be taken for it.
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


class Belonging(NamedTuple):
    """What a request says of its session, and the request without that.

    Attributes:
        label: of the session; None for the default.
        prefix: what the client's paths begin with, as it wrote it, where it asks by its base URL; else nothing.
        target: path and query without the prefix.
        headers: without those that are the proxy's.
    """

    label: str | None
    prefix: str
    target: str
    headers: Headers

    @property
    def control(self) -> bool:
        """Whether the request is for the proxy itself."""
        return self.prefix != "" and self.label == CONTROL


class Prefix(NamedTuple):
    """What a path begins with, as `/~LABEL/…` or `/~LABEL:PASSWORD/…`.

    Attributes:
        label: None where nothing stands before the password: the default session is meant.
        password: None where there is none.
        written: both, as the client wrote them, with the mark.
        target: path and query without them.
    """

    label: str | None
    password: str | None
    written: str
    target: str


def belonging(target: str, headers: Headers, *, base_url: bool, user: str | None = None) -> Belonging:
    """To which session a request belongs.

    Args:
        target: path and query, as sent.
        headers: as sent.
        base_url: the client takes the proxy for the API itself, so that its paths may begin with a label.
        user: as whom the client asked for the tunnel that the request came through.
    """
    kept = without_the_proxys(headers)
    if base_url and target.startswith(MARK):
        prefix = by_prefix(target)
        return Belonging(prefix.label, prefix.written, prefix.target, kept)
    if user is None and kept is not headers:
        user = by_headers(headers)
    return Belonging(user, "", target, kept)


def is_plain(name: str) -> bool:
    """Whether a session's name can be its label: in an address, as a user, in a header."""
    return _PLAIN.fullmatch(name) is not None and name != CONTROL


def is_label(text: str) -> bool:
    """Whether requests can say *text* to name a session."""
    return re.fullmatch(_WORD, text) is not None and text != CONTROL


def by_prefix(target: str) -> Prefix:
    """What *target*, which begins with the mark, has before the path that is meant.

    Whatever stands there is meant as a label, also where no session can have that name: such a request must not go
    live.
    """
    found = _PREFIX.match(target)
    assert found is not None
    rest = target[found.end() :]
    label, colon, password = unquote(found[1]).partition(":")
    return Prefix(
        label=None if colon and not label else label,
        password=password if colon else None,
        written=found[0],
        target=rest if rest.startswith("/") else "/" + rest,
    )


def by_headers(headers: Headers) -> str | None:
    """The label that a request, be it for a tunnel, names by its proxy's user or by its header."""
    return by_proxy_user(headers) or by_header(headers)


def by_proxy_user(headers: Headers) -> str | None:
    """The label that a proxy's client has as its user: `http://LABEL:x@host:port`."""
    user = credentials(headers)[0]
    # Many clients send no password without a user: who wants the default session has a word to send it with.
    return None if user == CONTROL else user


def credentials(headers: Headers) -> tuple[str | None, str | None]:
    """User and password that a proxy's client sends, None for what it does not."""
    scheme, _, encoded = (header(headers, b"proxy-authorization") or b"").strip().partition(b" ")
    if scheme.lower() != b"basic":
        return None, None
    try:
        plain = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None, None
    user, _, password = plain.decode("utf-8", "replace").partition(":")
    return user or None, password or None


def by_header(headers: Headers) -> str | None:
    """The label in `X-Wiretape-Session`."""
    value = header(headers, HEADER)
    return None if value is None else value.strip().decode("utf-8", "replace") or None
