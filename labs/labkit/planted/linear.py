"""Small transformers that are linear from the embeddings to the logits (lab 02).

Nothing is normalised, the MLPs have no bend, and every head attends evenly to all it may see, so
the stream is pushed through matrices only. In such a model first-order methods are exact, and the
effect of a head is the sum of its effects along all paths.
"""

from __future__ import annotations

import torch
from transformer_lens.model_bridge import TransformerBridge

from labkit import models, native

_FAR = 60.0  # a neuron's bias: beyond it a ReLU is the identity, and float64 does not notice


def linear(
    seed: int,
    *,
    n_layers: int = 3,
    n_heads: int = 3,
    attn_only: bool = False,
    dtype: torch.dtype = torch.float64,
) -> TransformerBridge:
    """Draw a linear model; only its biases and embeddings are not scaled by the input.

    An MLP is a ReLU kept far from its bend by a bias, which the output's bias takes off again: it
    is linear as long as the stream stays of the size that tokens give it.

    Args:
        seed: any integer.
        n_layers, n_heads, attn_only: of the model; d_model is 24, the vocabulary 37.
    """
    model = models.random(
        seed, n_layers=n_layers, n_heads=n_heads, d_head=5, d_mlp=20, attn_only=attn_only,
        act_fn="relu", normalization_type=None, dtype=dtype,
    )  # fmt: skip
    weights = native.parameters(model)
    with torch.no_grad():
        for name, weight in weights.items():
            if ".attn.q." in name:
                weight.zero_()  # every score is 0: even attention, whatever is in the stream
            if name.endswith("mlp.fc_in.bias"):
                weight.fill_(_FAR)
                out = name.removesuffix("fc_in.bias") + "fc_out"
                weights[f"{out}.bias"].sub_(weights[f"{out}.weight"].sum(1) * _FAR)
    return model
