"""Event streams as they come: each frame is held until its blank line."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from wiretape.proxy.decide.redaction import hook
from wiretape.proxy.decide.redaction.finds import Find, joined, merged
from wiretape.proxy.decide.redaction.jsonfinds import json_finds
from wiretape.proxy.decide.redaction.streams import Units
from wiretape.proxy.decide.redaction.text import Scope, all_finds

if TYPE_CHECKING:
    from wiretape.proxy.decide.redaction.finds import Segment, Spell

# A CR at the end of what is held may be half of a line end.
_LINE: Final = rb"(?:\r\n|\n|\r(?=[^\n]))"
_BLANK: Final = re.compile(_LINE + _LINE)
_ENDS: Final = (b"\n\n", b"\r\n\r\n")
_DATA: Final = re.compile(rb"(?:\A(?:\xef\xbb\xbf)?|(?<=[\r\n]))data: ?([^\r\n]*)")


class Frames(Units):
    """An event stream."""

    def __init__(self, scope: Scope, spell: Spell) -> None:
        super().__init__(frame_finds, scope, spell)
        self._looked = 0

    def feed(self, data: bytes) -> list[Segment]:
        """The next piece."""
        return [(len(data), data)] if self.passes(data) else super().feed(data)

    def _ends(self) -> list[int]:
        ends = [blank.end() for blank in _BLANK.finditer(self._held, self._looked)]
        # Half of a blank line may be there.
        self._looked = max(len(self._held) - (ends[-1] if ends else 0) - 3, 0)
        return ends

    def passes(self, data: bytes) -> bool:
        """Whether *data*, come while nothing is held, is whole frames without secrets, and needs no `feed`."""
        return (
            data.endswith(_ENDS)
            and not (self._held or self._hooked)
            and self._text is None
            and not self._scope.suspicious(data)
        )

    def _unit(self, data: bytes) -> list[Segment]:
        name = self._scope.words.hook
        if name is None:
            return super()._unit(data)
        made = hook.applied(name, data)
        if made == data:
            return super()._unit(data)
        self._scope.fired[f"callable {name}"] += 1
        self._spell.count += 1
        return [(len(data), joined(super()._unit(made)))]


def frame_finds(frame: bytes, scope: Scope) -> list[Find]:
    """All secrets in a frame, in order; what is learnt on the way is remembered."""
    lines = [(hit.start(1), hit[1]) for hit in _DATA.finditer(frame)]
    data = b"\n".join([text for _, text in lines])
    if data.lstrip()[:1] not in {b"{", b"["}:
        return all_finds(frame, scope)
    places = [_moved(find, lines) for find in json_finds(data, scope)]
    return merged(places, all_finds(frame, scope))


def _moved(find: Find, lines: list[tuple[int, bytes]]) -> Find:
    """*find*, in the text of *lines* joined, as it stands in the frame."""
    if len(lines) == 1:
        return find.moved(lines[0][0])
    starts = [0]
    for _, text in lines:
        starts.append(starts[-1] + len(text) + 1)
    line = bisect_right(starts, find.start) - 1
    last = bisect_right(starts, find.end - 1) - 1
    return find._replace(start=lines[line][0] + find.start - starts[line], end=lines[last][0] + find.end - starts[last])
