"""The target networks as functions of their layers, and what they are given to work on."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
from jaxtyping import Float, Int
from torch import Tensor

Layers = Mapping[str, Callable[[Tensor], Tensor]]

HEADS = 4
"""Heads of each layer of the attention-only transformer, as in lab 03."""
HALF = 24
"""Tokens of a half of the repeated sequences that it is decomposed on."""


def linear(W: Float[Tensor, "out in"]) -> Callable[[Tensor], Tensor]:
    """Return the layer a -> W a."""
    return lambda a: a @ W.mT


def run(kind: str, x: Tensor, layers: Layers, constants: Mapping[str, Tensor]) -> Tensor:
    """Run the network of a kind: see the three below.

    Raises:
        ValueError: there is no such kind.
    """
    if kind == "tms":
        out: Tensor = tms(x, layers, constants["bias"])
    elif kind == "residual_mlp":
        out = residual_mlp(x, layers)
    elif kind == "attention":
        out = attention(x, layers, constants)
    else:
        raise ValueError(f"no such kind: {kind}")
    return out


def tms(x: Float[Tensor, "batch n"], layers: Layers, bias: Tensor) -> Float[Tensor, "batch n"]:
    """Return ReLU(unembed(embed(x)) + b), with "identity" in between where there is one.

    The toy model of superposition (Elhage et al. 2022), its two matrices named apart.
    """
    hidden = layers["embed"](x)
    if "identity" in layers:
        hidden = layers["identity"](hidden)
    return torch.relu(layers["unembed"](hidden) + bias)


def residual_mlp(x: Float[Tensor, "batch n"], layers: Layers) -> Float[Tensor, "batch n"]:
    """Return x + mlp_out(ReLU(mlp_in(x))): trained to give x + ReLU(x) with too few neurons.

    Bushnaq et al. 2025, section 3.3, with the features' own basis for the residual stream.
    """
    return x + layers["mlp_out"](torch.relu(layers["mlp_in"](x)))


def attention(
    tokens: Int[Tensor, "batch pos"], layers: Layers, constants: Mapping[str, Tensor]
) -> Float[Tensor, "batch pos vocab"]:
    """Return the logits of an attention-only transformer without norms, at every position.

    Its layers are q0, k0, v0, o0, q1 and so on, each [d_model, d_model] and without the bias; the
    heads' rows stand one behind the other. The embedding, the positions, the unembedding and the
    biases (``q0.bias``) are constants.
    """
    length = tokens.shape[1]
    stream = constants["embed"][tokens] + constants["pos"][:length]
    future = torch.ones(length, length, dtype=torch.bool).triu(1)
    block = 0
    while f"q{block}" in layers:
        q, k, v = (
            (layers[f"{name}{block}"](stream) + constants[f"{name}{block}.bias"])
            .reshape(*stream.shape[:-1], HEADS, -1)
            .transpose(-2, -3)
            for name in "qkv"
        )
        scores = (q @ k.mT / math.sqrt(q.shape[-1])).masked_fill(future, -math.inf)
        z = (scores.softmax(-1) @ v).transpose(-2, -3).flatten(-2)
        stream = stream + layers[f"o{block}"](z) + constants[f"o{block}.bias"]
        block += 1
    return stream @ constants["unembed"].mT + constants["unembed.bias"]


def sample(
    kind: str, features: int, batch: int, probability: float, generator: torch.Generator
) -> Tensor:
    """Draw inputs of a kind; see `Target.sample`."""
    if kind == "attention":
        tokens: Tensor = repeated_tokens(HALF, batch, features, generator)
        return tokens
    there = torch.rand(batch, features, generator=generator) < probability
    spare = torch.randint(features, (batch, 1), generator=generator)
    there |= ~there.any(dim=1, keepdim=True) & (torch.arange(features) == spare)
    size = torch.rand(batch, features, generator=generator)
    return there * (2 * size - 1 if kind == "residual_mlp" else size)


def repeated_tokens(
    n: int, batch: int, vocab: int, generator: torch.Generator
) -> Int[Tensor, "batch one_plus_2n"]:
    """Draw rows of token 0, n random others, and the same n again, as lab 03's exercise 1 does."""
    half = 1 + torch.randint(vocab - 1, (batch, n), generator=generator)
    return torch.cat([torch.zeros(batch, 1, dtype=torch.long), half, half], dim=1)
