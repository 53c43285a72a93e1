"""Orthogonal directions of the residual stream, none of them along a coordinate axis."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def rotation(n: int, generator: torch.Generator) -> Float[Tensor, "n n"]:
    """Draw a uniformly random orthogonal matrix in float64.

    The sign correction makes QR's result uniform (Mezzadri 2007, arXiv math-ph/0609050).
    """
    q, r = torch.linalg.qr(torch.randn(n, n, generator=generator, dtype=torch.float64))
    return q * r.diagonal().sign()


class Subspaces:
    """Hands out orthonormal directions until the stream's dimensions are used up."""

    def __init__(self, d_model: int, generator: torch.Generator) -> None:
        self._basis = rotation(d_model, generator)
        self._used = 0

    def take(self, n: int) -> Float[Tensor, "n d_model"]:
        """Return ``n`` unit rows, orthogonal to each other and to all that were taken before.

        Raises:
            ValueError: fewer than ``n`` dimensions are left.
        """
        if self._used + n > len(self._basis):
            raise ValueError(f"only {len(self._basis) - self._used} of the {n} dimensions are left")
        self._used += n
        return self._basis[self._used - n : self._used]
