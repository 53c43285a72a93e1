"""Other right ways to write head_attribution."""

import torch


def head_by_head(z, W_enc, b_dec):
    """A loop over slices."""
    d = z.shape[2]
    shares = []
    for head in range(z.shape[1]):
        part = slice(head * d, (head + 1) * d)
        shares.append((z[:, head] - b_dec[part]) @ W_enc[part])
    return torch.stack(shares, dim=1)


def one_head_at_a_time(z, W_enc, b_dec):
    """The flat product with all other heads masked out, in float32."""
    flat = (z.flatten(1) - b_dec).float()
    owner = torch.arange(z.shape[1]).repeat_interleave(z.shape[2])
    masks = (owner[None] == torch.arange(z.shape[1])[:, None]).float()
    return (flat[:, None] * masks) @ W_enc.float()


def batched_product(z, W_enc, b_dec):
    """bmm over the heads."""
    h, d = z.shape[1:]
    centred = (z - b_dec.reshape(1, h, d)).transpose(0, 1)
    return torch.bmm(centred, W_enc.reshape(h, d, -1)).permute(1, 0, 2)
