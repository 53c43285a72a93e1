"""Other right ways to write shuffled_directions."""

import numpy as np
import torch


def with_numpy(X, labels, groups, n, seed):
    """numpy's own permutations, group by group."""
    draw = np.random.default_rng(seed)
    x, y, g = X.numpy(), labels.numpy(), groups.numpy()
    true = np.linalg.norm(x[y].mean(axis=0) - x[~y].mean(axis=0))
    found = np.empty((n, x.shape[1]))
    for number in range(n):
        mixed = y.copy()
        for name in np.unique(g):
            mixed[g == name] = draw.permutation(y[g == name])
        step = x[mixed].mean(axis=0) - x[~mixed].mean(axis=0)
        found[number] = step / np.linalg.norm(step) * true
    return torch.from_numpy(found)


def by_sorting(X, labels, groups, n, seed):
    """All draws at once: random numbers are sorted within groups, by a key that holds the group."""
    place = torch.unique(groups, return_inverse=True)[1].double()
    generator = torch.Generator().manual_seed(seed)
    keys = place + torch.rand(n, len(labels), generator=generator, dtype=torch.float64)
    order = keys.argsort(dim=1)
    at_home = place.argsort(stable=True)
    mixed = torch.empty(n, len(labels), dtype=torch.bool)
    mixed.scatter_(1, order, labels[at_home].expand(n, -1))
    weights = mixed.to(X.dtype) / labels.sum() - (~mixed).to(X.dtype) / (~labels).sum()
    steps = weights @ X
    true = (X[labels].mean(0) - X[~labels].mean(0)).norm()
    return torch.nn.functional.normalize(steps, dim=1) * true
