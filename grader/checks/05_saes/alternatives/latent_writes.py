"""Other right ways to write latent_writes."""

import torch


def head_by_head(W_dec, W_O):
    """A loop over slices."""
    d = W_O.shape[1]
    parts = [W_dec[:, h * d : (h + 1) * d] @ W_O[h] for h in range(len(W_O))]
    return torch.stack(parts, dim=1)


def block_matrix(W_dec, W_O):
    """One product with a block-diagonal matrix, in float32."""
    heads, _, d_model = W_O.shape
    wide = torch.block_diag(*W_O.float())
    return (W_dec.float() @ wide).reshape(len(W_dec), heads, d_model)


def batched_product(W_dec, W_O):
    """bmm over the heads."""
    heads, d_head, _ = W_O.shape
    rows = W_dec.reshape(-1, heads, d_head).permute(1, 0, 2)
    return torch.bmm(rows, W_O).permute(1, 0, 2)
