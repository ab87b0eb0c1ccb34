"""Who leads a run of pytest holds the recorder's life: when that process dies, however it does, the recorder ends.

It is the only process of the run, or the one whose workers run the tests.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

_PATIENCE_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.01
# The recorder runs as long as this command does. It waits for the pipe's other end to be closed: by one who has meant
# it and said so, else by a death, after which nobody else is left to clear up. That may have come to pass before this
# begins, so opening the pipe must not wait for the other end.
KEEPER: Final = """
import os, shutil, sys
folder = sys.argv[1]
life = os.open(folder + "/life", os.O_RDONLY | os.O_NONBLOCK)
os.set_blocking(life, True)
os.read(life, 1)
if not os.path.exists(folder + "/done"):
    shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1)
"""


class Lead:
    """What the process that leads the run holds: the folder where its workers meet, and the recorder's life."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="wiretape-pytest-"))
        os.mkfifo(self.folder / "life", 0o600)
        # Read and write, so that opening it waits for nobody.
        self._life = os.open(self.folder / "life", os.O_RDWR | os.O_CLOEXEC)

    def end(self) -> list[str]:
        """End the recorder, if there is one, and wait for it; says what went past all sessions.

        Raises:
            UsageError: it does not end.
        """
        try:
            if not (self.folder / "ready.json").exists():
                return []
            strays = self._close_what_is_open()
            (self.folder / "done").touch()
            self.let_go()
            for _ in looks("the recorder does not end", self.folder):
                if not is_alive(self.folder):
                    break
            return strays
        finally:
            self.let_go()
            shutil.rmtree(self.folder, ignore_errors=True)

    def let_go(self) -> None:
        """Close our end of the pipe, as our death would."""
        life, self._life = self._life, -1
        if life >= 0:
            os.close(life)

    def _close_what_is_open(self) -> list[str]:
        """Sessions of workers that died are not complete."""
        from wiretape.addons.remote import RemoteProxy, RemoteSession
        from wiretape.store.errors import UsageError

        proxy = RemoteProxy(ready(self.folder)["url"])
        strays: list[str] = []
        with contextlib.suppress(UsageError):
            own = proxy.health()["session"]
            for facts in proxy.sessions():
                if facts["id"] != own:
                    RemoteSession(proxy, facts["id"]).close("its test did not come to an end")
                elif facts["passed"]:
                    strays.append(f"{facts['passed']} while recording; they went to the API, and nothing was kept")
        return strays


def ready(folder: Path) -> dict[str, Any]:
    """What the recorder says of itself once it serves."""
    return dict(json.loads((folder / "ready.json").read_text("utf-8")))


def log_of(folder: Path) -> str:
    """What the recorder wrote."""
    with contextlib.suppress(OSError):
        return (folder / "log").read_text("utf-8", "replace").strip()
    return ""


@contextlib.contextmanager
def held(path: Path) -> Generator[int]:
    """A lock that whoever inherits it holds until its own end, however it comes to it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)


def is_alive(folder: Path) -> bool:
    """Whether there is a recorder."""
    try:
        with (folder / "alive").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def looks(what: str, folder: Path) -> Iterator[None]:
    """Again and again, with a little time between: another process can tell us nothing by itself.

    Raises:
        UsageError: it took too long.
    """
    from wiretape.store.errors import UsageError

    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until:
        yield
        time.sleep(_LOOK_SECONDS)
    raise UsageError(f"{what}; it wrote: {log_of(folder) or 'nothing'}")
