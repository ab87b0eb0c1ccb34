"""Recording for a run of pytest: one recorder process for all its workers, started by whoever needs it first."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from wiretape.addons.pytesting.address import Address
from wiretape.addons.pytesting.lead import KEEPER, held, is_alive, log_of, looks, ready
from wiretape.addons.remote import RemoteProxy, RemoteSession
from wiretape.proxy.decide.misses import Miss
from wiretape.proxy.settings import PASSWORD_VARIABLE
from wiretape.store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wiretape.proxy.settings import Settings

_PATIENCE_SECONDS: Final = 60.0


class Recording:
    """The recorder, seen from a process that runs tests."""

    def __init__(self, folder: Path, command: Sequence[str] | None, upstream: str | None, root: Path) -> None:
        """Know where to find the recorder, or how to start it.

        Args:
            folder: see `lead.Lead`.
            command: what wiretape is, where it is another environment's.
            upstream: where the API is; None for what the settings file says.
            root: the folder whose settings file counts.
        """
        self._folder = folder
        self._command = command
        self._upstream = upstream
        self._root = root
        self._facts: dict[str, Any] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def forget(self, *, ended: bool) -> None:
        """Let the recorder go, which has *ended* or is left to the process that leads the run."""
        if self._process is None:
            return
        if ended:
            self._process.wait(_PATIENCE_SECONDS)
        else:
            # Else it would be warned of as one that nobody waited for.
            self._process.returncode = 0

    def open(self, settings: Settings, label: str, pace: str | None = None) -> Recorded:
        """Record a session, or whatever the mode says, to be asked under *label*.

        Raises:
            UsageError: there is no recorder and none can be started, or it refuses.
        """
        address = self.address(label)
        session = RemoteProxy(address.base).open(
            settings.session,
            cassette=settings.cassette,
            mode=settings.mode,
            when_spent=settings.when_spent,
            strict=settings.strict,
            pace=pace,
            rules=msgspec.to_builtins(settings.rules),
            mend=settings.mend,
            label=label,
        )
        return Recorded(session, address, strict=settings.strict)

    def address(self, label: str) -> Address:
        """What leads to the session that is open under *label*; the recorder is started where there is none.

        Raises:
            UsageError: it cannot be.
        """
        if not self._facts:
            self._facts = self._met()
        bundle = Path(self._facts["ca_bundle"])
        return Address(label, self._facts["url"], bundle.with_name("wiretape-ca.pem"), bundle)

    def _met(self) -> dict[str, Any]:
        with (self._folder / "meeting").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (self._folder / "ready.json").exists():
                self._start()
            return ready(self._folder)

    def _start(self) -> None:
        if self._command is None and importlib.util.find_spec("mitmproxy") is None:
            raise UsageError(
                "recording needs mitmproxy, which is not installed here: pip install 'wiretape[proxy]', or name a "
                "recorder that has it: wiretape_recorder = uvx --from wiretape[proxy] wiretape"
            )
        line = [
            *(self._command or (sys.executable, "-m", "wiretape")),
            *("run", "--mode", "live", "--listen", "127.0.0.1:0", "--ready-file", str(self._folder / "ready.json")),
            *(("--upstream", self._upstream) if self._upstream else ()),
            *("--", sys.executable, "-c", KEEPER, str(self._folder)),
        ]
        with (self._folder / "log").open("wb") as log, held(self._folder / "alive") as lock:
            try:
                # Of its own session: Ctrl-C is for pytest, which ends it in good order.
                self._process = subprocess.Popen(  # noqa: S603 - our own command, or the user's
                    line,
                    cwd=self._root,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env={name: value for name, value in os.environ.items() if name != PASSWORD_VARIABLE},
                    pass_fds=[lock],
                    start_new_session=True,
                )
            except OSError as error:
                raise UsageError(f"the recorder {line[0]!r} cannot be started: {error.strerror}") from None
        for _ in looks("the recorder does not begin to serve", self._folder):
            if (self._folder / "ready.json").exists():
                break
            if not is_alive(self._folder):
                raise UsageError(f"the recorder did not start: {log_of(self._folder) or 'it said nothing'}")


class Recorded:
    """A session that the recorder has open.

    Attributes:
        mode: what it does with it.
        address: what leads there.
        run: None; it is another process's.
        strict: an interaction that nobody asked for fails the test.
        known: whether there is such a session, which there is by now.
    """

    def __init__(self, session: RemoteSession, address: Address, *, strict: bool) -> None:
        self.mode = str(session.facts()["mode"])
        self.address = address
        self.run = None
        self.strict = strict
        self.known = True
        self._session = session

    def misses(self) -> list[Miss]:
        """The requests that got no answer so far."""
        return msgspec.convert(self._session.misses(), list[Miss])

    def close(self, problem: str | None = None) -> dict[str, Any]:
        """End it, for a *problem* or well; says what became of it."""
        return self._session.close(problem)
