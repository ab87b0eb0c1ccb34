"""The proxies that the environment names for our own way out: a company's network may have no other."""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from wiretape.proxy.decide.routing import LOOPBACK
from wiretape.store.errors import UsageError
from wiretape.store.interaction import USUAL_PORTS

if TYPE_CHECKING:
    from collections.abc import Mapping

type Via = tuple[Literal["http", "https"], tuple[str, int]]
"""Scheme and address of a proxy."""


class CorporateProxies:
    """Which proxy stands between us and an upstream."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Read `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in either case.

        Raises:
            UsageError: one of them is no address of an HTTP proxy.
        """
        lower = {name.lower(): value for name, value in environment.items() if value}
        everything = lower.get("all_proxy")
        self._by_scheme = {
            scheme: _via(f"{scheme}_proxy" if f"{scheme}_proxy" in lower else "all_proxy", value)
            for scheme in ("http", "https")
            if (value := lower.get(f"{scheme}_proxy") or everything)
        }
        self._except = {"no": lower.get("no_proxy", "")}

    def for_origin(self, scheme: str, host: str) -> Via | None:
        """The proxy to go through to *host*; None straight."""
        via = self._by_scheme.get(scheme)
        if via is None or host in LOOPBACK:
            return None
        past = urllib.request.proxy_bypass_environment(host, self._except)  # type: ignore[attr-defined]
        return None if past else via


def _via(name: str, value: str) -> Via:
    parts = urlsplit(value if "://" in value else f"http://{value}")
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme == "https" and parts.hostname:
        return "https", (parts.hostname, port or USUAL_PORTS["https"])
    if parts.scheme == "http" and parts.hostname:
        return "http", (parts.hostname, port or USUAL_PORTS["http"])
    raise UsageError(f"{name.upper()}={value!r} is no HTTP proxy; wiretape goes out through http:// and https:// ones")
