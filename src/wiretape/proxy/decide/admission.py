"""Who is let in: a proxy that other machines can reach asks every request for a password.

A request brings it in one of the ways in which it can name its session. Who does not is told what is asked for and
nothing else, so a refusal depends on nothing but the form of the request.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final

import msgspec

from wiretape.proxy.decide import envelope
from wiretape.proxy.decide.belonging import CONTROL, MARK, by_prefix, credentials
from wiretape.store.interaction import header

if TYPE_CHECKING:
    from wiretape.store.interaction import Headers

HEADER: Final = b"x-wiretape-password"

ADVICE: Final = (
    "clients bring it as http://wiretape:PASSWORD@HOST:PORT where they take a proxy, as http://HOST:PORT/~:PASSWORD "
    "where they take a base URL, or in the header X-Wiretape-Password"
)
TURNED_AWAY: Final = f"refused a request that did not bring the password of this proxy: {ADVICE}"
"""What is said at the terminal, once: whoever knocks must not be able to fill it."""


class Password(msgspec.Struct, frozen=True):
    """What every request has to bring.

    Attributes:
        word: itself; it stands in no representation of this, and so in no traceback.
    """

    word: str

    def __repr__(self) -> str:
        return "Password(…)"

    def admits(self, headers: Headers, path: str | None) -> bool:
        """Whether a request brings it.

        Args:
            headers: as sent.
            path: where the client takes the proxy for the API itself, so that its paths may begin with the password;
                else None.
        """
        return any(self._is(word) for word in _brought(headers, path))

    def _is(self, word: bytes) -> bool:
        return hmac.compare_digest(word, self.word.encode())

    def proxy_of(self, url: str, user: str = CONTROL) -> str:
        """The address *url* of a proxy for a client that takes one."""
        scheme, _, rest = url.partition("://")
        return f"{scheme}://{user}:{self.word}@{rest}"

    def base_of(self, url: str, label: str = "") -> str:
        """The same for a client that takes a base URL; without a *label*, of the default session."""
        return f"{url}{MARK}{label}:{self.word}"


def _brought(headers: Headers, path: str | None) -> list[bytes]:
    brought = [(header(headers, HEADER) or b"").strip(), (credentials(headers)[1] or "").encode()]
    if path is not None and path.startswith(MARK):
        brought.append((by_prefix(path).password or "").encode("utf-8", "replace"))
    return brought


class Refusal(msgspec.Struct, frozen=True):
    """What who was not let in is answered; the connection ends with it."""

    status: int
    reason: str
    headers: Headers
    document: bytes


def refusal(*, as_proxy: bool) -> Refusal:
    """The answer to a request without the password.

    A proxy's client gets 407, upon which it sends what it knows. To one with a base URL that is no status an origin
    may answer with (some report a broken network instead), 401 and 403 are the API's own, and 408, 409, 429 and 5xx are
    asked again: it gets 424, in which the proxy speaks for itself elsewhere too.

    Args:
        as_proxy: the request was a CONNECT, or for another host than the proxy itself.
    """
    status, reason = (407, "Proxy Authentication Required") if as_proxy else (424, "Failed Dependency")
    detail = f"this proxy asks for a password, and the request brought none or another one: {ADVICE}"
    title = "wiretape asks for a password"
    document = envelope.problem("password", title, status, f"wiretape: {detail}", {"detail": detail})
    asked = ((b"Proxy-Authenticate", b'Basic realm="wiretape"'),) if as_proxy else ()
    return Refusal(status, reason, (*asked, *envelope.closing(document)), document)
