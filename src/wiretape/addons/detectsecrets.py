"""The detectors of the package `detect-secrets`, where it is installed: keys of other services, by their form.

Only those that tell a key by a form of its own are used; guesses by entropy or by a word nearby are left to our own.
Each is asked about the surroundings of what its keys begin with, not about all of a text: that is what makes it fast.
"""

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from wiretape.proxy.scan.finding import Hit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wiretape.proxy.scan.finding import Detector

_BEFORE: Final = 200
_BEHIND: Final = 800
_WORD: Final = re.compile(rb"[A-Za-z0-9_]")


class _Chosen(NamedTuple):
    module: str
    name: str
    beginnings: tuple[bytes, ...]


_DETECTORS: Final = (
    _Chosen("artifactory", "ArtifactoryDetector", (b"AKC",)),
    _Chosen("aws", "AWSKeyDetector", (b"AKIA", b"ASIA", b"ABIA", b"ACCA", b"A3T", b"aws", b"AWS")),
    _Chosen("azure_storage_key", "AzureStorageKeyDetector", (b"AccountKey=",)),
    _Chosen("github_token", "GitHubTokenDetector", (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_")),
    _Chosen("gitlab_token", "GitLabTokenDetector", (b"glpat-", b"gldt-", b"glft-", b"glsoat-", b"glrt-", b"GR1348941")),
    _Chosen("mailchimp", "MailchimpDetector", (b"-us",)),
    _Chosen("npm", "NpmDetector", (b"npm_", b"_authToken")),
    _Chosen("openai", "OpenAIDetector", (b"T3BlbkFJ",)),
    _Chosen("pypi_token", "PypiTokenDetector", (b"pypi-",)),
    _Chosen("sendgrid", "SendGridDetector", (b"SG.",)),
    _Chosen("slack", "SlackDetector", (b"xox", b"hooks.slack.com")),
    _Chosen("square_oauth", "SquareOAuthDetector", (b"sq0csp-",)),
    _Chosen("stripe", "StripeDetector", (b"k_live_",)),
    _Chosen("twilio", "TwilioKeyDetector", (b"SK",)),
)


def detectors() -> list[Detector] | None:
    """Those detectors that the installed package has; None where it is not installed."""
    found: list[Detector] = []
    for chosen in _DETECTORS:
        try:
            module: Any = importlib.import_module(f"detect_secrets.plugins.{chosen.module}")
            found.append(_Foreign(getattr(module, chosen.name)(), chosen.beginnings))
        except (ImportError, AttributeError):
            continue
    return found or None


class _Foreign:
    """One of them."""

    def __init__(self, plugin: Any, beginnings: tuple[bytes, ...]) -> None:
        self._plugin = plugin
        self._beginnings = beginnings

    def __call__(self, text: bytes) -> Iterator[Hit]:
        seen: set[tuple[int, int]] = set()
        for beginning in self._beginnings:
            at = text.find(beginning)
            while at >= 0:
                for hit in self._around(text, at):
                    if hit[:2] not in seen:
                        seen.add(hit[:2])
                        yield hit
                at = text.find(beginning, at + len(beginning))

    def _around(self, text: bytes, at: int) -> Iterator[Hit]:
        start = max(text.rfind(b"\n", max(0, at - _BEFORE), at) + 1, at - _BEFORE, 0)
        window = text[start : at + _BEHIND]
        # As Latin-1, offsets are those of the bytes.
        for found in self._plugin.analyze_string(window.decode("latin-1")):
            value = str(found).encode("latin-1").strip(b" \t\"'=:")
            begin = window.find(value)
            if value and begin >= 0 and _stands_alone(text, start + begin, start + begin + len(value)):
                yield Hit(
                    start + begin, start + begin + len(value), value, str(self._plugin.secret_type), "detect-secrets"
                )


def _stands_alone(text: bytes, start: int, end: int) -> bool:
    """Whether it is no part of a longer word, as random base64 has any form somewhere."""
    return not (_WORD.match(text[start - 1 : start]) or _WORD.match(text[end : end + 1]))
