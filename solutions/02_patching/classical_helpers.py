"""Given code of lab 02, part 8: masks, kernels, Shapley values by orders, shuffled weights.

Nothing here answers an exercise.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from jaxtyping import Float, Int
from labkit import plots
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

_HEAVY = 1e6  # for a weight that should be infinite: far above the others, and still solvable


def all_masks(n_features: int) -> Float[Tensor, "mask feature"]:
    """Return all 2^n masks of ones and zeros, the empty one first and the full one last."""
    rows = list(itertools.product((0.0, 1.0), repeat=n_features))
    return torch.tensor(rows, dtype=torch.float64)


def shapley_weights(masks: Float[Tensor, "mask feature"]) -> Float[Tensor, " mask"]:
    """Return KernelSHAP's weight of each mask; the empty and the full one weigh (all but) all."""
    n = masks.shape[1]
    weights = []
    for size in masks.sum(dim=1).int().tolist():
        inside = 0 < size < n
        weights.append((n - 1) / (math.comb(n, size) * size * (n - size)) if inside else _HEAVY)
    return torch.tensor(weights, dtype=masks.dtype)


def lime_weights(
    masks: Float[Tensor, "mask feature"], width: float = 0.5
) -> Float[Tensor, " mask"]:
    """Return LIME's weights: they fall with the share of features that are switched off."""
    off = 1 - masks.mean(dim=1)
    return torch.exp(-off.square() / width**2)


def shapley_by_orders(
    masks: Float[Tensor, "mask feature"], values: Float[Tensor, " mask"]
) -> Float[Tensor, " feature"]:
    """Work Shapley values out from their definition: what each feature adds, over all orders."""
    n = masks.shape[1]
    worth = {tuple(mask): value for mask, value in zip(masks.int().tolist(), values, strict=True)}
    added = torch.zeros(n, dtype=values.dtype)
    orders = list(itertools.permutations(range(n)))
    for order in orders:
        mask = [0] * n
        for feature in order:
            before = worth[tuple(mask)]
            mask[feature] = 1
            added[feature] += worth[tuple(mask)] - before
    return added / len(orders)


def masked_prompts(
    tokens: Int[Tensor, " pos"],
    pieces: Sequence[Sequence[int]],
    masks: Float[Tensor, "mask feature"],
    replacement: int,
) -> Int[Tensor, "mask pos"]:
    """Return a prompt for each mask: the positions of a piece that is off get the replacement."""
    prompts = tokens.repeat(len(masks), 1)
    for column, piece in enumerate(pieces):
        off = (masks[:, column] == 0).nonzero()
        prompts[off, torch.tensor(list(piece))] = replacement
    return prompts


def saliency(
    model: TransformerBridge, tokens: Int[Tensor, " pos"], correct: int, wrong: int
) -> Float[Tensor, " pos"]:
    """Return the length of the logit difference's gradient at each token's embedding."""
    grabbed: list[Tensor] = []
    with torch.enable_grad():
        logits = model.run_with_hooks(
            tokens[None], fwd_hooks=[("hook_embed", lambda embed, hook: grabbed.append(embed))]
        )
        (slope,) = torch.autograd.grad(logits[0, -1, correct] - logits[0, -1, wrong], grabbed)
    length: Tensor = slope[0].norm(dim=-1)
    return length


@contextmanager
def shuffled_blocks(model: TransformerBridge, first: int, seed: int) -> Iterator[None]:
    """Shuffle every matrix of the blocks from ``first`` on, for the time of a ``with`` block."""
    draw = torch.Generator().manual_seed(seed)
    seen: set[int] = set()
    kept: list[tuple[Tensor, Tensor]] = []
    try:
        with torch.no_grad():
            for layer in reversed(range(first, model.cfg.n_layers)):
                for weight in model.blocks[layer].parameters():
                    if weight.dim() < 2 or weight.data_ptr() in seen:
                        continue
                    seen.add(weight.data_ptr())
                    kept.append((weight, weight.detach().clone()))
                    # Rows and columns are shuffled: the same numbers, in the same sizes.
                    for axis in range(weight.dim()):
                        order = torch.randperm(weight.shape[axis], generator=draw)
                        weight.copy_(weight.index_select(axis, order))
        yield
    finally:
        with torch.no_grad():
            for weight, before in kept:
                weight.copy_(before)


def maps_figure(maps: Mapping[str, Float[Tensor, " piece"]], names: Sequence[str]) -> plots.Figure:
    """Draw several maps as rows, each on its own scale: its largest value is 1."""
    rows = torch.stack([line / line.abs().max() for line in maps.values()])
    return plots.heatmap(
        rows, x=names, y=list(maps), title="Five maps of one prompt", xlabel="", ylabel="",
        unit="share of the largest", center=0, origin="upper",
    )  # fmt: skip
