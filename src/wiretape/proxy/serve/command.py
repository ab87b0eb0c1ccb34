"""Running the command that stands after `--`: in the foreground, with our environment, its exit code ours."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

from wiretape.store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_BY_SIGNAL = 128
# A command that was told to end gets this long before it is killed.
_GRACE_SECONDS = 10.0


class Command:
    """A child process that shares our terminal."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        self._arguments = arguments
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None

    async def run(self) -> int:
        """Run it to its end; says its exit code, 128+n where signal n ended it.

        Raises:
            UsageError: it cannot be started.
        """
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._arguments, env={**os.environ, **self._environment}
            )
        except OSError as error:
            raise UsageError(f"cannot run {self._arguments[0]!r}: {error.strerror}") from None
        code = await self._process.wait()
        return code if code >= 0 else _BY_SIGNAL - code

    async def stop(self, number: signal.Signals) -> None:
        """Pass a signal on, and make an end of it where the command does not."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        # Ctrl-C at a terminal reaches the command as well; a second one would interrupt its cleaning up.
        if not (number is signal.SIGINT and _in_terminal_foreground()):
            process.send_signal(number)
        try:
            await asyncio.wait_for(process.wait(), _GRACE_SECONDS)
        except TimeoutError:
            process.kill()


def _in_terminal_foreground() -> bool:
    """Whether a terminal's Ctrl-C goes to our group of processes."""
    try:
        with open("/dev/tty") as terminal:  # noqa: PTH123 - a device, not a path
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False
