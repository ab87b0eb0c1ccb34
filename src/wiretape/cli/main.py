"""The `wiretape` command, and the one place where an error becomes a message and an exit code."""

from __future__ import annotations

import os
import re
import sys
import traceback
from typing import TYPE_CHECKING, Annotated

import typer

from wiretape import __version__
from wiretape.cli import (
    adopt,
    authority,
    demo,
    explain,
    importing,
    interactions,
    merge,
    prune,
    reindex,
    rekey,
    rename,
    rerecord,
    scan,
    scrub,
    serving,
    sessions,
    show,
    verify,
)
from wiretape.store.errors import WiretapeError

if TYPE_CHECKING:
    from collections.abc import Sequence

_USAGE = 2
_DEFECT = 3
_INTERRUPTED = 130
_PRINTERS = ("typer", "click", "rich")

app = typer.Typer(
    name="wiretape",
    help="Record an app's calls to the Aitronos API once, replay them offline byte for byte, and look inside.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
)


def _version(asked: bool) -> None:  # noqa: FBT001 - typer's signature
    if asked:
        typer.echo(f"wiretape {__version__}")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
]
Debug = Annotated[bool, typer.Option("--debug", help="Show a traceback where wiretape itself fails.")]


@app.callback()
def options(*, version: Version = False, debug: Debug = False) -> None:
    """What stands before the command."""
    del version
    if debug:
        os.environ["WIRETAPE_DEBUG"] = "1"


for module in (
    serving,
    sessions,
    interactions,
    show,
    adopt,
    rename,
    prune,
    rekey,
    merge,
    verify,
    scan,
    scrub,
    rerecord,
    reindex,
    explain,
    importing,
    authority,
    demo,
):
    module.add_to(app)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; says its exit code: 0 fine, 1 a check failed, 2 a person or a file is at fault, 3 ours."""
    try:
        code = app(args=arguments, standalone_mode=False, prog_name="wiretape")
        sys.stdout.flush()
    except WiretapeError as error:
        return _complain(str(error), error.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has enough of it; Python would complain about it once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 - the last place that can turn it into words
        return _other(error)
    return code if isinstance(code, int) else 0


def _other(error: Exception) -> int:
    if type(error).__name__ == "NoArgsIsHelpError":
        sys.stdout.write(f"{error}\n")
        return _USAGE
    if isinstance(error, OSError):
        where = error.filename or ("standard output" if _of_stdout(error) else "")
        return _complain(f"{where}: {error.strerror}" if where else str(error), _USAGE)
    # Typer's errors for a wrong call come from a class that has moved between its versions.
    format_message = getattr(error, "format_message", None)
    if callable(format_message):
        where = getattr(getattr(error, "ctx", None), "command_path", "wiretape")
        return _complain(f"{str(format_message()).rstrip('.')}; see `{where} --help`", _USAGE)
    if os.environ.get("WIRETAPE_DEBUG"):
        traceback.print_exception(error)
    return _complain(
        f"this is a defect of wiretape: {type(error).__name__}: {error} (run `wiretape --debug …` for a traceback)",
        _DEFECT,
    )


def _complain(text: str, code: int) -> int:
    # One line; blanks within it may be those of a name.
    sys.stderr.write(f"wiretape: {re.sub(r'\s*[\r\n]\s*', ' ', text.strip())}\n")
    return code


def _of_stdout(error: OSError) -> bool:
    """Whether it was raised by what prints: an error of a stream names no file, and the stream forgets it."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    name = str(frame.f_globals.get("__name__"))
    return name.startswith("wiretape.cli.") or name.partition(".")[0] in _PRINTERS
