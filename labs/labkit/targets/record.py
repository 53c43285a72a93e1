"""What a target and a decomposition are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from labkit.targets import networks
from labkit.targets.networks import Layers

Kind = Literal["tms", "residual_mlp", "attention"]

Parts = dict[str, tuple[Tensor, Tensor]]
Gates = dict[str, tuple[Tensor, Tensor, Tensor, Tensor]]


@dataclass(frozen=True, eq=False)
class Target:
    """A trained network, frozen, as a function of the matrices that can be decomposed.

    Attributes:
        name: what `labkit.targets.load` calls it.
        kind: which of `networks` computes it.
        weights: the matrices by layer name, each [out, in]; nothing here asks for a gradient.
        constants: what is not decomposed: biases, embeddings, by name.
        probability: how often a feature is active in training (of kind "attention": not used).
    """

    name: str
    kind: Kind
    weights: dict[str, Float[Tensor, "out in"]]
    constants: dict[str, Tensor] = field(default_factory=dict)
    probability: float = 0.05

    @property
    def bias(self) -> Tensor:
        """The bias [features] of a toy model of superposition; a KeyError for the other kinds."""
        return self.constants["bias"]

    def forward(self, x: Tensor, layers: Layers) -> Tensor:
        """Run the network with other functions in the places of its matrices.

        Args:
            x: features [batch, n], or token ids [batch, pos] of kind "attention".
            layers: for every name in ``weights`` what is done instead of multiplying by it.
        """
        return networks.run(self.kind, x, layers, self.constants)

    def layers(self) -> Layers:
        """Return the network's own layers: what to hand to `forward`, some of them exchanged."""
        return {name: networks.linear(W) for name, W in self.weights.items()}

    def __call__(self, x: Tensor) -> Tensor:
        """Return the network's own output, without gradients."""
        with torch.no_grad():
            return self.forward(x, self.layers())

    def sample(self, batch: int, generator: torch.Generator) -> Tensor:
        """Draw inputs to decompose it on, as in training but never empty.

        Toy models: features active with ``probability``, uniform in [0, 1]; the residual MLP's in
        [-1, 1]; at least one in each sample. Kind "attention": BOS, 24 random tokens, the same 24.
        """
        return networks.sample(self.kind, self.features, batch, self.probability, generator)

    @property
    def features(self) -> int:
        """How many features or tokens there are to put in."""
        if self.kind == "attention":
            return len(self.constants["embed"])
        first: Tensor = next(iter(self.weights.values()))
        return first.shape[1]


@dataclass(frozen=True, eq=False)
class Decomposition:
    """Matrices of a target as sums of rank-one components, with a gate for each component.

    Attributes:
        target: the target's name.
        parts: layer name -> (U [out, C], V [C, in]); layers that are missing were left alone.
        gates: layer name -> (w_in [C, hidden], b_in [C, hidden], w_out [C, hidden], b_out [C]).
        figures: what was measured when it was made, with the settings and the seed.
    """

    target: str
    parts: Parts
    gates: Gates
    figures: dict[str, Any] = field(default_factory=dict)
