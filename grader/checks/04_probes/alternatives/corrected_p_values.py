"""Other right ways to write corrected_p_values."""

import torch


def step_by_step(found, null):
    """Plain Python, from the largest effect to the smallest."""
    sizes, chance = [abs(v) for v in found.tolist()], [abs(v) for v in null.tolist()]
    p = [(1 + sum(c >= s for c in chance)) / (1 + len(chance)) for s in sizes]
    corrected, least, left = [0.0] * len(p), 0.0, len(p)
    for i in sorted(range(len(p)), key=p.__getitem__):
        least = max(least, min(1.0, left * p[i]))
        corrected[i] = least
        left -= 1
    return torch.tensor(corrected, dtype=torch.float64)


def without_sorting(found, null):
    """The maximum over all that are at least as rare, each times how many are not rarer than it."""
    p = (1 + (null.abs()[:, None] >= found.abs()).sum(0)) / (1 + null.numel())
    left = (p[None] >= p[:, None]).sum(1)  # of ties the first has the largest factor
    stepped = (p * left).clamp(max=1)
    return torch.where(p[None] <= p[:, None], stepped[None], 0).amax(1)


def searchsorted_in_single_precision(found, null):
    """The ranks by bisection, the inverse permutation by a second argsort."""
    chance = null.abs().sort().values
    below = torch.searchsorted(chance, found.abs().contiguous(), right=False)
    p = ((1 + len(null) - below) / (1 + len(null))).float()
    order = torch.argsort(p, stable=True)
    stepped = torch.cummax((p[order] * (len(p) - torch.arange(len(p)))).clamp(max=1), 0)[0]
    return stepped[torch.argsort(order)]
