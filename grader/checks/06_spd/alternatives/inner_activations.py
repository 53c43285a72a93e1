"""Other right ways to write inner_activations."""

import torch
from einops import einsum
from torch.nn import functional


def linear(a, V):
    """torch's linear layer without a bias."""
    return functional.linear(a, V)


def one_by_one(a, V):
    """Dot products in two loops."""
    return torch.stack([torch.stack([torch.dot(row, v) for v in V]) for row in a])


def einsum_in_single_precision(a, V):
    """einsum over named axes, in float32."""
    return einsum(a.float(), V.float(), "batch i, c i -> batch c")


def broadcast(a, V):
    """Products with the inputs on the last axis, summed."""
    return (a[:, None, :] * V[None]).sum(-1)
