"""Other right ways to write transcoder_loss."""

import torch
from torch.nn import functional


def linear_layers(x, y, W_enc, b_enc, W_dec, b_dec, l1):
    """torch's linear layers and mse_loss."""
    latents = functional.relu(functional.linear(x, W_enc.T, b_enc))
    guess = functional.linear(latents, W_dec.T, b_dec)
    lengths = torch.linalg.vector_norm(W_dec, dim=1)
    error = functional.mse_loss(guess, y, reduction="none").sum(dim=1)
    return error.mean() + l1 * (latents * lengths).sum(dim=1).mean()


def what_is_written(x, y, W_enc, b_enc, W_dec, b_dec, l1):
    """All that the latents write, one by one, in float32."""
    given = [t.float() for t in (x, y, W_enc, b_enc, W_dec, b_dec)]
    x, y, W_enc, b_enc, W_dec, b_dec = given
    latents = torch.clamp(torch.einsum("bi,in->bn", x, W_enc) + b_enc, min=0)
    miss = y - torch.einsum("bn,no->bo", latents, W_dec) - b_dec
    price = latents @ W_dec.pow(2).sum(-1).sqrt()
    return miss.pow(2).sum(-1).mean() + l1 * price.mean()


def sample_by_sample(x, y, W_enc, b_enc, W_dec, b_dec, l1):
    """A loop over samples."""
    total = 0.0
    for given, wanted in zip(x, y, strict=True):
        f = torch.relu(given @ W_enc + b_enc)
        miss = wanted - (b_dec + f @ W_dec)
        total = total + torch.dot(miss, miss) + l1 * torch.dot(f, W_dec.norm(dim=-1))
    return total / x.shape[0]
