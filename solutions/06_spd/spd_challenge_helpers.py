"""Given code of lab 06's challenge: the planted matrix, what was made of it, and the output.

Nothing here answers an exercise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from labkit import native
from labkit.planted import Planted
from torch import Tensor

__all__ = ["LAYER", "Opened", "opened"]

LAYER = "read"
"""The name of the one layer that was decomposed."""

Layers = dict[str, Callable[[Tensor], Tensor]]


@dataclass(frozen=True, eq=False)
class Opened:
    """A planted target, in this lab's format.

    Attributes:
        x: [sample, d_in], the inputs.
        weights: {LAYER: W [neuron, d_in]}, what the MLP reads by.
        parts: {LAYER: (U [neuron, C], V [C, d_in])}.
        g: {LAYER: [sample, C]}, which components are said to matter for which input: 0 or 1.
        bias: [neuron], W_out: [d_in, neuron], what follows on the matrix.
    """

    x: Float[Tensor, "sample d_in"]
    weights: dict[str, Float[Tensor, "neuron d_in"]]
    parts: dict[str, tuple[Float[Tensor, "neuron C"], Float[Tensor, "C d_in"]]]
    g: dict[str, Float[Tensor, "sample C"]]
    bias: Float[Tensor, " neuron"]
    W_out: Float[Tensor, "d_in neuron"]

    def forward(self, x: Float[Tensor, "sample d_in"], layers: Layers) -> Tensor:
        """Return what the MLP writes, [sample, d_in]: the target as a function of its layers."""
        return torch.relu(layers[LAYER](x) + self.bias) @ self.W_out.mT


def opened(planted: Planted) -> Opened:
    """Take the target out of a challenge: it is the MLP of the model's only block."""
    weights = {name: p.detach() for name, p in native.parameters(planted.model).items()}
    mlp = "layers.0.mlp"
    return Opened(
        x=weights["tok_embed.weight"][planted.tokens[:, -1]],
        weights={LAYER: weights[f"{mlp}.fc_in.weight"]},
        parts={LAYER: (planted.beside["U"], planted.beside["V"])},
        g={LAYER: planted.beside["g"]},
        bias=weights[f"{mlp}.fc_in.bias"],
        W_out=weights[f"{mlp}.fc_out.weight"],
    )
