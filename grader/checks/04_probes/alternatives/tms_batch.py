"""Other right ways to write tms_batch."""

import random

import torch


def bernoulli_times_uniform(batch, n, probability, seed):
    """torch's own Bernoulli draw, times a uniform one."""
    generator = torch.Generator()
    generator.manual_seed(seed)
    active = torch.bernoulli(torch.full((batch, n), probability), generator=generator)
    return active * torch.empty(batch, n).uniform_(generator=generator)


def entry_by_entry(batch, n, probability, seed):
    """Plain Python."""
    draw = random.Random(seed)
    rows = [
        [1 - draw.random() if draw.random() < probability else 0.0 for _ in range(n)]
        for _ in range(batch)
    ]
    return torch.tensor(rows, dtype=torch.float64).reshape(batch, n)


def one_draw_stretched(batch, n, probability, seed):
    """One draw does, when what is below p is stretched to [0, 1] again."""
    draw = torch.rand(batch, n, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return torch.where(draw < probability, draw / max(probability, 1e-300), 0.0)
