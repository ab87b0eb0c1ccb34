"""What a scan passes over: values that the settings allow, and those that a baseline knows by their fingerprint."""

from __future__ import annotations

import re
import secrets
from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec

from wiretape.store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from wiretape.proxy.scan.finding import Finding


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A finding that somebody has looked at.

    Attributes:
        fingerprint: of its value.
        kind: what kind of secret it looked like.
        place: where it was found.
    """

    fingerprint: str
    kind: str = ""
    place: str = ""


class Baseline(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fingerprints of values that are known and stay. Nobody can tell the values from them who has to guess them.

    Attributes:
        salt: the key of the digests, in hex; another one for every file.
        known: what is passed over.
    """

    salt: str
    known: tuple[Known, ...] = ()

    def fingerprint(self, value: bytes) -> str:
        """By what *value* is known."""
        return blake2b(value, key=bytes.fromhex(self.salt), digest_size=16).hexdigest()


class Allowed:
    """What is passed over."""

    def __init__(self, patterns: Iterable[str] = (), baseline: Baseline | None = None) -> None:
        """Allow values that a pattern matches whole, and those of a *baseline*.

        Raises:
            UsageError: a pattern is malformed.
        """
        self._patterns = [compile_allowed(text) for text in patterns]
        self._baseline = baseline
        self._known = {known.fingerprint for known in baseline.known} if baseline is not None else set[str]()

    def allows(self, value: bytes) -> bool:
        """Whether *value* is passed over."""
        if any(pattern.fullmatch(value) for pattern in self._patterns):
            return True
        return bool(self._known) and self.fingerprint(value) in self._known

    def fingerprint(self, value: bytes) -> str | None:
        """By what a baseline would know *value*; None without one."""
        return None if self._baseline is None else self._baseline.fingerprint(value)


def compile_allowed(text: str) -> re.Pattern[bytes]:
    """A pattern of values that are no secrets.

    Raises:
        UsageError: it is malformed, or allows everything.
    """
    try:
        pattern = re.compile(text.encode())
    except re.error as error:
        raise UsageError(f"regular expression {text!r} is malformed: {error}") from None
    if pattern.fullmatch(b"") and pattern.fullmatch(secrets.token_urlsafe(40).encode()):
        raise UsageError(f"regular expression {text!r} allows everything")
    return pattern


def new_baseline() -> Baseline:
    """A baseline that knows nothing."""
    return Baseline(secrets.token_hex(32))


def read_baseline(path: Path) -> Baseline:
    """The baseline at *path*; a new one where there is none.

    Raises:
        UsageError: the file is something else.
    """
    try:
        baseline = msgspec.json.decode(path.read_bytes(), type=Baseline)
        baseline.fingerprint(b"")
    except FileNotFoundError:
        return new_baseline()
    except OSError as error:
        raise UsageError(f"cannot read baseline {path}: {error.strerror}") from None
    except (ValueError, msgspec.MsgspecError) as error:
        raise UsageError(f"{path} is no baseline of `wiretape scan`: {error}; remove it to begin a new one") from None
    return baseline


def write_baseline(path: Path, baseline: Baseline, findings: Iterable[Finding]) -> int:
    """Add *findings* to the *baseline* at *path*; says how many it knows then.

    Raises:
        UsageError: it cannot be written.
    """
    known = {one.fingerprint: one for one in baseline.known}
    for finding in findings:
        assert finding.fingerprint is not None
        place = " ".join(filter(None, (finding.interaction, finding.place)))
        known.setdefault(finding.fingerprint, Known(finding.fingerprint, finding.kind, place))
    baseline = msgspec.structs.replace(baseline, known=tuple(known.values()))
    try:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(baseline), indent=2) + b"\n")
    except OSError as error:
        raise UsageError(f"cannot write baseline {path}: {error.strerror}") from None
    return len(known)
