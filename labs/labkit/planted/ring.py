"""Activations that hold one thing with two numbers: a ring, a blob, or two ends (lab 05).

What goes round (days, months, the time) can lie on a circle: two numbers, no one of which is the
feature (Engels and others 2024, arXiv 2405.14860). A blob is two plain features that have nothing
to do with each other; two ends are one feature that is either there or not. All three are laid
into a plane of a larger space, with noise in every direction.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from labkit.planted.subspaces import rotation

Shape = Literal["ring", "blob", "ends"]


@dataclass(frozen=True, eq=False)
class Plane:
    """Points of a plane inside a larger space.

    Attributes:
        x: [sample, d_in], the activations, float32.
        values: [sample], which value each holds, 0 to ``n_values`` - 1; neighbours follow each
            other around a ring, in a blob and at two ends the value says nothing.
        plane: [2, d_in], orthonormal rows that span the plane.
        centre: [d_in], where its middle lies.
    """

    x: Float[Tensor, "sample d_in"]
    values: Int[Tensor, " sample"]
    plane: Float[Tensor, "2 d_in"]
    centre: Float[Tensor, " d_in"]

    def coordinates(self) -> Float[Tensor, "sample 2"]:
        """Return the points' two coordinates in their own plane."""
        return (self.x - self.centre) @ self.plane.mT


def draw(
    shape: Shape, seed: int, *, n: int = 350, n_values: int = 7, d_in: int = 12, noise: float = 0.05
) -> Plane:
    """Draw activations of a shape, of size about 1 around their centre.

    Args:
        shape: "ring", "blob" (Gaussian) or "ends" (two places opposite each other).
        seed: any integer; it turns the plane and moves its centre.
        n: samples, a multiple of ``n_values`` for equally many of each.
        n_values: on a ring they stand at equal distances.
        noise: standard deviation in each of the ``d_in`` directions.
    """
    generator = torch.Generator().manual_seed(seed % (1 << 63))
    plane = rotation(d_in, generator)[:2]
    centre = torch.randn(d_in, generator=generator, dtype=torch.float64)
    values = torch.arange(n) % n_values
    turn = 2 * math.pi * float(torch.rand((), generator=generator))
    if shape == "blob":
        flat = torch.randn(n, 2, generator=generator, dtype=torch.float64) / math.sqrt(2)
    else:
        angle = turn + (
            2 * math.pi * values.double() / n_values
            if shape == "ring"
            else math.pi * torch.randint(2, (n,), generator=generator).double()
        )
        flat = torch.stack([angle.cos(), angle.sin()], dim=1)
    x = centre + flat @ plane
    x = x + noise * torch.randn(n, d_in, generator=generator, dtype=torch.float64)
    return Plane(x.float(), values, plane.float(), centre.float())
