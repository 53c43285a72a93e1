"""A planted model with two runs to compare: clean prompts, and the same ones corrupted."""

from __future__ import annotations

from dataclasses import dataclass, field

from jaxtyping import Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from labkit.headgraph import Edge
from labkit.planted.record import Truth


@dataclass(frozen=True, eq=False)
class Contrast:
    """A planted model, prompts, their corrupted twins, and two tokens to tell them apart by.

    Attributes:
        model: a native bridge in float32, attention only and without norm.
        clean, corrupted: row by row the same prompt, but for what the circuit is about.
        correct, wrong: the clean prompts favour the first token over the second.
        truth: where the planted heads are.
        edges: the circuit, in the numbers of `HeadGraph`: the edges along which the change from
            clean to corrupted reaches the logits. Empty where no single list is the truth.
    """

    model: TransformerBridge = field(repr=False)
    clean: Int[Tensor, "batch pos"] = field(repr=False)
    corrupted: Int[Tensor, "batch pos"] = field(repr=False)
    correct: Int[Tensor, " batch"] = field(repr=False)
    wrong: Int[Tensor, " batch"] = field(repr=False)
    truth: Truth = field(repr=False)
    edges: frozenset[Edge] = field(default=frozenset(), repr=False)
