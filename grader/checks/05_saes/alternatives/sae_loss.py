"""Other right ways to write sae_loss."""

import torch
from torch.nn import functional


def built_in(x, x_hat, latents, W_dec, l1):
    """torch's mse_loss and a matrix product with the lengths."""
    error = functional.mse_loss(x_hat, x, reduction="sum")
    lengths = torch.linalg.vector_norm(W_dec, dim=-1)
    return (error + l1 * (latents @ lengths).sum()) / x.shape[0]


def what_each_latent_writes(x, x_hat, latents, W_dec, l1):
    """A loop over the samples, with the length of each written vector."""
    total = 0.0
    for sample, guess, f in zip(x, x_hat, latents, strict=True):
        lengths = W_dec.pow(2).sum(dim=-1).sqrt()
        total = total + torch.dot(sample - guess, sample - guess) + l1 * (f.abs() * lengths).sum()
    return total / len(x)


def single_precision(x, x_hat, latents, W_dec, l1):
    """einsum in float32."""
    x, x_hat, latents, W_dec = (t.float() for t in (x, x_hat, latents, W_dec))
    squares = torch.einsum("bd,bd->b", x_hat - x, x_hat - x)
    lengths = torch.einsum("nd,nd->n", W_dec, W_dec) ** 0.5
    return squares.mean() + l1 * torch.einsum("bn,n->b", latents, lengths).mean()
