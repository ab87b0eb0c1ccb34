"""Keeps the test process to this machine while it replays, and notes who reached beyond, however well it hid it.

Whatever Python's sockets do is seen by an audit hook, asyncio's included; uvloop's connections, which are made past
Python, are seen at its own door. What a C library does by itself (libpq, libcurl, gRPC) and what other processes do is
not seen.
"""

from __future__ import annotations

import fnmatch
import ipaddress
import socket
import sys
from typing import TYPE_CHECKING, Any, Final, cast

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from wiretape.addons.pytesting.options import Choices
    from wiretape.addons.pytesting.suite import Suite

_BY_ADDRESS: Final = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_BY_NAME: Final = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})
_IPV4_AND_PORT: Final = 2


class NetworkBlocked(RuntimeError):
    """Something of the test process reached beyond this machine; no error of a socket, so that nobody tries again."""


class Guard:
    """Refuses, as long as it is installed and tests replay."""

    def __init__(self, suite: Suite, choices: Choices) -> None:
        self._suite = suite
        self._allowed = ("localhost", "localhost.localdomain", "ip6-localhost", socket.gethostname())
        self._patterns = choices.allowed_hosts
        self._always = choices.mode == "replay"
        self._addresses: set[str] | None = None
        self._test = "what is outside of any test"
        self._refused: list[str] = []

    def install(self) -> None:
        """Begin to watch; a hook can't be taken out again, but it can be left without a guard."""
        if not _INSTALLED:
            sys.addaudithook(_audit)
        _INSTALLED.append(self)

    def pytest_unconfigure(self) -> None:
        """Stop to watch."""
        if self in _INSTALLED:
            _INSTALLED[_INSTALLED.index(self)] = None

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Know whose doing it is."""
        self._test = item.nodeid
        _watch_uvloop()
        try:
            return (yield)
        finally:
            self._test = "what is outside of any test"

    def taken(self) -> list[str]:
        """What was refused since this was last asked, a line each, and what to do."""
        refused, self._refused = self._refused, []
        if not refused:
            return []
        return [
            *(f"wiretape: {line}" for line in dict.fromkeys(refused)),
            "  mend: use wiretape.url or wiretape.proxy in the code under test, or allow it: wiretape_allowed_hosts",
        ]

    def check(self, host: object, port: object, *, by_name: bool) -> None:
        """Refuse what is not on this machine.

        Raises:
            NetworkBlocked: it is not.
        """
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
        if not isinstance(name, str) or not self._is_active() or self._may(name.lower().rstrip("."), by_name=by_name):
            return
        where = name if port in (None, 0) else f"{name}:{port}"
        told = f"{self._test} reached for {where}, and the network is blocked while tests replay"
        self._refused.append(told)
        raise NetworkBlocked(f"wiretape: {told}")

    def _is_active(self) -> bool:
        return self._always or any(tape.opened is not None and tape.opened.run for tape in self._suite.live)

    def _may(self, host: str, *, by_name: bool) -> bool:
        try:
            address = ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            return not host or host in self._allowed or any(fnmatch.fnmatch(host, p) for p in self._patterns)
        # To read an address that is written in numbers asks nobody.
        return by_name or address.is_loopback or address.is_unspecified or host in self._of_allowed()

    def _of_allowed(self) -> set[str]:
        """The addresses of the hosts that are allowed by name."""
        if self._addresses is None:
            self._addresses = set(self._patterns)
            for name in (*self._patterns, socket.gethostname()):
                if not set("*?[") & set(name):
                    self._addresses |= _resolved(name)
        return self._addresses


_INSTALLED: list[Guard | None] = []


def _resolved(name: str) -> set[str]:
    try:
        return {str(found[4][0]) for found in socket.getaddrinfo(name, None)}
    except OSError:
        return set()


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    """See what the interpreter is about to do."""
    if event in _BY_ADDRESS:
        if isinstance(arguments[1], tuple):
            address = cast("tuple[object, ...]", arguments[1])
            if len(address) >= _IPV4_AND_PORT:
                _ask(address[0], address[1], by_name=False)
    elif event in _BY_NAME:
        _ask(arguments[0], arguments[1] if len(arguments) > 1 else None, by_name=True)


def _ask(host: object, port: object, *, by_name: bool) -> None:
    for guard in _INSTALLED:
        if guard is not None:
            guard.check(host, port, by_name=by_name)


def _watch_uvloop() -> None:
    """Stand at uvloop's door, once it is there: it connects without Python's sockets."""
    module = sys.modules.get("uvloop")
    if module is None or hasattr(module.Loop.create_connection, "_wiretape"):
        return
    for name in ("create_connection", "create_datagram_endpoint"):
        setattr(module.Loop, name, _watched(getattr(module.Loop, name), name))


def _watched(original: Callable[..., Any], name: str) -> Callable[..., Any]:
    async def watched(loop: Any, factory: Any, *arguments: Any, **options: Any) -> Any:
        if name == "create_connection":
            host = arguments[0] if arguments else options.get("host")
            port = arguments[1] if len(arguments) > 1 else options.get("port")
        else:
            host, port = options.get("remote_addr") or (arguments[1] if len(arguments) > 1 else None) or (None, None)
        _ask(host, port, by_name=False)
        return await original(loop, factory, *arguments, **options)

    vars(watched)["_wiretape"] = True
    return watched
