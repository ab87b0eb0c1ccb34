"""What a run of pytest is told: options, ini settings, and the environment, in that order of weight."""

from __future__ import annotations

import dataclasses
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

MODES: Final = ("once", "replay", "record", "auto", "live")
LAYOUTS: Final = ("module", "suite", "test")
_NOT_CI: Final = ("", "0", "false", "no", "off")


@dataclasses.dataclass(frozen=True)
class Choices:
    """What was chosen for the whole run.

    Attributes:
        mode: `once`, `replay`, `record`, `auto` or `live`.
        named: somebody named the mode for this very run, on the command line.
        folder: where cassettes lie; relative ones beside the test files.
        layout: a cassette for each `module`, `test`, or for the whole `suite`.
        strict: an interaction that nobody asked for fails its test.
        environ: the environment of this process leads to the session of each test.
        vcr_marks: tests marked `vcr` are ours.
        block_network: nothing but loopback is reached while tests replay.
        allowed_hosts: hosts that may be reached all the same.
        recorder: the command that is wiretape with mitmproxy; None for this Python's.
        upstream: where the API is, as far as it is said to pytest.
        report: the file for the report; None for none.
        prune: remove sessions whose tests are gone.
    """

    mode: str = "once"
    named: bool = False
    folder: str = "cassettes"
    layout: str = "module"
    strict: bool = False
    environ: bool = False
    vcr_marks: bool = False
    block_network: bool = False
    allowed_hosts: tuple[str, ...] = ()
    recorder: tuple[str, ...] | None = None
    upstream: str | None = None
    report: Path | None = None
    prune: bool = False


def add_to(parser: pytest.Parser) -> None:
    """Add the options and the ini settings."""
    group = parser.getgroup("wiretape", "recording and replaying HTTP")
    group.addoption(
        "--wiretape",
        choices=MODES,
        metavar="MODE",
        help="once: replay tests that are recorded, record the others (the usual). replay: never touch the network "
        "(the usual where CI is set). record: all anew. auto: replay what is known, record the rest. live: pass "
        "everything, keep nothing.",
    )
    group.addoption(
        "--wiretape-report", metavar="FILE", help="Write as JSON what each test replayed, recorded, missed, left."
    )
    group.addoption(
        "--wiretape-prune", action="store_true", help="Remove sessions whose tests are gone from the cassettes."
    )
    group.addoption(
        "--wiretape-block-network",
        action="store_true",
        help="While tests replay, refuse every connection of this process but to this machine.",
    )
    parser.addini("wiretape_mode", f"what --wiretape is where nobody gives it: {', '.join(MODES)}")
    parser.addini("wiretape_dir", "the folder of the cassettes, beside each test file", default="cassettes")
    parser.addini("wiretape_cassettes", "a cassette for each: module, test, or the whole suite", default="module")
    parser.addini("wiretape_strict", "fail tests that leave recorded interactions", type="bool", default=False)
    parser.addini("wiretape_environ", "lead this process by its environment", type="bool", default=False)
    parser.addini("wiretape_vcr_marks", "understand @pytest.mark.vcr", type="bool", default=False)
    parser.addini("wiretape_block_network", "as --wiretape-block-network", type="bool", default=False)
    parser.addini("wiretape_allowed_hosts", "hosts that may be reached all the same", type="args", default=[])
    parser.addini("wiretape_recorder", "the command that records, where it is another environment's")
    parser.addini("wiretape_upstream", "where the API is, else as the settings file says")


def read(config: pytest.Config, environment: Mapping[str, str] = os.environ) -> Choices:
    """What was chosen.

    Raises:
        pytest.UsageError: an ini setting is none of its words.
    """
    asked: str | None = config.getoption("--wiretape")
    report: str | None = config.getoption("--wiretape-report")
    recorder = str(config.getini("wiretape_recorder") or "")
    usual = "replay" if _is_ci(environment) else "once"
    return Choices(
        mode=asked or _one_of("wiretape_mode", str(config.getini("wiretape_mode") or usual), MODES),
        named=asked is not None,
        folder=str(config.getini("wiretape_dir")),
        layout=_one_of("wiretape_cassettes", str(config.getini("wiretape_cassettes")), LAYOUTS),
        strict=bool(config.getini("wiretape_strict")),
        environ=bool(config.getini("wiretape_environ")),
        vcr_marks=bool(config.getini("wiretape_vcr_marks")),
        block_network=bool(config.getoption("--wiretape-block-network") or config.getini("wiretape_block_network")),
        allowed_hosts=tuple(config.getini("wiretape_allowed_hosts")),
        recorder=tuple(shlex.split(recorder)) or None,
        upstream=str(config.getini("wiretape_upstream") or "") or None,
        report=Path(config.invocation_params.dir, report) if report else None,
        prune=bool(config.getoption("--wiretape-prune")),
    )


def _is_ci(environment: Mapping[str, str]) -> bool:
    return environment.get("CI", "").lower() not in _NOT_CI


def _one_of(name: str, value: str, words: tuple[str, ...]) -> str:
    if value not in words:
        raise pytest.UsageError(f"{name} = {value!r} is none of {', '.join(words)}")
    return value
