"""Other right ways to write rome_update."""

import torch


def inverse_and_einsum(W, k, v, C):
    """The inverse itself, and einsum."""
    row = torch.einsum("ij,j->i", torch.inverse(C), k)
    gap = v - torch.einsum("oi,i->o", W, k)
    return W + torch.einsum("o,i->oi", gap, row) / torch.dot(row, k)


def in_single_precision(W, k, v, C):
    """Column vectors and matrix products; the system is solved in float32."""
    column = k.float()[:, None]
    u = torch.linalg.solve(C.float(), column)
    gap = v.float()[:, None] - W.float() @ column
    return W.float() + gap @ u.mT / (u.mT @ column)


def whitened_coordinates(W, k, v, C):
    """Go to coordinates in which C is the identity, project there, and come back."""
    root = torch.linalg.cholesky(C)
    seen = torch.linalg.solve_triangular(root, k[:, None], upper=False)[:, 0]
    inside = W @ root
    inside = inside + torch.outer(v - inside @ seen, seen) / seen.square().sum()
    return torch.linalg.solve_triangular(root, inside, upper=False, left=False)
