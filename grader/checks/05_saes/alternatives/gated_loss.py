"""Other right ways to write gated_loss."""

import torch
from torch.nn import functional


def built_in(x, latents, gate, W_dec, b_dec, l1):
    """torch's linear layer and mse_loss."""
    frozen = W_dec.detach().t(), b_dec.detach()
    opened = functional.relu(gate)
    pairs = (
        functional.linear(latents, W_dec.t(), b_dec), functional.linear(opened, *frozen),
    )  # fmt: skip
    errors = [functional.mse_loss(guess, x, reduction="sum") for guess in pairs]
    return (sum(errors) + l1 * opened.sum()) / len(x)


def sample_by_sample(x, latents, gate, W_dec, b_dec, l1):
    """A loop, in float32."""
    x, latents, gate, W_dec, b_dec = (t.float() for t in (x, latents, gate, W_dec, b_dec))
    W, b = W_dec.detach(), b_dec.detach()
    losses = []
    for sample, f, pi in zip(x, latents, gate, strict=True):
        p = torch.clamp(pi, min=0)
        first = sample - (f @ W_dec + b_dec)
        second = sample - (p @ W + b)
        losses.append(first @ first + second @ second + l1 * p.abs().sum())
    return torch.stack(losses).mean()
