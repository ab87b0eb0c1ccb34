"""Who records a session: a process, named so that it can be told dead from alive.

A process id alone would not do: the system gives numbers of dead processes away again.
"""

from __future__ import annotations

import os
import platform
from pathlib import Path


def current() -> str:
    """This process, as it stands in `session.owner`: host, process id, start of the process."""
    pid = os.getpid()
    return f"{platform.node()} {pid} {_started(pid)}"


def alive(owner: str | None) -> bool:
    """Whether the process named by *owner* still runs.

    One of another machine is taken for dead: a cassette is written on one machine at a time.
    """
    if not owner:
        return False
    host, pid, started = (*owner.split(" ", 2), "", "")[:3]
    if host != platform.node() or not pid.isdigit():
        return False
    return _started(int(pid)) == started != ""


def _started(pid: int) -> str:
    """When the process began, in whatever words the system has for it; empty where it is gone."""
    try:
        # The name in the second field may hold spaces and brackets; what follows its last bracket is plain.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return _started_by_ps(pid) if not Path("/proc/self").exists() else ""
    state, ticks = fields[0], fields[19]
    return "" if state in "ZX" else ticks


def _started_by_ps(pid: int) -> str:
    import subprocess

    asked = subprocess.run(  # noqa: S603 - a number is all that goes in
        ["/bin/ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip()
