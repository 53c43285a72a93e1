"""Other right ways to write group_interval."""

from random import Random

import numpy as np
import torch


def lists_of_texts(right, groups, level, resamples, seed):
    """Counts in plain Python, and random's own draws."""
    counts = {}
    for good, group in zip(right.tolist(), groups.tolist(), strict=True):
        first, second = counts.get(group, (0, 0))
        counts[group] = (first + good, second + 1)
    draw, values = Random(seed), list(counts.values())
    shares = np.empty(resamples)
    for number in range(resamples):
        drawn = draw.choices(values, k=len(values))
        shares[number] = sum(good for good, _ in drawn) / sum(size for _, size in drawn)
    return tuple(np.quantile(shares, [(1 - level) / 2, 1 - (1 - level) / 2]).tolist())


def multinomial_weights(right, groups, level, resamples, seed):
    """How often each group is drawn is multinomial; tensors come back."""
    names, place = np.unique(groups.numpy(), return_inverse=True)
    size = np.bincount(place)
    good = np.bincount(place, weights=right.numpy())
    weights = np.random.default_rng(seed).multinomial(
        len(names), np.full(len(names), 1 / len(names)), size=resamples
    )
    shares = torch.from_numpy((weights @ good) / (weights @ size))
    tail = 100 * (1 - level) / 2
    return torch.tensor(np.percentile(shares, tail)), torch.tensor(
        np.percentile(shares, 100 - tail)
    )
