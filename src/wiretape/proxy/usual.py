"""What counts where nobody says anything else. It imports next to nothing: every command asks for its cassette."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wiretape.proxy.configuration import SettingsFile

DEFAULT_CASSETTE = "wiretape.cassette"
DEFAULT_SESSION = "default"
DEFAULT_LISTEN = "127.0.0.1:8787"


def cassette_path(option: Path | None, environment: Mapping[str, str], file: SettingsFile | None = None) -> Path:
    """The cassette: as named, else `$WIRETAPE_CASSETTE`, else as the settings file says, else `wiretape.cassette`.

    Args:
        option: what `-c` names.
        environment: the variables.
        file: the settings file; None to look for it where it is needed.

    Raises:
        UsageError: something in the settings file is wrong.
    """
    named = environment.get("WIRETAPE_CASSETTE")
    if option or named:
        return option or Path(named or "")
    if file is None:
        # Only who names no cassette pays for looking.
        from wiretape.proxy.configuration import read_settings_file

        file = read_settings_file(environment, Path.cwd())
    return file.cassette
