"""The door to redaction for whoever records: the redactor, and what is shared with replay."""

from __future__ import annotations

from wiretape.proxy.decide.redaction.memory import Memory
from wiretape.proxy.decide.redaction.redactor import Redactor
from wiretape.proxy.decide.redaction.rules import RedactRules

__all__ = ["Memory", "RedactRules", "Redactor"]
