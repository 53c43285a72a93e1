"""Other right ways to write matryoshka_loss."""

import torch
from torch.nn import functional


def masked(x, latents, W_dec, b_dec, prefixes):
    """Masks instead of slices, and mse_loss."""
    total = 0.0
    for size in prefixes:
        mask = (torch.arange(len(W_dec)) < size).to(latents.dtype)
        guess = functional.linear(latents * mask, W_dec.T, b_dec)
        total = total + functional.mse_loss(guess, x, reduction="sum") / len(x)
    return total / len(prefixes)


def cumulative(x, latents, W_dec, b_dec, prefixes):
    """All partial sums at once, of which the asked-for ones are picked, in float32."""
    x, latents, W_dec, b_dec = (t.float() for t in (x, latents, W_dec, b_dec))
    writes = torch.einsum("bn,nd->bnd", latents, W_dec).cumsum(dim=1) + b_dec
    picked = writes[:, [size - 1 for size in prefixes]]
    return (x[:, None] - picked).pow(2).sum(-1).mean()


def grown(x, latents, W_dec, b_dec, prefixes):
    """One running reconstruction that grows from size to size."""
    guess, last, errors = b_dec.expand_as(x), 0, []
    for size in sorted(prefixes):
        guess = guess + latents[:, last:size] @ W_dec[last:size]
        errors.append(((guess - x) ** 2).sum(dim=-1).mean())
        last = size
    return sum(errors) / len(errors)
