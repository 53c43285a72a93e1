"""Given code of lab 05's challenge: what the planted model holds, as activations and a dictionary.

Nothing here answers an exercise.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from labkit import native
from labkit.planted import Planted
from labkit.planted.dictionary_challenge import LABELLED, WORD
from torch import Tensor

__all__ = ["LABELLED", "WORD", "Opened", "opened"]


@dataclass(frozen=True, eq=False)
class Opened:
    """A planted dictionary, the activations it is for, and the words that they lead to.

    Attributes:
        x: [sample, d_in], the activations; the first `LABELLED` of them hold the labelled concept.
        W_enc: [d_in, latent], b_enc: [latent], W_dec: [latent, d_in], b_dec: [d_in].
        W_U: [d_in, word], what reads the model's word off an activation.
    """

    x: Float[Tensor, "sample d_in"]
    W_enc: Float[Tensor, "d_in latent"]
    b_enc: Float[Tensor, " latent"]
    W_dec: Float[Tensor, "latent d_in"]
    b_dec: Float[Tensor, " d_in"]
    W_U: Float[Tensor, "d_in word"]

    def encode(self, x: Float[Tensor, "... d_in"]) -> Float[Tensor, "... latent"]:
        """Return the latents of activations; b_dec is already taken into b_enc."""
        return torch.relu(x @ self.W_enc + self.b_enc)

    def says(self, x: Float[Tensor, "... d_in"]) -> Int[Tensor, ...]:
        """Return the word that each activation leads to."""
        return (x @ self.W_U).argmax(dim=-1)


def opened(planted: Planted) -> Opened:
    """Take the dictionary out of a challenge: it is the MLP of the model's only block."""
    weights = {name: p.detach() for name, p in native.parameters(planted.model).items()}
    mlp = "layers.0.mlp"
    return Opened(
        x=weights["tok_embed.weight"][planted.tokens[:, -1]],
        W_enc=weights[f"{mlp}.fc_in.weight"].mT,
        b_enc=weights[f"{mlp}.fc_in.bias"],
        W_dec=weights[f"{mlp}.fc_out.weight"].mT,
        b_dec=weights[f"{mlp}.fc_out.bias"],
        W_U=weights["head.weight"].mT,
    )
