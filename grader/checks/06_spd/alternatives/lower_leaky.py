"""Other right ways to write lower_leaky."""

import torch
from torch.nn import functional


def with_leaky_relu(z):
    """The slopes from torch's leaky ReLU, the value from a clamp."""
    sloped = functional.leaky_relu(z, 0.01).clamp(max=1)
    return sloped + (z.clamp(0, 1) - sloped).detach()


class _OneSided(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z):
        ctx.save_for_backward(z)
        return z.clamp(0, 1)

    @staticmethod
    def backward(ctx, grad):
        (z,) = ctx.saved_tensors
        leak = torch.where(grad < 0, 0.01 * grad, torch.zeros_like(grad))
        return torch.where(z < 0, leak, torch.where(z <= 1, grad, torch.zeros_like(grad)))


def as_the_authors_code_does(z):
    """A torch function of its own, which lets the hundredth through only where it opens gates."""
    return _OneSided.apply(z)


def with_where(z):
    """Three branches; the lowest is a number with the value 0 and a slope."""
    silent = 0.01 * z - (0.01 * z).detach()
    return torch.where(z < 0, silent, torch.where(z > 1, torch.ones_like(z), z))
