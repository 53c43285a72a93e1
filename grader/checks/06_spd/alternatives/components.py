"""Other right ways to write components."""

import torch
from einops import einsum


def outer_products(U, V):
    """torch.outer, one component after the other."""
    return torch.stack([torch.outer(u, v) for u, v in zip(U.mT, V, strict=True)])


def batched_matrix_product(U, V):
    """A batch of columns times a batch of rows, in float32."""
    U, V = U.float(), V.float()
    return torch.bmm(U.mT[:, :, None], V[:, None, :])


def einsum_and_permute(U, V):
    """einsum in another order of axes, which are then brought into place."""
    return einsum(U, V, "o c, c i -> i o c").permute(2, 1, 0)
