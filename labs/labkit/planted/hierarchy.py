"""Activations whose features form a hierarchy: where one is, another is always there too (lab 05).

Four features, each a direction of its own at right angles to the others: a parent, one or two
children that come with it and never without it, and independent ones. Chanin and others (2024,
arXiv 2409.14507, the section on toy models) use such a toy to show what sparsity alone does to a
parent: its latent falls silent wherever a child's latent can say both.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from labkit.planted.subspaces import rotation

FEATURES = 4
PARENT = 0


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """Where the four features lie and how often each is there.

    Attributes:
        directions: [feature, d_in], orthonormal, float32. Row 0 is the parent, then come its
            children, then the independent features.
        parent: the chance of the parent.
        children: for each child its chance *given* the parent; at most one child at a time.
        others: for each independent feature its chance.
        spread: standard deviation of a feature's size where it is there; the mean is 1.
    """

    directions: Float[Tensor, "feature d_in"]
    parent: float
    children: tuple[float, ...]
    others: tuple[float, ...]
    spread: float = 0.0

    def draw(
        self, n: int, generator: torch.Generator
    ) -> tuple[Float[Tensor, "sample d_in"], Bool[Tensor, "sample feature"]]:
        """Draw activations, and which features each of them holds."""
        chance = torch.rand(n, 2 + len(self.others), generator=generator)
        parent = chance[:, 0] < self.parent
        columns, start = [parent], 0.0
        for share in self.children:  # one throw for all children: they exclude each other
            columns.append(parent & (chance[:, 1] >= start) & (chance[:, 1] < start + share))
            start += share
        columns += [chance[:, 2 + i] < other for i, other in enumerate(self.others)]
        present = torch.stack(columns, dim=1)
        sizes = 1 + self.spread * torch.randn(present.shape, generator=generator)
        return (present * sizes) @ self.directions, present


def absorbing(seed: int, d_in: int = 20, spread: float = 0.0) -> Hierarchy:
    """A parent that is mostly alone, one child in a fifth of its cases, two independent features.

    Args:
        seed: any integer; it turns the directions.
        d_in: of the activations; at least 4.
        spread: with 0 a child's latent can say the parent's part exactly.
    """
    return Hierarchy(_directions(seed, d_in), 0.25, (0.2,), (0.05, 0.05), spread)


def splitting(seed: int, d_in: int = 20, spread: float = 0.0) -> Hierarchy:
    """A parent that is never alone: one of two children is always with it; one more feature."""
    return Hierarchy(_directions(seed, d_in), 0.3, (0.5, 0.5), (0.3,), spread)


def _directions(seed: int, d_in: int) -> Float[Tensor, "feature d_in"]:
    draw = torch.Generator().manual_seed(seed % (1 << 63))
    return rotation(d_in, draw)[:FEATURES].float()
