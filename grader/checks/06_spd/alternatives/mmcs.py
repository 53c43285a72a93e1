"""Other right ways to write mmcs."""

import math

import torch
from einops import einsum
from torch.nn import functional


def sign_of_v(W, U, V):
    """The cosine of U's column, with the sign of V's entry: no component is ever built."""
    cosines = functional.normalize(U, dim=0).mT @ functional.normalize(W, dim=0)
    return float((V.sign() * cosines).max(dim=0).values.mean())


def one_at_a_time(W, U, V):
    """Loops over columns and components, with the plain formula of the cosine, in float64."""
    W, U, V = W.double(), U.double(), V.double()
    total = 0.0
    for j in range(W.shape[1]):
        best = -math.inf
        for c in range(U.shape[1]):
            column = U[:, c] * V[c, j]
            length = column.norm() * W[:, j].norm()
            cosine = float(column @ W[:, j] / length) if length > 0 else 0.0
            best = max(best, cosine)
        total += best
    return total / W.shape[1]


def unit_columns(W, U, V):
    """All components as matrices, every column brought to length 1 (or left at 0)."""
    made = einsum(U, V, "o c, c i -> c o i")
    length = made.norm(dim=1, keepdim=True)
    made = made / torch.where(length == 0, torch.ones_like(length), length)
    truth = W / W.norm(dim=0)
    return (made * truth).sum(1).max(0)[0].mean().item()
