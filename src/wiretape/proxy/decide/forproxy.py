"""Which headers are meant for the proxy, and are no part of what a client says to the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wiretape.store.interaction import Headers

_NAMES = (b"proxy-authorization", b"proxy-connection")
_OURS = b"x-wiretape-"
# Most requests have none of them, which their first letters tell.
_SUSPECT = (b"proxy-", b"x-wire")


def without_the_proxys(headers: Headers) -> Headers:
    """*headers* without those that say how to reach the proxy."""
    if not [1 for name, _ in headers if name[:6].lower() in _SUSPECT]:
        return headers
    return tuple(pair for pair in headers if not _is_the_proxys(pair[0].lower()))


def _is_the_proxys(name: bytes) -> bool:
    return name in _NAMES or name.startswith(_OURS)
