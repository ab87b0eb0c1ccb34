"""Keys of other services, found by the detectors of detect-secrets."""

from __future__ import annotations

import random
import string
import sys

import pytest

from wiretape.addons.detectsecrets import detectors

RNG = random.Random(7)


def some(size: int, letters: str = string.ascii_letters + string.digits) -> str:
    return "".join(RNG.choices(letters, k=size))


KEYS = {
    "aws": "AKIA" + some(16, string.ascii_uppercase + string.digits),
    "github": "ghp_" + some(36),
    "gitlab": "glpat-" + some(20),
    "sendgrid": f"SG.{some(22)}.{some(43)}",
    "slack": "xoxb-123456789012-" + some(24, string.ascii_lowercase + string.digits),
    "square": "sq0csp-" + some(43),
    "stripe": "rk_live_" + some(24),
    "twilio": "SK" + some(32, string.ascii_lowercase + string.digits),
    "pypi": "pypi-AgEIcHlwaS5vcmc" + some(70),
}


@pytest.mark.parametrize("service", KEYS)
def test_keys_of_other_services(service: str) -> None:
    """Each where it stands, also within JSON."""
    found = detectors()
    assert found is not None
    key = KEYS[service].encode()
    text = b'{"text": "so\\n' + key + b'", "more": 1}\n'
    hits = [hit for detector in found for hit in detector(text)]
    assert [text[hit.start : hit.end] for hit in hits] == [key]
    assert {hit.by for hit in hits} == {"detect-secrets"}


def test_no_part_of_a_longer_word() -> None:
    """Random base64 holds any form somewhere."""
    found = detectors()
    assert found is not None
    text = b"x" + KEYS["twilio"].encode() + b" " + KEYS["aws"].encode() + b"Z "
    assert [hit for detector in found for hit in detector(text)] == []


def test_without_the_package_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scan goes on with our own."""
    for name in [name for name in sys.modules if name.startswith("detect_secrets")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "detect_secrets", None)
    assert detectors() is None
