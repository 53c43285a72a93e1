"""Other right ways to write sae_forward."""

import torch
from einops import einsum
from torch.nn import functional


def linear_layers(x, W_enc, b_enc, W_dec, b_dec):
    """torch's linear layer, with the decoder's bias folded into the encoder's."""
    bias = b_enc - b_dec @ W_enc
    latents = functional.relu(functional.linear(x, W_enc.t(), bias))
    return latents, functional.linear(latents, W_dec.t(), b_dec)


def sample_by_sample(x, W_enc, b_enc, W_dec, b_dec):
    """A loop over samples and latents, adding up what each latent writes."""
    latents = torch.zeros(len(x), W_enc.shape[1], dtype=x.dtype)
    x_hat = b_dec.repeat(len(x), 1)
    for row, sample in enumerate(x):
        for i in range(W_enc.shape[1]):
            z = torch.dot(sample - b_dec, W_enc[:, i]) + b_enc[i]
            if z > 0:
                latents[row, i] = z
                x_hat[row] += z * W_dec[i]
    return latents, x_hat


def einsum_in_single_precision(x, W_enc, b_enc, W_dec, b_dec):
    """einsum over named axes, in float32, with clamp for the ReLU."""
    x, W_enc, b_enc, W_dec, b_dec = (t.float() for t in (x, W_enc, b_enc, W_dec, b_dec))
    pre = einsum(x - b_dec, W_enc, "b d, d n -> b n") + b_enc
    latents = pre.clamp(min=0)
    return [latents, einsum(latents, W_dec, "b n, n d -> b d") + b_dec]
