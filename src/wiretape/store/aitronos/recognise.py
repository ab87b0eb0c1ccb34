"""Which family an answer of a response endpoint belongs to: by the route, by what it holds, by a table."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import msgspec

from wiretape.store.aitronos import g1, g2a, g2b, g3, g4
from wiretape.store.aitronos.mending import mended
from wiretape.store.aitronos.wire import decoder

if TYPE_CHECKING:
    from collections.abc import Callable

    from wiretape.store.aitronos.words import Generation, Reading

_MODEL = frozenset({"create_response", "create_response_stream", "reconnect_stream", "get_response", "cancel_response"})
_RUNS = frozenset({"run_stream", "run_response", "run_create", "run_status"})


class Shape(NamedTuple):
    """One family of answers.

    Attributes:
        generation: whose it is; None where the generations share it.
        operations: where it may come.
        mark: what a body of it contains. A hint for speed: the decoding decides.
        type: its struct, whose required fields are what tells it from others.
        tell: puts an answer of it into a reading.
    """

    generation: Generation | None
    operations: frozenset[str]
    mark: re.Pattern[bytes]
    type: Any
    tell: Callable[[Any, Reading], None]


def _shape(
    generation: Generation | None, operations: frozenset[str], mark: bytes, type_: Any, tell: Callable[[Any, Any], None]
) -> Shape:
    return Shape(generation, operations, re.compile(mark), type_, tell)


def _only(*operations: str) -> frozenset[str]:
    return frozenset(operations)


SHAPES: Final = (
    _shape("G2a", _MODEL, rb'"choices"\s*:\s*\[', g2a.Answer, g2a.tell),
    _shape("G4", _MODEL, rb'"response"\s*:\s*\[', g4.Answer, g4.tell),
    _shape("G3", _MODEL, rb'"(?:response|response_blocks|is_summarized)"\s*:', g3.Answer, g3.tell),
    _shape("G2b", _MODEL, rb'"(?:(?:created|started|completed|cancelled)At|progress)"', g2b.Answer, g2b.tell),
    _shape("G2b", _MODEL, rb'"status"\s*:', g2b.GuideAnswer, g2b.tell_guide),
    _shape("G1", _RUNS, rb"\A\s*\[", list[g1.RunEvent], g1.tell_events),
    _shape("G1", _RUNS, rb'"event"\s*:', g1.RunEvent, g1.tell_event),
    _shape("G1", _RUNS, rb'"runKey"\s*:', g1.RunCreated, g1.tell_created),
    _shape("G1", _RUNS, rb'"runStatus"\s*:', g1.RunStatus, g1.tell_status),
    _shape("G1", _RUNS, rb'"response"\s*:', g1.RunResponse, g1.tell_response),
    _shape("G0", _only("create_message"), b"", object, g1.tell_opaque),
    _shape(None, _only("cancel_stream"), b"", g4.Cancelled, g4.tell_cancelled),
    _shape(None, _only("get_output_modes"), b"", g4.OutputModes, g4.tell_nothing),
    _shape(None, _only("get_reasoning_levels"), b"", g4.ReasoningLevels, g4.tell_nothing),
)
"""Rows in the order in which they are tried. The two forms of G2b overlap in the field names that are one word; a word
that only the camelCase form has decides."""


class Recognised(NamedTuple):
    """What became of a body.

    Attributes:
        shape: the family; None where none fits.
        answer: the struct.
        problem: what did not fit and was left out.
    """

    shape: Shape | None
    answer: Any
    problem: str | None


def recognise(body: bytes, operation: str) -> Recognised:
    """*body* as the first family that it fits; failing that, as the first that it fits but for some places.

    Raises:
        msgspec.DecodeError: it is no JSON.
    """
    misfits: list[Shape] = []
    for shape in _shapes_of(operation):
        if shape.mark.search(body):
            try:
                return Recognised(shape, decoder(shape.type).decode(body), None)
            except msgspec.ValidationError:
                misfits.append(shape)
    for shape in misfits:
        answer, complaints = mended(body, cast("type[Any]", shape.type))
        if answer is not None:
            return Recognised(shape, answer, "; ".join(complaints))
    return Recognised(None, None, None)


@functools.cache
def _shapes_of(operation: str) -> tuple[Shape, ...]:
    return tuple(shape for shape in SHAPES if operation in shape.operations)
