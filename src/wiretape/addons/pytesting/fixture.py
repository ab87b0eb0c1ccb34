"""What a test gets: the addresses of its session, and a few things that are made of them."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import httpx

    from wiretape.addons.pytesting.naming import Place
    from wiretape.addons.pytesting.recording import Recorded
    from wiretape.addons.pytesting.replaying import Replayed
    from wiretape.proxy.decide.misses import Miss
    from wiretape.store.interaction import Interaction

# The API's keys look so; nobody looks at this one.
_DUMMY_KEY = "ak_replayed_0123456789"
_KEY_VARIABLE = "AITRONOS_API_KEY"


class Wiretape:
    """A session for a test, or for the tests of a class, a module or a run.

    It is opened when something of it is first asked for.

    Attributes:
        fixture: by which one it is asked for.
        nodeid: whose it is.
        place: the cassette, and the session's name in it.
        told: how many of its misses have failed a test already.
        problem: why what is recorded is not to be kept; None while all is well.
        lost: why the recorder could not even be told so.
        facts: what became of it, once it is over.
    """

    def __init__(self, fixture: str, nodeid: str, place: Place, opener: Callable[[], Replayed | Recorded]) -> None:
        self.fixture = fixture
        self.nodeid = nodeid
        self.place = place
        self.told = 0
        self.problem: str | None = None
        self.lost: str | None = None
        self.facts: dict[str, Any] | None = None
        self._opener = opener
        self._opened: Replayed | Recorded | None = None
        self._patch: pytest.MonkeyPatch | None = None

    @property
    def url(self) -> str:
        """The API's base URL for the code under test."""
        return self._session.address.url

    @property
    def proxy(self) -> str:
        """The proxy's address, for code that asks the API under its own name."""
        return self._session.address.proxy

    @property
    def ca_bundle(self) -> Path:
        """The public CAs and ours in one file, for whoever asks through the proxy."""
        return self._session.address.ca_bundle

    @property
    def env(self) -> dict[str, str]:
        """What to set for a process, so that it finds the session: the base URL, the proxy, the CA bundle."""
        session = self._session
        hosts = session.run.settings.hosts if session.run is not None else None
        return session.address.environment([*hosts.aliases, *hosts.intercepted] if hosts is not None else ())

    @property
    def recording(self) -> bool:
        """Whether requests go to the API itself; if not, nothing leaves this machine."""
        return self._session.mode != "replay"

    @property
    def misses(self) -> list[Miss]:
        """The requests that got no answer so far; they fail the test at its end."""
        return [] if self._opened is None else self._opened.misses()

    @property
    def interactions(self) -> list[Interaction]:
        """What the session holds in the cassette so far."""
        from wiretape.addons.pytesting.looking import interactions

        return interactions(self.place, recording=self._opened is not None and self.recording)

    def run(self, command: Sequence[str], **options: Any) -> subprocess.CompletedProcess[Any]:
        """Run a command whose requests belong to the session; *options* are those of `subprocess.run`."""
        environment: Mapping[str, str] = options.pop("env", None) or os.environ
        run = cast("Callable[..., subprocess.CompletedProcess[Any]]", subprocess.run)
        return run(command, env={**environment, **self.env}, **options)

    def environ(self) -> dict[str, str]:
        """Set the environment of this very process, until the session's end; says what was set."""
        found = self.env
        if self._patch is None:
            self._patch = pytest.MonkeyPatch()
            for name, value in found.items():
                self._patch.setenv(name, value)
        return found

    def restore(self) -> None:
        """Have the environment of this process as it was."""
        patch, self._patch = self._patch, None
        if patch is not None:
            patch.undo()

    def aitronos(self, **options: Any) -> Any:
        """The client of the API's SDK; *options* are its own. While recording it needs a key, in replay none."""
        from aitronos import Aitronos

        return Aitronos(**self._for_client(options))

    def async_aitronos(self, **options: Any) -> Any:
        """The SDK's client for asyncio; see `aitronos`."""
        from aitronos import AsyncAitronos

        return AsyncAitronos(**self._for_client(options))

    def transport(self) -> httpx.BaseTransport:
        """For an `httpx.Client`, which keeps the API's own address; in replay there is no socket between."""
        import httpx

        run = self._session.run
        if run is None:
            return httpx.HTTPTransport(proxy=self.proxy, verify=self._trusting())
        from wiretape.addons.httpx import ReplayTransport

        return ReplayTransport(run, say=_silent)

    def async_transport(self) -> httpx.AsyncBaseTransport:
        """The same for an `httpx.AsyncClient`."""
        import httpx

        run = self._session.run
        if run is None:
            return httpx.AsyncHTTPTransport(proxy=self.proxy, verify=self._trusting())
        from wiretape.addons.httpx import AsyncReplayTransport

        return AsyncReplayTransport(run, say=_silent)

    def open(self) -> None:
        """Open the session now."""
        assert self._session is not None

    @property
    def opened(self) -> Replayed | Recorded | None:
        """The session, if anybody has asked for it."""
        return self._opened

    @property
    def _session(self) -> Replayed | Recorded:
        if self._opened is None:
            self._opened = self._opener()
        if self.facts is not None:
            pytest.fail(f"the session of {self.nodeid} is over; ask for one of a wider scope", pytrace=False)
        return self._opened

    def _for_client(self, options: dict[str, Any]) -> dict[str, Any]:
        key = options.pop("api_key", None) or os.environ.get(_KEY_VARIABLE)
        if key is None and self.recording:
            pytest.fail(f"to record, the SDK needs a key: aitronos(api_key=…), or ${_KEY_VARIABLE}", pytrace=False)
        return {"base_url": self.url, "api_key": key or _DUMMY_KEY, **options}

    def _trusting(self) -> Any:
        import ssl

        return ssl.create_default_context(cafile=str(self.ca_bundle))


def _silent(_: str) -> None:
    """Misses are told by the test that fails of them."""
