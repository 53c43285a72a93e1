"""Other right ways to write sample_masks."""

import torch


def lerp(g, two_point, generator):
    """torch's interpolation between the gate and 1."""
    if two_point:
        r = torch.randint(0, 2, g.shape, generator=generator).to(g)
    else:
        r = torch.empty_like(g).uniform_(generator=generator)
    return torch.lerp(g, torch.ones_like(g), r)


def from_above(g, two_point, generator):
    """1, less a share of what is missing; the coin as torch.bernoulli."""
    if two_point:
        share = torch.bernoulli(torch.full(g.shape, 0.5), generator=generator)
    else:
        share = torch.rand(*g.shape, generator=generator)
    return 1 - (1 - g) * share.to(g.dtype)


def where(g, two_point, generator):
    """Two points by torch.where, in float32; sample by sample otherwise."""
    g = g.float()
    if two_point:
        coin = torch.rand(g.shape, generator=generator) > 0.5
        return torch.where(coin, torch.ones_like(g), g)
    r = torch.stack([torch.rand(g.shape[1], generator=generator) for _ in g])
    return r + g * (1 - r)
