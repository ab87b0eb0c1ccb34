"""Files that others wait for: they appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from wiretape.store.errors import UsageError


def write_atomically(path: Path, content: bytes) -> None:
    """Put *content* at *path* in one step.

    Raises:
        UsageError: the folder cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}; name a file in a folder you may write to") from None
