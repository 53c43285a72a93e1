"""Other right ways to write normalise_decoder."""

import torch
from torch.nn import functional


def latent_by_latent(W_enc, b_enc, W_dec):
    """A loop over copies."""
    W_enc, b_enc, W_dec = W_enc.clone(), b_enc.clone(), W_dec.clone()
    for i in range(len(W_dec)):
        length = float(torch.dot(W_dec[i], W_dec[i])) ** 0.5
        if length > 0:
            W_enc[:, i] *= length
            b_enc[i] *= length
            W_dec[i] /= length
    return W_enc, b_enc, W_dec


def built_in(W_enc, b_enc, W_dec):
    """torch's normalize, which leaves a row of zeros alone."""
    length = torch.linalg.vector_norm(W_dec, dim=-1)
    length = length + (length == 0)
    return W_enc * length[None, :], b_enc * length, functional.normalize(W_dec, dim=-1)


def diagonal_in_single_precision(W_enc, b_enc, W_dec):
    """Diagonal matrices, in float32."""
    W_enc, b_enc, W_dec = W_enc.float(), b_enc.float(), W_dec.float()
    length = W_dec.pow(2).sum(-1).sqrt()
    length[length == 0] = 1
    scale = torch.diag(length)
    return [W_enc @ scale, scale @ b_enc, torch.linalg.solve(scale, W_dec)]
