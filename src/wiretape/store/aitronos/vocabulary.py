"""Different words for one thing, over all generations, and the one word a reading uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wiretape.store.aitronos.wire import whole
from wiretape.store.aitronos.words import TOOL_CALLS, Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wiretape.store.aitronos.usage import AnyUsage, NeuronUsage

STOP_REASONS: Final[Mapping[str, str]] = {
    "toolCalls": TOOL_CALLS,  # the list of values in seed 1
    "tool_calls": TOOL_CALLS,  # the example beside that list
    "tool_call": TOOL_CALLS,  # the guide on synapses and tokens
    "function_call": TOOL_CALLS,  # named as deprecated in seed 1
    "tool_use": TOOL_CALLS,  # G4
}
"""Spelling on the wire → the reading's word. Other reasons (`stop`, `length`, `end_turn`, …) stay as they were sent."""

_ANY_USAGE: Final = (
    ("input", ("input_neurons_camel", "input_neurons", "input_tokens")),
    ("output", ("output_synapses_camel", "output_synapses", "output_tokens")),
    ("reasoning", ("reasoning_synapses_camel", "reasoning_synapses", "reasoning_tokens")),
    ("total", ("total_synapses_camel", "total_synapses", "total_tokens")),
    ("cache_read", ("cache_read_neurons_camel", "cache_read_neurons", "cache_read_tokens")),
    ("cache_creation", ("cache_creation_neurons_camel", "cache_creation_neurons", "cache_creation_tokens")),
)


def stop_reason(sent: object) -> str | None:
    """The reading's word for why a model stopped."""
    return STOP_REASONS.get(sent, sent) if isinstance(sent, str) else None


def neuron_usage(sent: NeuronUsage) -> Usage:
    """The usage of a G2a answer."""
    return Usage(
        input=whole(sent.input_neurons),
        output=whole(sent.output_synapses),
        reasoning=whole(sent.reasoning_synapses),
        total=whole(sent.total_synapses),
        cache_read=whole(sent.cache_read_neurons),
        cache_creation=whole(sent.cache_creation_neurons),
        unit="neurons/synapses",
    )


def any_usage(sent: AnyUsage) -> Usage:
    """The usage of an answer that may count in either vocabulary."""
    usage = Usage()
    for role, names in _ANY_USAGE:
        for name in names:
            count = whole(getattr(sent, name))
            if count is not None:
                setattr(usage, role, count)
                if not name.endswith("_tokens"):
                    usage.unit = "neurons/synapses"
                break
    return usage
