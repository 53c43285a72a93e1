"""Given code of lab 05, part II: batches of a planted hierarchy, and who fires for what.

Nothing here answers an exercise.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from labkit import plots
from labkit.planted.hierarchy import PARENT, Hierarchy
from torch import Tensor

_BATCHES, _BATCH = 800, 256


def batches(planted: Hierarchy, seed: int) -> list[Float[Tensor, "batch d_in"]]:
    """Draw what a dictionary is trained on."""
    draw = torch.Generator().manual_seed(seed)
    return [planted.draw(_BATCH, draw)[0] for _ in range(_BATCHES)]


def fresh_sample(
    planted: Hierarchy, seed: int
) -> tuple[Float[Tensor, "sample d_in"], Bool[Tensor, "sample feature"]]:
    """Draw fresh activations and what is in them."""
    return planted.draw(4000, torch.Generator().manual_seed(seed + 1_000_000))


def cases(planted: Hierarchy, present: Bool[Tensor, "sample feature"]) -> dict[str, Tensor]:
    """Return the kinds of sample: the parent without a child or with each, and the others alone."""
    n = len(planted.children)
    parent = present[:, PARENT]
    found = {"parent, no child": parent & ~present[:, 1 : 1 + n].any(dim=1)}
    names = ["with child"] if n == 1 else [f"with child {i + 1}" for i in range(n)]
    found |= {name: present[:, 1 + i] for i, name in enumerate(names)}
    for i in range(1 + n, present.shape[1]):
        found[f"{i} alone"] = present[:, i] & (present.sum(dim=1) == 1)
    return {name: rows for name, rows in found.items() if rows.any()}


def who_fires(
    latents: Float[Tensor, "sample latent"], kinds: dict[str, Tensor]
) -> Float[Tensor, "latent kind"]:
    """Return each latent's mean activation in each kind of sample."""
    return torch.stack([latents[rows].mean(dim=0) for rows in kinds.values()], dim=1)


def fires_figure(
    latents: Float[Tensor, "sample latent"], kinds: dict[str, Tensor], title: str
) -> plots.Figure:
    """Draw how active each latent is in each kind of sample."""
    table = who_fires(latents, kinds)
    return plots.heatmap(
        table, x=list(kinds), xlabel="", ylabel="latent", title=title, unit="mean activation",
        origin="upper",
    )  # fmt: skip
