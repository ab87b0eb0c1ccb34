"""One writer for each cassette, however many sessions are recorded into it at once by one process."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from wiretape.store.writer import Writer


class Writers:
    """The writers of one proxy. Opened when first needed, closed together.

    A writer stays while its cassette has no session being recorded: a test suite opens and closes one for every test,
    and opening a cassette takes longer than most of them.
    """

    def __init__(self) -> None:
        self._open: dict[Path, tuple[Writer, int]] = {}
        self._lock = threading.Lock()

    def of(self, path: Path) -> Writer:
        """The writer of the cassette at *path*, which is made where there is none.

        Raises:
            WiretapeError: see `opening.open_writer`.
        """
        # A replay has one of these too, and never comes here.
        from wiretape.store.opening import open_writer

        key = path.absolute()
        with self._lock:
            found = self._open.get(key)
            if found is not None:
                writer, file = found
                # Into a file that was removed or replaced meanwhile nothing more must go.
                if writer.failure is None and file == _file(key):
                    return writer
                self._open.pop(key)[0].close()
            writer = open_writer(path)
            self._open[key] = writer, _file(key)
            return writer

    def close(self) -> None:
        """Write what is waiting, and leave each cassette as one plain file."""
        if not self._open:
            return
        from wiretape.store.opening import leave_plain

        with self._lock:
            while self._open:
                path, (writer, _) = self._open.popitem()
                writer.close()
                leave_plain(path)


def _file(path: Path) -> int:
    """What tells a file from another one of the same name; 0 where there is none."""
    try:
        return path.stat().st_ino
    except OSError:
        return 0
