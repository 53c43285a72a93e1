"""Other right ways to write upper_leaky."""

import torch
from torch.nn import functional


def with_leaky_relu(z):
    """torch's leaky ReLU, upside down: what is missing to 1."""
    return 1 - functional.leaky_relu(1 - z.clamp(min=0), 0.01)


def with_where(z):
    """Three branches."""
    return torch.where(z < 0, torch.zeros_like(z), torch.where(z <= 1, z, 1 + 0.01 * (z - 1)))


def smaller_of_two_lines(z):
    """Above 0 it is the smaller one of z and the slow line."""
    return torch.minimum(z, 0.99 + 0.01 * z).relu()
