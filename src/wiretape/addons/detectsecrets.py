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

# A shorter group of a form is only what a key begins with.
_LEAST: Final = 16
_BEFORE: Final = 200
_BEHIND: Final = 800
_WORD: Final = re.compile(rb"[A-Za-z0-9_]")
_ESCAPES: Final = frozenset({b"n", b"r", b"t", b"b", b"f"})


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
        # As Latin-1, offsets are those of the bytes. The package's own search gives a group where a form has one, be it
        # no more than the beginning of a key.
        window = text[start : at + _BEHIND].decode("latin-1")
        for form in self._plugin.denylist:
            for found in form.finditer(window):
                first, end = max((found.span(group) for group in range(1, form.groups + 1)), key=_size, default=(0, 0))
                if end - first < _LEAST:
                    first, end = found.span()
                if _stands_alone(text, start + first, start + end):
                    value = text[start + first : start + end]
                    yield Hit(start + first, start + end, value, str(self._plugin.secret_type), "detect-secrets")


def _size(span: tuple[int, int]) -> int:
    return span[1] - span[0]


def _stands_alone(text: bytes, start: int, end: int) -> bool:
    """Whether it is no part of a longer word, as random base64 has any form somewhere."""
    before = text[max(start - 2, 0) : start]
    # The letter of an escape is no part of a word.
    joined = _WORD.match(before[-1:]) and not (before[:1] == b"\\" and before[1:] in _ESCAPES)
    return not (joined or _WORD.match(text[end : end + 1]))
