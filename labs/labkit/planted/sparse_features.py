"""Activations whose dictionary is known: sums of few directions, more of them than dimensions.

Each feature is a unit vector. In a sample it is present with a probability of its own, whatever the
others do, with a size drawn evenly from an interval; a constant offset is added to every sample.
This is the generative model that sparse dictionary learning assumes (Sharkey, Braun and Millidge,
*Taking features out of superposition with sparse autoencoders*, 2022), so a dictionary can be held
against the truth: its directions, its sizes, and how often they occur.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from labkit.errors import LabError

SIZES = (0.5, 1.5)
"""The interval from which the size of a feature that is present is drawn, evenly; its mean is 1."""


@dataclass(frozen=True, eq=False)
class SparseFeatures:
    """A planted dictionary, and samples of it.

    Attributes:
        directions: [n_features, d_in], unit rows.
        probabilities: [n_features], how often each is present; falling.
        offset: [d_in], added to every sample.
    """

    directions: Float[Tensor, "n_features d_in"]
    probabilities: Float[Tensor, " n_features"]
    offset: Float[Tensor, " d_in"]

    @property
    def l0(self) -> float:
        """The mean number of features that are present in a sample."""
        return float(self.probabilities.sum())

    def sample(
        self, n: int, seed: int
    ) -> tuple[Float[Tensor, "n d_in"], Float[Tensor, "n n_features"]]:
        """Draw ``n`` activations and the sizes of the features in them, 0 where one is absent.

        Equal seeds draw equal samples. Activations are ``sizes @ directions + offset``.

        Raises:
            LabError: ``n`` is not positive.
        """
        if n < 1:
            raise LabError(f"a sample needs at least one activation, not {n}")
        dice = torch.Generator().manual_seed(seed)
        shape = (n, len(self.directions))
        present = torch.rand(shape, generator=dice) < self.probabilities
        low, high = SIZES
        sizes = present * (low + (high - low) * torch.rand(shape, generator=dice))
        return sizes @ self.directions + self.offset, sizes


def build(
    seed: int,
    n_features: int = 64,
    d_in: int = 24,
    most: float = 0.3,
    least: float = 0.018,
) -> SparseFeatures:
    """Plant a dictionary; equal arguments give equal ones.

    Args:
        seed: decides directions and offset.
        n_features: how many directions.
        d_in: the length of an activation.
        most, least: the probabilities of the first and of the last feature; those between follow a
            power law of the feature's rank, as frequencies of words do.

    Raises:
        LabError: fewer than two features or no dimension, or probabilities that are none or rise.
    """
    if n_features < 2 or d_in < 1:
        raise LabError(f"{n_features} features in {d_in} dimensions are no dictionary")
    if not 0 < least <= most <= 1:
        raise LabError(f"probabilities from {most} down to {least} are none")
    dice = torch.Generator().manual_seed(seed)
    directions = torch.randn(n_features, d_in, generator=dice)
    directions = directions / directions.norm(dim=1, keepdim=True)
    offset = torch.randn(d_in, generator=dice) / d_in**0.5
    rank = torch.arange(1, n_features + 1).double()
    shares = rank.log() / rank[-1].log()
    return SparseFeatures(directions, (most * (least / most) ** shares).float(), offset)
