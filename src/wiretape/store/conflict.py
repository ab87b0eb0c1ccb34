"""What may become of a session that is copied to where its name is taken."""

from __future__ import annotations

from enum import StrEnum


class OnConflict(StrEnum):
    """What becomes of a session whose name another one bears already."""

    REFUSE = "refuse"  # nothing is merged at all
    RENAME = "rename"  # it gets another name
    REPLACE = "replace"  # it takes the other one's place
    SKIP = "skip"  # it stays behind
