"""What an answer cost, in the three vocabularies in which it has been told.

Contradictions:
    Seed 1 calls the total "total synapses" and sums neurons and synapses in it; all four of its examples do so.
    Seed 1 counts reasoning on top of the output; the guide on synapses and tokens counts it as a part of the output.
    Guides of G2b count in tokens; the streaming guide sends `outputSynapses` alone.
"""

from msgspec import UNSET, UnsetType, field

from wiretape.store.aitronos.wire import Wire

type Count = int | float | UnsetType | None


class NeuronUsage(Wire, rename="camel"):
    """Usage of a G2a answer: neurons in, synapses out (seed 1).

    Attributes:
        input_neurons: prompt, history, instructions (seed 1).
        output_synapses: what was generated (seed 1).
        total_synapses: input neurons + output synapses + reasoning synapses (seed 1).
        reasoning_synapses: absent where the model does not reason (seed 1).
        cache_read_neurons: 0 in one example of seed 1, absent in the others.
        cache_creation_neurons: 0 in one example of seed 1, absent in the others.
    """

    input_neurons: Count = UNSET
    output_synapses: Count = UNSET
    total_synapses: Count = UNSET
    reasoning_synapses: Count = UNSET
    cache_read_neurons: Count = UNSET
    cache_creation_neurons: Count = UNSET


class AnyUsage(Wire):
    """Usage where any vocabulary may turn up: background answers, ends of streams, `include: usage.detailed`.

    Attributes:
        input_neurons_camel: as in seed 1.
        output_synapses_camel: the only one in one example (guide on streaming mode).
        total_synapses_camel: as in seed 1.
        reasoning_synapses_camel: as in seed 1.
        cache_read_neurons_camel: as in seed 1.
        cache_creation_neurons_camel: as in seed 1.
        input_tokens: guide on background answers.
        output_tokens: guide on background answers.
        total_tokens: guide on background answers.
        reasoning_tokens: inferred, no page shows it.
        cache_read_tokens: inferred, no page shows it.
        cache_creation_tokens: inferred, no page shows it.
        input_neurons: inferred for G3 and G4, whose request says `max_output_synapses`.
        output_synapses: inferred, as above.
        total_synapses: inferred, as above.
        reasoning_synapses: inferred, as above.
        cache_read_neurons: inferred, as above.
        cache_creation_neurons: inferred, as above.
    """

    input_neurons_camel: Count = field(default=UNSET, name="inputNeurons")
    output_synapses_camel: Count = field(default=UNSET, name="outputSynapses")
    total_synapses_camel: Count = field(default=UNSET, name="totalSynapses")
    reasoning_synapses_camel: Count = field(default=UNSET, name="reasoningSynapses")
    cache_read_neurons_camel: Count = field(default=UNSET, name="cacheReadNeurons")
    cache_creation_neurons_camel: Count = field(default=UNSET, name="cacheCreationNeurons")
    input_tokens: Count = UNSET
    output_tokens: Count = UNSET
    total_tokens: Count = UNSET
    reasoning_tokens: Count = UNSET
    cache_read_tokens: Count = UNSET
    cache_creation_tokens: Count = UNSET
    input_neurons: Count = UNSET
    output_synapses: Count = UNSET
    total_synapses: Count = UNSET
    reasoning_synapses: Count = UNSET
    cache_read_neurons: Count = UNSET
    cache_creation_neurons: Count = UNSET
